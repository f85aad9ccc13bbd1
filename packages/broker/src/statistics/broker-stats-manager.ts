import type { Clock, Timer } from '@centaurmq/remoting';
import { TopicGroupKeys } from '../subscription/topic-group-keys.ts';
import { StatsItem, type StatsSnapshot, type StatsWindow } from './stats-item.ts';

/** Names that request 315 understands. */
export const StatsName = {
  TOPIC_PUT_NUMS: 'TOPIC_PUT_NUMS',
  GROUP_GET_NUMS: 'GROUP_GET_NUMS',
  GROUP_GET_SIZE: 'GROUP_GET_SIZE',
  BROKER_PUT_NUMS: 'BROKER_PUT_NUMS',
  BROKER_GET_NUMS: 'BROKER_GET_NUMS',
} as const;
export type StatsName = (typeof StatsName)[keyof typeof StatsName];

const SAMPLE_PERIOD_MILLIS = 10_000;
const ITEMS_PER_NAME_MAX = 100_000;
/** A day of 10 s samples: an item nobody adds to is forgotten after that. */
const IDLE_SAMPLES_MAX = 8640;

/** How many messages the topic ever had; null when it is gone. */
export type TopicPutTotal = (topic: string) => number | null;

/**
 * Messages and bytes by topic and by group (Java: BrokerStatsManager). Sends that the engine answers by itself are not
 * seen one by one: a topic's puts are read off its queues' ends at each sample, so that every path is counted once.
 */
export class BrokerStatsManager {
  readonly #clock: Clock;
  readonly #clusterName: string;
  readonly #topics: () => Iterable<string>;
  readonly #topicPutTotal: TopicPutTotal;
  readonly #keys = new TopicGroupKeys();
  readonly #items = new Map<StatsName, Map<string, StatsItem>>();
  readonly #topicTotals = new Map<string, number>();
  #timer: Timer | null = null;

  constructor(parts: {
    readonly clock: Clock;
    readonly clusterName: string;
    readonly topics: () => Iterable<string>;
    readonly topicPutTotal: TopicPutTotal;
  }) {
    this.#clock = parts.clock;
    this.#clusterName = parts.clusterName;
    this.#topics = parts.topics;
    this.#topicPutTotal = parts.topicPutTotal;
  }

  /** What is in the topics now was put before; a topic that comes later begins at nothing. */
  start(): void {
    for (const topic of this.#topics()) {
      const total = this.#topicPutTotal(topic);
      if (total !== null) this.#topicTotals.set(topic, total);
    }
    this.#arm();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  /** Messages answered to a pull. */
  groupGot(group: string, topic: string, got: { readonly count: number; readonly bytes: number }): void {
    const key = this.#keys.of(topic, group);
    this.#add(StatsName.GROUP_GET_NUMS, key, { value: got.count, times: 1 });
    this.#add(StatsName.GROUP_GET_SIZE, key, { value: got.bytes, times: 1 });
    this.#add(StatsName.BROKER_GET_NUMS, this.#clusterName, { value: got.count, times: 1 });
  }

  /** Null when nothing of this name and key was counted. */
  statsItem(name: string, key: string): StatsItem | null {
    const known = Object.values(StatsName).find((statsName) => statsName === name);
    return known === undefined ? null : (this.#items.get(known)?.get(key) ?? null);
  }

  topicPutTps(topic: string, window: StatsWindow = 'minute'): number {
    return this.#snapshot(StatsName.TOPIC_PUT_NUMS, topic, window).tps;
  }

  groupGetTps(group: string, topic: string, window: StatsWindow = 'minute'): number {
    return this.#snapshot(StatsName.GROUP_GET_NUMS, this.#keys.of(topic, group), window).tps;
  }

  topicDeleted(topic: string): void {
    this.#topicTotals.delete(topic);
    for (const items of this.#items.values())
      for (const key of items.keys()) if (key === topic || key.startsWith(`${topic}@`)) items.delete(key);
  }

  groupDeleted(group: string): void {
    for (const items of this.#items.values())
      for (const key of items.keys()) if (key.endsWith(`@${group}`)) items.delete(key);
  }

  /** One sample of everything, as the timer takes it every 10 s. */
  sample(): void {
    this.#readTopicTotals();
    const now = this.#clock.now();
    for (const items of this.#items.values())
      for (const [key, item] of items) {
        item.sample(now);
        if (item.idleSamples > IDLE_SAMPLES_MAX) items.delete(key);
      }
  }

  #arm(): void {
    this.#timer = this.#clock.setTimer(SAMPLE_PERIOD_MILLIS, () => {
      this.sample();
      this.#arm();
    });
  }

  #readTopicTotals(): void {
    for (const topic of this.#topics()) {
      const total = this.#topicPutTotal(topic);
      const before = this.#topicTotals.get(topic) ?? 0;
      if (total === null) this.#topicTotals.delete(topic);
      else this.#topicTotals.set(topic, total);
      const added = total === null ? 0 : total - before;
      if (added > 0) {
        this.#add(StatsName.TOPIC_PUT_NUMS, topic, { value: added, times: added });
        this.#add(StatsName.BROKER_PUT_NUMS, this.#clusterName, { value: added, times: added });
      }
    }
  }

  #snapshot(name: StatsName, key: string, window: StatsWindow): StatsSnapshot {
    return this.#items.get(name)?.get(key)?.snapshot(window) ?? { sum: 0, tps: 0, avgpt: 0 };
  }

  #add(name: StatsName, key: string, amount: { readonly value: number; readonly times: number }): void {
    let items = this.#items.get(name);
    if (items === undefined) this.#items.set(name, (items = new Map<string, StatsItem>()));
    let item = items.get(key);
    if (item === undefined) {
      if (items.size >= ITEMS_PER_NAME_MAX) return;
      item = new StatsItem();
      items.set(key, item);
    }
    item.add(amount.value, amount.times);
  }
}

import type { Clock, Logger, Timer } from '@centaurmq/remoting';
import type { MetadataStore } from '../store/message-store.ts';
import { TOPIC_GROUP_SEPARATOR, TopicGroupKeys } from '../subscription/topic-group-keys.ts';

export const CONSUMER_OFFSET_TABLE = 'consumerOffset';

export interface ConsumerOffsetManagerOptions {
  readonly metadata: MetadataStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** RocketMQ's flushConsumerOffsetInterval: 5000. */
  readonly persistIntervalMillis: number;
}

type OffsetsOfQueues = Map<number, number>;

/**
 * How far each group has consumed each queue. Commits change memory only; what changed is written in one
 * transaction every {@link ConsumerOffsetManagerOptions.persistIntervalMillis}. Kept from Java's ConsumerOffsetManager: an
 * offset may go backwards, pull offsets are not persisted, and a pending reset outranks the committed offset until
 * the next pull takes it.
 */
export class ConsumerOffsetManager {
  readonly #options: ConsumerOffsetManagerOptions;
  readonly #keys = new TopicGroupKeys();
  /** By topic@group. */
  readonly #offsetTable = new Map<string, OffsetsOfQueues>();
  readonly #pullOffsetTable = new Map<string, OffsetsOfQueues>();
  readonly #resetOffsetTable = new Map<string, OffsetsOfQueues>();
  readonly #changed = new Set<string>();
  readonly #resetListeners: ((group: string, topic: string) => void)[] = [];
  #timer: Timer | null = null;
  #persisting: Promise<void> | null = null;
  #stopped = false;

  private constructor(options: ConsumerOffsetManagerOptions) {
    this.#options = options;
  }

  /** Reads the persisted offsets. Throws when an entry is damaged, naming it. */
  static async load(options: ConsumerOffsetManagerOptions): Promise<ConsumerOffsetManager> {
    const manager = new ConsumerOffsetManager(options);
    for (const [key, value] of await options.metadata.scan(CONSUMER_OFFSET_TABLE)) {
      manager.#offsetTable.set(key, decodeOffsets(key, value));
    }
    return manager;
  }

  /** Begins to persist periodically. */
  start(): void {
    this.#timer = this.#options.clock.setTimer(this.#options.persistIntervalMillis, () => {
      void this.persist().finally(() => {
        if (!this.#stopped) this.start();
      });
    });
  }

  /** Persists what is still unwritten and stops the timer. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.persist();
  }

  commitOffset(group: string, topic: string, queueId: number, queueOffset: number): void {
    const key = this.#keys.of(topic, group);
    const offsets = offsetsOf(this.#offsetTable, key);
    const before = offsets.get(queueId);
    if (before === queueOffset) return;
    offsets.set(queueId, queueOffset);
    this.#changed.add(key);
    if (before !== undefined && queueOffset < before) {
      const fields = { topic, group, queueId, queueOffset, before };
      this.#options.logger.warn(fields, 'A consumer moved its offset backwards.');
    }
  }

  /** Remembers up to where a group has pulled; shown by tools, not persisted. */
  commitPullOffset(group: string, topic: string, queueId: number, queueOffset: number): void {
    offsetsOf(this.#pullOffsetTable, this.#keys.of(topic, group)).set(queueId, queueOffset);
  }

  /** The pending reset, else the committed offset, else -1. */
  queryOffset(group: string, topic: string, queueId: number): number {
    const key = this.#keys.of(topic, group);
    return this.#resetOffsetTable.get(key)?.get(queueId) ?? this.#offsetTable.get(key)?.get(queueId) ?? -1;
  }

  /** The pulled offset, else what {@link queryOffset} answers. */
  queryPullOffset(group: string, topic: string, queueId: number): number {
    return (
      this.#pullOffsetTable.get(this.#keys.of(topic, group))?.get(queueId) ??
      this.queryOffset(group, topic, queueId)
    );
  }

  /** Committed offsets by queue; empty when there are none. */
  queryOffsets(group: string, topic: string): ReadonlyMap<number, number> {
    return this.#offsetTable.get(this.#keys.of(topic, group)) ?? new Map();
  }

  whichTopicByConsumer(group: string): Set<string> {
    return new Set(this.#pairs().flatMap((pair) => (pair.group === group ? [pair.topic] : [])));
  }

  whichGroupByTopic(topic: string): Set<string> {
    return new Set(this.#pairs().flatMap((pair) => (pair.topic === topic ? [pair.group] : [])));
  }

  /** Forgets what a group has consumed. */
  cleanOffset(group: string): void {
    for (const pair of this.#pairs()) if (pair.group === group) this.#remove(pair);
  }

  /** Forgets who has consumed a topic: it was deleted. */
  cleanOffsetByTopic(topic: string): void {
    for (const pair of this.#pairs()) if (pair.topic === topic) this.#remove(pair);
  }

  cloneOffset(sourceGroup: string, targetGroup: string, topic: string): void {
    const source = this.#offsetTable.get(this.#keys.of(topic, sourceGroup));
    if (source === undefined) return;
    const target = this.#keys.of(topic, targetGroup);
    this.#offsetTable.set(target, new Map(source));
    this.#changed.add(target);
  }

  /** Makes the next pull of this queue start elsewhere; the group's consumers learn it from that pull. */
  assignResetOffset(topic: string, group: string, queueId: number, queueOffset: number): void {
    offsetsOf(this.#resetOffsetTable, this.#keys.of(topic, group)).set(queueId, queueOffset);
    this.#tellReset(group, topic);
    this.commitOffset(group, topic, queueId, queueOffset);
  }

  hasOffsetReset(topic: string, group: string, queueId: number): boolean {
    return this.#resetOffsetTable.get(this.#keys.of(topic, group))?.has(queueId) ?? false;
  }

  /** Whether a reset is pending for any queue of the topic. */
  hasAnyOffsetReset(topic: string, group: string): boolean {
    return this.#resetOffsetTable.has(this.#keys.of(topic, group));
  }

  /** Called when a reset begins or ends to be pending. */
  onResetChange(listener: (group: string, topic: string) => void): void {
    this.#resetListeners.push(listener);
  }

  /** The pending reset, which ends with this call, or null. */
  queryThenEraseResetOffset(topic: string, group: string, queueId: number): number | null {
    const key = this.#keys.of(topic, group);
    const resets = this.#resetOffsetTable.get(key);
    const queueOffset = resets?.get(queueId);
    if (resets === undefined || queueOffset === undefined) return null;
    resets.delete(queueId);
    if (resets.size === 0) this.#resetOffsetTable.delete(key);
    this.#tellReset(group, topic);
    return queueOffset;
  }

  /** Every committed offset by topic@group, as Java's consumerOffset.json has them. */
  entries(): ReadonlyMap<string, ReadonlyMap<number, number>> {
    return this.#offsetTable;
  }

  /** Writes everything that changed in one transaction. A failure is logged and the next round tries again. */
  async persist(): Promise<void> {
    await this.#persisting;
    if (this.#changed.size === 0) return;
    this.#persisting = this.#persistChanged();
    await this.#persisting;
    this.#persisting = null;
  }

  async #persistChanged(): Promise<void> {
    const keys = [...this.#changed];
    this.#changed.clear();
    const puts = [];
    const deletes = [];
    for (const key of keys) {
      const offsets = this.#offsetTable.get(key);
      if (offsets === undefined) deletes.push({ table: CONSUMER_OFFSET_TABLE, key });
      else puts.push({ table: CONSUMER_OFFSET_TABLE, key, value: encodeOffsets(offsets) });
    }
    try {
      await this.#options.metadata.commit({ puts, deletes });
    } catch (error) {
      for (const key of keys) this.#changed.add(key);
      this.#options.logger.error({ error, keyCount: keys.length }, 'Consumer offsets were not persisted.');
    }
  }

  #remove({ key, topic, group }: { key: string; topic: string; group: string }): void {
    this.#offsetTable.delete(key);
    this.#pullOffsetTable.delete(key);
    if (this.#resetOffsetTable.delete(key)) this.#tellReset(group, topic);
    this.#changed.add(key);
  }

  #tellReset(group: string, topic: string): void {
    for (const listener of this.#resetListeners) listener(group, topic);
  }

  #pairs(): { key: string; topic: string; group: string }[] {
    const keys = new Set([...this.#offsetTable.keys(), ...this.#resetOffsetTable.keys()]);
    return [...keys].map((key) => {
      const [topic = '', group = ''] = key.split(TOPIC_GROUP_SEPARATOR);
      return { key, topic, group };
    });
  }
}

function offsetsOf(table: Map<string, OffsetsOfQueues>, key: string): OffsetsOfQueues {
  let offsets = table.get(key);
  if (offsets === undefined) {
    offsets = new Map();
    table.set(key, offsets);
  }
  return offsets;
}

function encodeOffsets(offsets: OffsetsOfQueues): Uint8Array {
  return Buffer.from(JSON.stringify(Object.fromEntries(offsets)));
}

function decodeOffsets(key: string, value: Uint8Array): OffsetsOfQueues {
  const offsets: OffsetsOfQueues = new Map();
  const text = Buffer.from(value).toString();
  for (const [queueId, queueOffset] of Object.entries(JSON.parse(text) as Record<string, unknown>)) {
    if (typeof queueOffset !== 'number' || !Number.isSafeInteger(queueOffset)) {
      throw new Error(
        `The metadata table ${CONSUMER_OFFSET_TABLE} holds for ${key} in queue ${queueId} the value ${String(queueOffset)}, expected a whole number.`,
      );
    }
    offsets.set(Number(queueId), queueOffset);
  }
  return offsets;
}

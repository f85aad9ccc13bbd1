import type { ConsumerManager } from '../client/consumer-manager.ts';
import type { ConsumerOffsetManager } from '../offset/consumer-offset-manager.ts';
import type { AnsweredPull, StorePullGroup, StorePullTopic } from '../store/message-store.ts';
import type { SubscriptionGroupConfig } from '../subscription/subscription-group-config.ts';
import type { SubscriptionGroupManager } from '../subscription/subscription-group-manager.ts';
import type { TopicConfigManager } from '../topic/topic-config-manager.ts';
import { decideFilter } from './decide-pull.ts';
import type { PullStatistics } from './pull-message-processor.ts';
import { isTagType } from './pull-subscription.ts';

export interface HotPathPullsOptions {
  readonly topics: Pick<TopicConfigManager, 'find' | 'onChange'>;
  readonly groups: Pick<SubscriptionGroupManager, 'find' | 'isReadForbidden' | 'onChange'>;
  readonly consumers: Pick<
    ConsumerManager,
    'getConsumerGroupInfo' | 'queryTopicConsumeByWho' | 'onSubscriptionChange'
  >;
  readonly offsets: Pick<
    ConsumerOffsetManager,
    'commitOffset' | 'commitPullOffset' | 'hasAnyOffsetReset' | 'onResetChange'
  >;
  readonly store: { definePullGroup(group: StorePullGroup): void };
  readonly statistics: Pick<PullStatistics, 'groupGot'>;
}

interface Pair {
  readonly id: number;
  readonly group: string;
  readonly topic: string;
}

/** Pairs that are no longer answered and yet known: another thread may still report what it answered before. */
const RETIRED_PAIRS_MAX = 10_000;

/**
 * Tells the engine which group may read which topic, on every change of what `decidePull` looks at, and notes what the engine
 * answered. A pair that is not told is pulled through TypeScript.
 */
export class HotPathPulls {
  readonly #options: HotPathPullsOptions;
  readonly #pairs = new Map<number, Pair>();
  readonly #pairsOfGroup = new Map<string, Map<string, Pair>>();
  /** By group: what the engine was told last. */
  readonly #told = new Map<string, string>();
  /** The longest retired first. */
  readonly #retired = new Set<Pair>();
  #lastId = 0;

  constructor(options: HotPathPullsOptions) {
    this.#options = options;
    const { topics, groups, consumers, offsets } = options;
    consumers.onSubscriptionChange((group) => this.#refresh(group));
    groups.onChange((changes) => {
      for (const { key } of changes) this.#refresh(key);
    });
    topics.onChange((changes) => {
      for (const { key } of changes)
        for (const group of consumers.queryTopicConsumeByWho(key)) this.#refresh(group);
    });
    offsets.onResetChange((group) => this.#refresh(group));
  }

  /** What the processor does for the pulls it answers. */
  answered({ id, queueId, nextBeginOffset, commitOffset, messageCount, recordBytes }: AnsweredPull): void {
    const pair = this.#pairs.get(id);
    if (pair === undefined) return;
    const { offsets, statistics } = this.#options;
    const { group, topic } = pair;
    offsets.commitPullOffset(group, topic, queueId, nextBeginOffset);
    if (commitOffset !== null) offsets.commitOffset(group, topic, queueId, commitOffset);
    statistics.groupGot(group, topic, { count: messageCount, bytes: recordBytes });
  }

  #refresh(group: string): void {
    const config = this.#options.groups.find(group);
    const topics = config === undefined || !config.consumeEnable ? [] : this.#topicsOf(config);
    this.#retireOthers(group, topics);
    const told: StorePullGroup = { group, groupSysFlag: config?.groupSysFlag ?? 0, topics };
    const text = JSON.stringify(told);
    if ((this.#told.get(group) ?? null) === (topics.length === 0 ? null : text)) return;
    if (topics.length === 0) this.#told.delete(group);
    else this.#told.set(group, text);
    this.#options.store.definePullGroup(told);
  }

  #topicsOf(config: SubscriptionGroupConfig): StorePullTopic[] {
    const { topics, consumers, offsets } = this.#options;
    const group = config.groupName;
    const told: StorePullTopic[] = [];
    for (const topic of consumers.getConsumerGroupInfo(group)?.subscriptions.keys() ?? []) {
      const topicSysFlag = topics.find(topic)?.topicSysFlag;
      // The next pull of the queue that is reset has to learn it.
      if (topicSysFlag === undefined || offsets.hasAnyOffsetReset(topic, group)) continue;
      const { id } = this.#pairOf(group, topic);
      told.push({ id, topic, topicSysFlag, registered: this.#registeredFilter(config, topic) });
    }
    return told;
  }

  /** The filter of pulls that do not bring one along; null when they are refused or filtered otherwise. */
  #registeredFilter(config: SubscriptionGroupConfig, topic: string): StorePullTopic['registered'] {
    const { groups, consumers } = this.#options;
    const groupInfo = consumers.getConsumerGroupInfo(config.groupName);
    const subVersion = groupInfo?.findSubscription(topic)?.subVersion ?? Number.NaN;
    if (!Number.isSafeInteger(subVersion)) return null;
    const filter = decideFilter({ consumerGroup: config.groupName, topic, sysFlag: 0, subVersion }, config, {
      groupInfo,
      isReadForbidden: (group, topic) => groups.isReadForbidden(group, topic),
    });
    if ('code' in filter || !isTagType(filter.expressionType)) return null;
    return { subVersion, tagCodes: filter.tagCodes === null ? null : [...filter.tagCodes] };
  }

  #pairOf(group: string, topic: string): Pair {
    let ofGroup = this.#pairsOfGroup.get(group);
    if (ofGroup === undefined) this.#pairsOfGroup.set(group, (ofGroup = new Map<string, Pair>()));
    let pair = ofGroup.get(topic);
    if (pair === undefined) {
      pair = { id: ++this.#lastId, group, topic };
      ofGroup.set(topic, pair);
      this.#pairs.set(pair.id, pair);
    }
    this.#retired.delete(pair);
    return pair;
  }

  #retireOthers(group: string, topics: readonly StorePullTopic[]): void {
    const kept = new Set(topics.map(({ id }) => id));
    for (const pair of this.#pairsOfGroup.get(group)?.values() ?? [])
      if (!kept.has(pair.id)) this.#retired.add(pair);
    for (const pair of this.#retired) {
      if (this.#retired.size <= RETIRED_PAIRS_MAX) return;
      this.#forget(pair);
    }
  }

  #forget(pair: Pair): void {
    this.#retired.delete(pair);
    this.#pairs.delete(pair.id);
    const ofGroup = this.#pairsOfGroup.get(pair.group);
    ofGroup?.delete(pair.topic);
    if (ofGroup?.size === 0) this.#pairsOfGroup.delete(pair.group);
  }
}

import {
  ConsumeStats,
  ConsumeStatsList,
  GetConsumeStatsInBrokerHeader,
  GetConsumeStatsRequestHeader,
  type MessageQueue,
  type OffsetWrapper,
  QueryConsumeTimeSpanBody,
  QueryConsumeTimeSpanRequestHeader,
  type QueueTimeSpan,
  type RemotingCommand,
  ResponseCode,
} from '@centaurmq/protocol';
import type { Clock } from '@centaurmq/remoting';
import type { ConsumerManager } from '../client/consumer-manager.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import type { ConsumerOffsetManager } from '../offset/consumer-offset-manager.ts';
import type { BrokerStatsManager } from '../statistics/broker-stats-manager.ts';
import type { MessageStore } from '../store/message-store.ts';
import type { SubscriptionGroupManager } from '../subscription/subscription-group-manager.ts';
import type { TopicConfigManager } from '../topic/topic-config-manager.ts';
import { errorResponse, bodyResponse } from './body-response.ts';
import { storeTimestampAt } from './store-timestamp.ts';

export interface ConsumeStatsProcessorOptions {
  readonly config: Pick<BrokerConfig, 'brokerName'>;
  readonly topics: TopicConfigManager;
  readonly groups: SubscriptionGroupManager;
  readonly consumers: ConsumerManager;
  readonly offsets: ConsumerOffsetManager;
  readonly store: Pick<MessageStore, 'queueState' | 'read'>;
  readonly stats: Pick<BrokerStatsManager, 'groupGetTps'>;
  readonly clock: Clock;
  readonly brokerAddr: () => string;
}

/** How far groups have consumed: 208, 317, 303. */
export class ConsumeStatsProcessor {
  readonly #options: ConsumeStatsProcessorOptions;

  constructor(options: ConsumeStatsProcessorOptions) {
    this.#options = options;
  }

  /** 208 */
  readonly getConsumeStats = (request: RemotingCommand): RemotingCommand => {
    const { consumerGroup, topic, topicList } = GetConsumeStatsRequestHeader.decode(request.extFields);
    const listed = (topicList ?? '').split(';').filter((name) => name.trim() !== '');
    const topics = listed.length > 0 ? listed : this.#topicsOf(consumerGroup, topic);
    const stats = topics.map((name) => this.#consumeStats(consumerGroup, name));
    return bodyResponse(request, ConsumeStats, {
      consumeTps: stats.reduce((sum, { consumeTps }) => sum + consumeTps, 0),
      offsetTable: new Map(stats.flatMap(({ offsetTable }) => Array.from(offsetTable))),
    });
  };

  /** 317: every group of the broker. */
  readonly getBrokerConsumeStats = (request: RemotingCommand): RemotingCommand => {
    const { isOrder } = GetConsumeStatsInBrokerHeader.decode(request.extFields);
    const { groups, topics, brokerAddr } = this.#options;
    let totalDiff = 0;
    let totalInflightDiff = 0;
    const consumeStatsList = [...groups.groups.keys()].map((group) => {
      const statsOfTopics = this.#topicsOf(group)
        .filter((topic) => topics.find(topic) !== undefined && (!isOrder || topics.isOrderTopic(topic)))
        .map((topic) => this.#consumeStats(group, topic));
      for (const { offsetTable } of statsOfTopics)
        for (const { brokerOffset, consumerOffset, pullOffset } of offsetTable.values()) {
          totalDiff += brokerOffset - consumerOffset;
          totalInflightDiff += pullOffset - consumerOffset;
        }
      return new Map([[group, statsOfTopics]]);
    });
    const body = { brokerAddr: brokerAddr(), consumeStatsList, totalDiff, totalInflightDiff };
    return bodyResponse(request, ConsumeStatsList, body);
  };

  /** 303 */
  readonly queryConsumeTimeSpan = (request: RemotingCommand): RemotingCommand => {
    const { config, topics } = this.#options;
    const { topic, group } = QueryConsumeTimeSpanRequestHeader.decode(request.extFields);
    const found = topics.find(topic);
    if (found === undefined)
      return errorResponse(request, ResponseCode.TOPIC_NOT_EXIST, `topic[${topic}] not exist`);
    const consumeTimeSpanSet = Array.from({ length: found.writeQueueNums }, (_, queueId) => ({
      messageQueue: { topic, brokerName: config.brokerName, queueId },
      ...this.#timeSpan(group, { topic, queueId }),
    }));
    return bodyResponse(request, QueryConsumeTimeSpanBody, { consumeTimeSpanSet });
  };

  #timeSpan(
    group: string,
    queue: { readonly topic: string; readonly queueId: number },
  ): Omit<QueueTimeSpan, 'messageQueue'> {
    const { store, offsets, clock } = this.#options;
    const state = store.queueState(queue.topic, queue.queueId);
    const minTimeStamp = state?.earliestStoreTimestamp ?? -1;
    const maxOffset = state?.maxOffset ?? 0;
    const consumerOffset = offsets.queryOffset(group, queue.topic, queue.queueId);
    const nextTime = storeTimestampAt(store, queue, Math.max(consumerOffset, state?.minOffset ?? 0));
    return {
      minTimeStamp,
      maxTimeStamp: state?.lastStoreTimestamp ?? -1,
      consumeTimeStamp:
        consumerOffset > 0 ? storeTimestampAt(store, queue, consumerOffset - 1) : minTimeStamp,
      delayTime: consumerOffset < maxOffset && nextTime > 0 ? clock.now() - nextTime : 0,
    };
  }

  /** The given topic or all that the group committed; without those it does not subscribe (any more). */
  #topicsOf(group: string, topic?: string): string[] {
    const { consumers, offsets } = this.#options;
    const all =
      topic === undefined || topic.trim() === '' ? [...offsets.whichTopicByConsumer(group)] : [topic];
    const subscriptions = consumers.getConsumerGroupInfo(group)?.subscriptions;
    if (subscriptions === undefined || subscriptions.size === 0) return all;
    return all.filter((name) => subscriptions.has(name));
  }

  #consumeStats(group: string, topic: string): ConsumeStats {
    const { config, topics, stats } = this.#options;
    const offsetTable = new Map<MessageQueue, OffsetWrapper>();
    const queueCount = topics.find(topic)?.readQueueNums ?? 0;
    for (let queueId = 0; queueId < queueCount; queueId++)
      offsetTable.set(
        { topic, brokerName: config.brokerName, queueId },
        this.#offsetWrapper(group, topic, queueId),
      );
    return { consumeTps: stats.groupGetTps(group, topic), offsetTable };
  }

  #offsetWrapper(group: string, topic: string, queueId: number): OffsetWrapper {
    const { store, offsets } = this.#options;
    const brokerOffset = store.queueState(topic, queueId)?.maxOffset ?? 0;
    const consumerOffset = Math.max(0, offsets.queryOffset(group, topic, queueId));
    const lastTimestamp =
      consumerOffset > 0 ? storeTimestampAt(store, { topic, queueId }, consumerOffset - 1) : 0;
    return {
      brokerOffset,
      consumerOffset,
      lastTimestamp: Math.max(0, lastTimestamp),
      pullOffset: Math.max(consumerOffset, offsets.queryPullOffset(group, topic, queueId)),
    };
  }
}

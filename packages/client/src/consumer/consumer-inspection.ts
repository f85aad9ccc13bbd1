import type {
  ConsumeMessageDirectlyResult,
  ConsumerRunningInfo,
  ProcessQueueInfo,
  StoredMessage,
  SubscriptionData,
} from '@centaurmq/protocol';
import { ConsumerRunningProperty, MqVersion, TopicRules, mqVersionName } from '@centaurmq/protocol';
import type { Clock } from '@centaurmq/remoting';
import { toMessageExt } from '../message/message-ext.ts';
import type { MessageQueueTable } from '../message/message-queue.ts';
import type { ConsumeMessageConcurrentlyService } from './consume/consume-message-concurrently-service.ts';
import type { ConsumerStatistics } from './consume/consumer-statistics.ts';
import type { ProcessQueue } from './consume/process-queue.ts';
import type { OffsetTable } from './offset/offset-store.ts';

export interface InspectedConsumer {
  /** One of `ConsumeType`. */
  readonly consumeType: string;
  readonly nameServers: readonly string[];
  readonly consumeConcurrency: number;
  readonly startTimestamp: number;
  readonly subscriptions: readonly SubscriptionData[];
  readonly processQueues: MessageQueueTable<ProcessQueue>;
  readonly offsets: OffsetTable;
  readonly statistics: ConsumerStatistics;
}

/** What `consumerStatus` and the dashboard show of a running consumer. Apache RocketMQ: ConsumerRunningInfo. */
export function runningInfo(consumer: InspectedConsumer): ConsumerRunningInfo {
  const { subscriptions, processQueues, offsets, statistics } = consumer;
  const properties = new Map<string, string>([
    [ConsumerRunningProperty.PROP_NAMESERVER_ADDR, consumer.nameServers.join(';')],
    [ConsumerRunningProperty.PROP_CONSUME_TYPE, consumer.consumeType],
    [ConsumerRunningProperty.PROP_CLIENT_VERSION, mqVersionName(MqVersion.CURRENT)],
    [ConsumerRunningProperty.PROP_CONSUME_ORDERLY, 'false'],
    [ConsumerRunningProperty.PROP_THREADPOOL_CORE_SIZE, String(consumer.consumeConcurrency)],
    [ConsumerRunningProperty.PROP_CONSUMER_START_TIMESTAMP, String(consumer.startTimestamp)],
  ]);
  return {
    properties,
    subscriptionSet: subscriptions,
    mqTable: new Map(
      processQueues
        .entries()
        .map(([queue, processQueue]) => [queue, queueInfo(processQueue, offsets.get(queue))]),
    ),
    mqPopTable: new Map(),
    statusTable: new Map(subscriptions.map(({ topic }) => [topic, statistics.status(topic)])),
    userConsumerInfo: new Map(),
  };
}

function queueInfo(processQueue: ProcessQueue, commitOffset: number | null): ProcessQueueInfo {
  return {
    commitOffset: commitOffset ?? -1,
    cachedMsgMinOffset: processQueue.firstQueueOffset ?? 0,
    cachedMsgMaxOffset: processQueue.lastQueueOffset ?? 0,
    cachedMsgCount: processQueue.messageCount,
    cachedMsgSizeInMiB: Math.floor(processQueue.bodyBytes / (1024 * 1024)),
    transactionMsgMinOffset: 0,
    transactionMsgMaxOffset: 0,
    transactionMsgCount: 0,
    locked: false,
    tryUnlockTimes: 0,
    lastLockTimestamp: 0,
    droped: processQueue.isDropped,
    lastPullTimestamp: processQueue.lastPullAt,
    lastConsumeTimestamp: processQueue.lastConsumeAt,
  };
}

/** Calls the handler with one message for a tool. Apache RocketMQ: ConsumeMessageConcurrentlyService.consumeMessageDirectly. */
export async function consumeDirectly(
  stored: StoredMessage,
  brokerName: string,
  group: string,
  consumeService: ConsumeMessageConcurrentlyService,
  clock: Clock,
): Promise<ConsumeMessageDirectlyResult> {
  const origin = { brokerName, queueId: stored.queueId, offsetDelta: 0 };
  const message = toMessageExt(stored, origin, TopicRules.retryTopic(group));
  const queue = { topic: message.topic, brokerName, queueId: message.queueId };
  const startMillis = clock.monotonicMillis();
  const result = (consumeResult: string, remark?: string): ConsumeMessageDirectlyResult => ({
    order: false,
    autoCommit: true,
    consumeResult,
    remark,
    spentTimeMills: Math.round(clock.monotonicMillis() - startMillis),
  });
  try {
    const status: unknown = await consumeService.consumeDirectly(message, queue);
    if (status === 'CONSUME_SUCCESS') return result('CR_SUCCESS');
    return result(status === 'RECONSUME_LATER' ? 'CR_LATER' : 'CR_RETURN_NULL');
  } catch (error) {
    return result('CR_THROW_EXCEPTION', String(error));
  }
}

import { TopicRules } from '@centaurmq/protocol';
import { MqError, MqErrorCode } from '../errors.ts';
import type { InstanceChoice } from '../instance/instance-use.ts';
import type { ConsumeFromWhere } from './compute-pull-from-where.ts';
import type { MessageListenerConcurrently } from './consume/message-listener.ts';
import { defaultOffsetDirectory } from './offset/offset-file.ts';
import type { PullThresholds } from './pull/decide-flow-control.ts';
import { pullThresholds } from './pull/decide-flow-control.ts';
import { allocateMessageQueueAveragely } from './rebalance/allocate-message-queue-averagely.ts';
import type { AllocateMessageQueueStrategy } from './rebalance/allocate-message-queue-strategy.ts';

/** Who in a group gets a message: one of its clients, or each of them. Apache RocketMQ: MessageModel. */
export type MessageModel = 'CLUSTERING' | 'BROADCASTING';

/** Names and defaults of Apache RocketMQ's DefaultMQPushConsumer, units added. */
export interface ConsumerSettings {
  readonly messageModel: MessageModel;
  readonly consumeFromWhere: ConsumeFromWhere;
  /** Milliseconds since the epoch, for CONSUME_FROM_TIMESTAMP; half an hour before the start when not given. */
  readonly consumeTimestamp: number | null;
  readonly allocateMessageQueueStrategy: AllocateMessageQueueStrategy;
  /** Handlers at a time. Apache RocketMQ: consumeThreadMax. */
  readonly consumeConcurrency: number;
  /** Messages for one call of the handler. */
  readonly consumeMessageBatchMaxSize: number;
  readonly pullBatchSize: number;
  readonly pullBatchBytes: number;
  readonly pullThresholds: PullThresholds;
  /** Failures after which a message goes to the dead-letter queue. */
  readonly maxReconsumeTimes: number;
  /** A message whose handler runs for longer is sent back. */
  readonly consumeTimeoutMillis: number;
  readonly persistConsumerOffsetIntervalMillis: number;
  readonly rebalanceIntervalMillis: number;
  /** How long `close()` waits for handlers. */
  readonly drainTimeoutMillis: number;
  /** Broadcasting: where the offset files are. */
  readonly offsetDirectory: string;
}

/** Either `client`, to share connections and routes, or `nameServers`, for an instance of its own. */
export interface PushConsumerOptions extends Partial<ConsumerSettings>, InstanceChoice {
  readonly group: string;
  readonly messageListener: MessageListenerConcurrently;
}

/** @throws MqError INVALID_ARGUMENT */
export function consumerSettings(
  options: Partial<ConsumerSettings> & { readonly group: string },
): ConsumerSettings {
  const fault = TopicRules.validateGroup(options.group);
  if (fault !== null) throw new MqError(MqErrorCode.INVALID_ARGUMENT, fault);
  const settings: ConsumerSettings = {
    messageModel: options.messageModel ?? 'CLUSTERING',
    consumeFromWhere: options.consumeFromWhere ?? 'CONSUME_FROM_LAST_OFFSET',
    consumeTimestamp: options.consumeTimestamp ?? null,
    allocateMessageQueueStrategy: options.allocateMessageQueueStrategy ?? allocateMessageQueueAveragely,
    consumeConcurrency: options.consumeConcurrency ?? 20,
    consumeMessageBatchMaxSize: options.consumeMessageBatchMaxSize ?? 1,
    pullBatchSize: options.pullBatchSize ?? 32,
    pullBatchBytes: options.pullBatchBytes ?? 256 * 1024,
    pullThresholds: { ...pullThresholds, ...options.pullThresholds },
    maxReconsumeTimes: options.maxReconsumeTimes ?? 16,
    consumeTimeoutMillis: options.consumeTimeoutMillis ?? 15 * 60_000,
    persistConsumerOffsetIntervalMillis: options.persistConsumerOffsetIntervalMillis ?? 5_000,
    rebalanceIntervalMillis: options.rebalanceIntervalMillis ?? 20_000,
    drainTimeoutMillis: options.drainTimeoutMillis ?? 30_000,
    offsetDirectory: options.offsetDirectory ?? defaultOffsetDirectory(),
  };
  requireInRange('consumeConcurrency', settings.consumeConcurrency, 1, 1000);
  requireInRange('consumeMessageBatchMaxSize', settings.consumeMessageBatchMaxSize, 1, 1024);
  requireInRange('pullBatchSize', settings.pullBatchSize, 1, 1024);
  requireInRange('pullThresholds.messageCountMax', settings.pullThresholds.messageCountMax, 1, 65_535);
  requireInRange('pullThresholds.spanMax', settings.pullThresholds.spanMax, 1, 65_535);
  return settings;
}

/** The offset file is found again by the client id, so that one must stay the same. */
export function withStableName(
  options: PushConsumerOptions,
  settings: ConsumerSettings,
): PushConsumerOptions {
  if (settings.messageModel === 'CLUSTERING' || options.client !== undefined) return options;
  return { ...options, instanceName: options.instanceName ?? 'DEFAULT' };
}

function requireInRange(name: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw new MqError(
    MqErrorCode.INVALID_ARGUMENT,
    `${name} is ${value}; expected a whole number from ${min} to ${max}`,
  );
}

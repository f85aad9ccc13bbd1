import type {
  ConsumeMessageDirectlyResult,
  ConsumerData,
  ConsumerRunningInfo,
  StoredMessage,
} from '@centaurmq/protocol';
import type { MessageQueue } from '../message/message-queue.ts';

/** A producer, as its client instance sees it. Apache RocketMQ: MQProducerInner. */
export interface RegisteredProducer {
  readonly group: string;
  /** Topics whose routes are to be kept fresh. */
  publishedTopics(): Iterable<string>;
}

/** A consumer, as its client instance sees it. Apache RocketMQ: MQConsumerInner. */
export interface RegisteredConsumer {
  readonly group: string;
  /** Topics whose routes are to be kept fresh. */
  subscribedTopics(): Iterable<string>;
  consumerData(): ConsumerData;
  /** The members of the group have changed, or a route has. */
  wakeRebalance(): void;
  /** A tool has set new offsets. */
  resetOffsets(topic: string, offsets: ReadonlyMap<MessageQueue, number>): Promise<void>;
  /** Offsets in memory. */
  consumerStatus(topic: string): [MessageQueue, number][];
  runningInfo(): Promise<ConsumerRunningInfo>;
  consumeDirectly(stored: StoredMessage, brokerName: string): Promise<ConsumeMessageDirectlyResult>;
}

import type { MessageExt } from '../../message/message-ext.ts';
import type { MessageQueue } from '../../message/message-queue.ts';

/** What a handler says about its messages. Apache RocketMQ: ConsumeConcurrentlyStatus. */
export type ConsumeConcurrentlyStatus = 'CONSUME_SUCCESS' | 'RECONSUME_LATER';

/** What a handler is told and may set. Apache RocketMQ: ConsumeConcurrentlyContext. */
export interface ConsumeConcurrentlyContext {
  readonly queue: MessageQueue;
  /** Aborted when the consumer closes: a handler that can stop early should. */
  readonly signal: AbortSignal;
  /** For messages that fail now: 0 lets the broker choose by the number of failures, -1 sends them to the dead-letter queue. */
  delayLevelWhenNextConsume: number;
  /** With CONSUME_SUCCESS: the last message of the batch that succeeded; those after it come again. */
  ackIndex: number;
}

/** Consumes a batch. A thrown error means RECONSUME_LATER. Apache RocketMQ: MessageListenerConcurrently. */
export type MessageListenerConcurrently = (
  messages: readonly MessageExt[],
  context: ConsumeConcurrentlyContext,
) => ConsumeConcurrentlyStatus | Promise<ConsumeConcurrentlyStatus>;

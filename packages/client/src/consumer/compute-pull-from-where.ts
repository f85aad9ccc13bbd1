import type { ConsumeFromWhere as ConsumeFromWhereNames } from '@centaurmq/protocol';
import { TopicRules } from '@centaurmq/protocol';
import type { MessageQueue } from '../message/message-queue.ts';

/**
 * Where a group begins that has no offset yet: at the end (only what is sent from now on), at the oldest message that is kept, or at the
 * first message stored at or after `consumeTimestamp`. Apache RocketMQ: ConsumeFromWhere.
 */
export type ConsumeFromWhere = keyof typeof ConsumeFromWhereNames;

export interface QueueBounds {
  /** The offset that was stored last, or null. */
  stored(queue: MessageQueue): Promise<number | null>;
  maxOffset(queue: MessageQueue): Promise<number>;
  searchOffset(queue: MessageQueue, timestamp: number): Promise<number>;
}

export interface FromWhere {
  readonly consumeFromWhere: ConsumeFromWhere;
  /** Milliseconds since the epoch; for CONSUME_FROM_TIMESTAMP. */
  readonly consumeTimestamp: number;
}

/**
 * The first offset to pull of a queue. A broker answers 0 as stored, and not null, for a new group on a short queue, so that such a
 * group begins at the beginning whatever it asked for. Apache RocketMQ: RebalancePushImpl.computePullFromWhereWithException.
 */
export async function computePullFromWhere(
  queue: MessageQueue,
  { consumeFromWhere, consumeTimestamp }: FromWhere,
  bounds: QueueBounds,
): Promise<number> {
  const stored = await bounds.stored(queue);
  if (stored !== null && stored >= 0) return stored;
  const isRetry = TopicRules.isRetryTopic(queue.topic);
  switch (consumeFromWhere) {
    case 'CONSUME_FROM_FIRST_OFFSET':
      // Below the oldest message the broker moves the offset up.
      return 0;
    case 'CONSUME_FROM_LAST_OFFSET':
      return isRetry ? 0 : bounds.maxOffset(queue);
    case 'CONSUME_FROM_TIMESTAMP':
      return isRetry ? bounds.maxOffset(queue) : bounds.searchOffset(queue, consumeTimestamp);
  }
}

import type { Logger } from '@centaurmq/remoting';
import type { MessageExt } from '../../message/message-ext.ts';
import type { MessageQueue } from '../../message/message-queue.ts';
import type { OffsetTable } from '../offset/offset-store.ts';
import type { ProcessQueue } from './process-queue.ts';

export interface CleanExpiredOptions {
  readonly now: number;
  readonly consumeTimeoutMillis: number;
  readonly offsets: OffsetTable;
  readonly logger: Logger;
  readonly sendBack: (message: MessageExt, delayLevel: number) => Promise<void>;
}

/** In one go and queue. */
const EXPIRED_MAX = 16;
const DELAY_LEVEL = 3;

/**
 * Sends back the first messages of a queue when their handlers run for too long, so that one hanging handler does not stop the
 * queue's offset. Apache RocketMQ: ProcessQueue.cleanExpiredMsg.
 */
export async function cleanExpiredMessages(
  queue: MessageQueue,
  processQueue: ProcessQueue,
  options: CleanExpiredOptions,
): Promise<void> {
  const { now, consumeTimeoutMillis, offsets, logger, sendBack } = options;
  for (let count = 0; count < EXPIRED_MAX && !processQueue.isDropped; count++) {
    const message = processQueue.firstExpired(now, consumeTimeoutMillis);
    if (message === null) return;
    const { messageId, queueOffset } = message;
    logger.warn(
      { queue, messageId, queueOffset, consumeTimeoutMillis },
      'the handler takes too long; the message is sent back',
    );
    await sendBack(message, DELAY_LEVEL);
    const nextOffset = processQueue.remove([message], now);
    if (nextOffset !== null && !processQueue.isDropped) offsets.update(queue, nextOffset, true);
  }
}

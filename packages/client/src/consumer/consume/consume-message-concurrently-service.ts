import type { Clock, Logger, Timer } from '@centaurmq/remoting';
import type { MessageExt } from '../../message/message-ext.ts';
import type { MessageQueue } from '../../message/message-queue.ts';
import type { OffsetTable } from '../offset/offset-store.ts';
import type { ConsumerStatistics } from './consumer-statistics.ts';
import type {
  ConsumeConcurrentlyContext,
  ConsumeConcurrentlyStatus,
  MessageListenerConcurrently,
} from './message-listener.ts';
import type { ProcessQueue } from './process-queue.ts';

export interface ConsumeMessageOptions {
  readonly group: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly listener: MessageListenerConcurrently;
  /** Handlers at a time. Apache RocketMQ: consumeThreadMax. */
  readonly concurrency: number;
  /** Messages for one call of the handler. */
  readonly batchSizeMax: number;
  readonly offsets: OffsetTable;
  readonly statistics: ConsumerStatistics;
  /** Gives a failed message back to the cluster; null drops it (broadcasting). Rejects when no way worked. */
  readonly sendBack: ((message: MessageExt, delayLevel: number) => Promise<void>) | null;
}

interface ConsumeRequest {
  readonly messages: readonly MessageExt[];
  readonly processQueue: ProcessQueue;
  readonly queue: MessageQueue;
}

/** A message that could not even be sent back is tried here again after this. */
const LOCAL_RETRY_DELAY_MILLIS = 5_000;

/**
 * Calls the handler for what was pulled, many at a time, and settles what it says. How much can wait here is bounded by the pull
 * thresholds of each queue. Apache RocketMQ: ConsumeMessageConcurrentlyService.
 */
export class ConsumeMessageConcurrentlyService {
  readonly #options: ConsumeMessageOptions;
  readonly #closing = new AbortController();
  readonly #waiting = new Set<ConsumeRequest>();
  readonly #localRetries = new Set<Timer>();
  #runningCount = 0;
  #drained: (() => void) | null = null;

  constructor(options: ConsumeMessageOptions) {
    this.#options = options;
  }

  get runningCount(): number {
    return this.#runningCount;
  }

  submit(messages: readonly MessageExt[], processQueue: ProcessQueue, queue: MessageQueue): void {
    if (this.#closing.signal.aborted) return;
    const { batchSizeMax } = this.#options;
    for (let start = 0; start < messages.length; start += batchSizeMax) {
      this.#waiting.add({ messages: messages.slice(start, start + batchSizeMax), processQueue, queue });
    }
    this.#startWaiting();
  }

  /** Calls the handler outside of the order of things, for a tool, and settles nothing. */
  async consumeDirectly(message: MessageExt, queue: MessageQueue): Promise<ConsumeConcurrentlyStatus | null> {
    return await this.#options.listener([message], this.#context([message], queue));
  }

  /**
   * Starts no more handlers and waits for those that run.
   * @returns how many were still running when the time was up; their messages are not committed and come again
   */
  async close(drainTimeoutMillis: number): Promise<number> {
    this.#closing.abort();
    this.#waiting.clear();
    for (const timer of this.#localRetries) timer.cancel();
    this.#localRetries.clear();
    if (this.#runningCount === 0) return 0;
    await new Promise<void>((resolve) => {
      const timer = this.#options.clock.setTimer(drainTimeoutMillis, resolve);
      this.#drained = () => {
        timer.cancel();
        resolve();
      };
    });
    return this.#runningCount;
  }

  #startWaiting(): void {
    for (const request of this.#waiting) {
      if (this.#runningCount >= this.#options.concurrency) return;
      this.#waiting.delete(request);
      if (request.processQueue.isDropped) continue;
      this.#runningCount++;
      void this.#run(request);
    }
  }

  async #run(request: ConsumeRequest): Promise<void> {
    try {
      await this.#consume(request);
    } catch (error) {
      const { group, logger } = this.#options;
      logger.error(
        { err: error, group, queue: request.queue },
        'consuming failed in an unforeseen way; the messages come again',
      );
    } finally {
      this.#runningCount--;
      this.#startWaiting();
      if (this.#runningCount === 0) this.#drained?.();
    }
  }

  async #consume(request: ConsumeRequest): Promise<void> {
    const { clock, statistics } = this.#options;
    const { messages, processQueue, queue } = request;
    processQueue.consumeStarted(messages, clock.now());
    const context = this.#context(messages, queue);
    const startMillis = clock.monotonicMillis();
    const status = await this.#callListener(messages, context);
    const okCount = status === 'CONSUME_SUCCESS' ? Math.min(context.ackIndex + 1, messages.length) : 0;
    const elapsedMillis = clock.monotonicMillis() - startMillis;
    statistics.consumed(queue.topic, okCount, messages.length - okCount, elapsedMillis);
    if (processQueue.isDropped) return;
    await this.#settle(request, okCount, context.delayLevelWhenNextConsume);
  }

  async #callListener(
    messages: readonly MessageExt[],
    context: ConsumeConcurrentlyContext,
  ): Promise<ConsumeConcurrentlyStatus> {
    const { group, logger, listener } = this.#options;
    const { queue } = context;
    const messageIds = messages.map(({ messageId }) => messageId);
    const unreadable = messages.find(({ bodyError }) => bodyError !== null);
    if (unreadable !== undefined) {
      const { bodyError, messageId } = unreadable;
      logger.error(
        { err: bodyError, group, queue, messageId },
        'the body cannot be decompressed; the message is sent back',
      );
      return 'RECONSUME_LATER';
    }
    try {
      const status: unknown = await listener(messages, context);
      if (status === 'CONSUME_SUCCESS' || status === 'RECONSUME_LATER') return status;
      logger.warn(
        { group, queue, messageIds, status },
        'the handler returned no status; taken for RECONSUME_LATER',
      );
    } catch (error) {
      logger.warn({ err: error, group, queue, messageIds }, 'the handler threw; taken for RECONSUME_LATER');
    }
    return 'RECONSUME_LATER';
  }

  async #settle(request: ConsumeRequest, okCount: number, delayLevel: number): Promise<void> {
    const { clock, offsets, sendBack, group, logger } = this.#options;
    const { messages, processQueue, queue } = request;
    const failed = messages.slice(okCount);
    const kept: MessageExt[] = [];
    for (const message of failed) {
      const { messageId } = message;
      // A message that took too long was sent back and removed meanwhile.
      if (!processQueue.contains(message)) continue;
      if (sendBack === null) {
        logger.warn({ group, queue, messageId }, 'broadcasting: the failed message is dropped');
        continue;
      }
      try {
        await sendBack(message, delayLevel);
      } catch (error) {
        logger.error(
          { err: error, group, queue, messageId },
          'a failed message could not be sent back; it is tried again here',
        );
        kept.push(message);
      }
    }
    if (kept.length > 0) this.#retryLocally(kept, processQueue, queue);
    const done = kept.length === 0 ? messages : messages.filter((message) => !kept.includes(message));
    const queueOffset = processQueue.remove(done, clock.now());
    if (queueOffset !== null && !processQueue.isDropped) offsets.update(queue, queueOffset, true);
  }

  #retryLocally(messages: readonly MessageExt[], processQueue: ProcessQueue, queue: MessageQueue): void {
    const again = messages.map((message) => ({ ...message, reconsumeTimes: message.reconsumeTimes + 1 }));
    processQueue.put(again);
    if (this.#closing.signal.aborted) return;
    const timer = this.#options.clock.setTimer(LOCAL_RETRY_DELAY_MILLIS, () => {
      this.#localRetries.delete(timer);
      this.submit(again, processQueue, queue);
    });
    this.#localRetries.add(timer);
  }

  #context(messages: readonly MessageExt[], queue: MessageQueue): ConsumeConcurrentlyContext {
    return {
      queue,
      signal: this.#closing.signal,
      delayLevelWhenNextConsume: 0,
      ackIndex: messages.length - 1,
    };
  }
}

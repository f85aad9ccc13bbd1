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
  /** Who waits behind it. */
  next: ConsumeRequest | null;
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
  /** In the order they came. */
  #firstWaiting: ConsumeRequest | null = null;
  #lastWaiting: ConsumeRequest | null = null;
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
      const batch = messages.length <= batchSizeMax ? messages : messages.slice(start, start + batchSizeMax);
      this.#wait({ messages: batch, processQueue, queue, next: null });
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
    this.#firstWaiting = null;
    this.#lastWaiting = null;
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

  #wait(request: ConsumeRequest): void {
    if (this.#lastWaiting === null) this.#firstWaiting = request;
    else this.#lastWaiting.next = request;
    this.#lastWaiting = request;
  }

  #startWaiting(): void {
    while (this.#firstWaiting !== null && this.#runningCount < this.#options.concurrency) {
      const request = this.#firstWaiting;
      this.#firstWaiting = request.next;
      // A handler may run for long: it must not keep those behind it alive.
      request.next = null;
      if (this.#firstWaiting === null) this.#lastWaiting = null;
      if (request.processQueue.isDropped) continue;
      this.#runningCount++;
      this.#run(request);
    }
  }

  /** Nothing is awaited when the handler waits for nothing. */
  #run(request: ConsumeRequest): void {
    try {
      const consuming = this.#consume(request);
      if (consuming === null) this.#ended();
      else void this.#runOn(request, consuming);
    } catch (error) {
      this.#failed(request, error);
      this.#ended();
    }
  }

  async #runOn(request: ConsumeRequest, consuming: Promise<void>): Promise<void> {
    try {
      await consuming;
    } catch (error) {
      this.#failed(request, error);
    }
    this.#ended();
    this.#startWaiting();
  }

  #ended(): void {
    this.#runningCount--;
    if (this.#runningCount === 0) this.#drained?.();
  }

  #failed({ queue }: ConsumeRequest, error: unknown): void {
    const { group, logger } = this.#options;
    logger.error(
      { err: error, group, queue },
      'consuming failed in an unforeseen way; the messages come again',
    );
  }

  /** @returns null when all is settled already */
  #consume(request: ConsumeRequest): Promise<void> | null {
    const { clock } = this.#options;
    const { messages, processQueue, queue } = request;
    processQueue.consumeStarted(messages, clock.now());
    const context = this.#context(messages, queue);
    const startMillis = clock.monotonicMillis();
    const status = this.#callListener(messages, context);
    return typeof status === 'string'
      ? this.#consumed(request, context, startMillis, status)
      : this.#consumedLater(request, context, startMillis, status);
  }

  async #consumedLater(
    request: ConsumeRequest,
    context: ConsumeConcurrentlyContext,
    startMillis: number,
    status: Promise<ConsumeConcurrentlyStatus>,
  ): Promise<void> {
    await this.#consumed(request, context, startMillis, await status);
  }

  #consumed(
    request: ConsumeRequest,
    context: ConsumeConcurrentlyContext,
    startMillis: number,
    status: ConsumeConcurrentlyStatus,
  ): Promise<void> | null {
    const { clock, statistics } = this.#options;
    const { messages, processQueue, queue } = request;
    const okCount = status === 'CONSUME_SUCCESS' ? Math.min(context.ackIndex + 1, messages.length) : 0;
    const elapsedMillis = clock.monotonicMillis() - startMillis;
    statistics.consumed(queue.topic, okCount, messages.length - okCount, elapsedMillis);
    if (processQueue.isDropped) return null;
    if (okCount < messages.length)
      return this.#settleFailed(request, okCount, context.delayLevelWhenNextConsume);
    this.#done(request, messages);
    return null;
  }

  #callListener(
    messages: readonly MessageExt[],
    context: ConsumeConcurrentlyContext,
  ): ConsumeConcurrentlyStatus | Promise<ConsumeConcurrentlyStatus> {
    const { group, logger, listener } = this.#options;
    const unreadable = messages.find(({ bodyError }) => bodyError !== null);
    if (unreadable !== undefined) {
      const { bodyError, messageId } = unreadable;
      logger.error(
        { err: bodyError, group, queue: context.queue, messageId },
        'the body cannot be decompressed; the message is sent back',
      );
      return 'RECONSUME_LATER';
    }
    try {
      const returned: unknown = listener(messages, context);
      return isStatus(returned) ? returned : this.#statusOf(returned, messages, context);
    } catch (error) {
      return this.#threw(error, messages, context);
    }
  }

  async #statusOf(
    returned: unknown,
    messages: readonly MessageExt[],
    context: ConsumeConcurrentlyContext,
  ): Promise<ConsumeConcurrentlyStatus> {
    try {
      const status = await returned;
      if (isStatus(status)) return status;
      const { group, logger } = this.#options;
      logger.warn(
        { group, queue: context.queue, messageIds: idsOf(messages), status },
        'the handler returned no status; taken for RECONSUME_LATER',
      );
      return 'RECONSUME_LATER';
    } catch (error) {
      return this.#threw(error, messages, context);
    }
  }

  #threw(
    error: unknown,
    messages: readonly MessageExt[],
    { queue }: ConsumeConcurrentlyContext,
  ): ConsumeConcurrentlyStatus {
    const { group, logger } = this.#options;
    logger.warn(
      { err: error, group, queue, messageIds: idsOf(messages) },
      'the handler threw; taken for RECONSUME_LATER',
    );
    return 'RECONSUME_LATER';
  }

  async #settleFailed(request: ConsumeRequest, okCount: number, delayLevel: number): Promise<void> {
    const { sendBack, group, logger } = this.#options;
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
    this.#done(request, kept.length === 0 ? messages : messages.filter((message) => !kept.includes(message)));
  }

  #done({ processQueue, queue }: ConsumeRequest, messages: readonly MessageExt[]): void {
    const { clock, offsets } = this.#options;
    const queueOffset = processQueue.remove(messages, clock.now());
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

function isStatus(returned: unknown): returned is ConsumeConcurrentlyStatus {
  return returned === 'CONSUME_SUCCESS' || returned === 'RECONSUME_LATER';
}

function idsOf(messages: readonly MessageExt[]): string[] {
  return messages.map(({ messageId }) => messageId);
}

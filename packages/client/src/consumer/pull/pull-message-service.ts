import { ResponseCode } from '@centaurmq/protocol';
import type { Clock, Logger } from '@centaurmq/remoting';
import { MqError } from '../../errors.ts';
import { pause } from '../../instance/pause.ts';
import type { MessageExt } from '../../message/message-ext.ts';
import type { MessageQueue } from '../../message/message-queue.ts';
import type { ConsumerStatistics } from '../consume/consumer-statistics.ts';
import type { ProcessQueue } from '../consume/process-queue.ts';
import type { OffsetTable } from '../offset/offset-store.ts';
import type { PullThresholds } from './decide-flow-control.ts';
import { decideFlowControl } from './decide-flow-control.ts';
import type { PulledMessages } from './pull-api-wrapper.ts';

/** Where one queue's pulling begins. Apache RocketMQ: PullRequest. */
export interface PullRequest {
  readonly queue: MessageQueue;
  readonly processQueue: ProcessQueue;
  readonly nextOffset: number;
}

export interface PullMessageOptions {
  readonly group: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly thresholds: PullThresholds;
  readonly offsets: OffsetTable;
  readonly statistics: ConsumerStatistics;
  /** Takes what was found. */
  readonly submit: (messages: readonly MessageExt[], processQueue: ProcessQueue, queue: MessageQueue) => void;
  /** One long pull. */
  readonly pull: (queue: MessageQueue, queueOffset: number, signal: AbortSignal) => Promise<PulledMessages>;
  readonly isPaused: () => boolean;
  /** The broker says that the offset is outside of the queue. The queue is dropped already. */
  readonly offsetIllegal: (queue: MessageQueue, nextBeginOffset: number) => void;
}

/** Apache RocketMQ: PULL_TIME_DELAY_MILLS_WHEN_CACHE_FLOW_CONTROL. */
const FLOW_CONTROL_PAUSE_MILLIS = 50;
/** Apache RocketMQ: PULL_TIME_DELAY_MILLS_WHEN_BROKER_FLOW_CONTROL. */
const BROKER_FLOW_CONTROL_PAUSE_MILLIS = 20;
/** Apache RocketMQ: PULL_TIME_DELAY_MILLS_WHEN_SUSPEND. */
const SUSPENDED_PAUSE_MILLIS = 1_000;
/** Apache RocketMQ: pullTimeDelayMillsWhenException. */
const FAILURE_PAUSE_MILLIS = 3_000;
/** A broker that does not hold a pull is not asked in a tight loop. */
const EMPTY_ANSWER_PAUSE_MILLIS = 100;
const EMPTY_ANSWER_HELD_MILLIS_MIN = 10;

/** Pulls each queue again and again, one pull at a time, as long as there is room for its messages. Apache RocketMQ: PullMessageService. */
export class PullMessageService {
  readonly #options: PullMessageOptions;
  readonly #loops = new Set<Promise<void>>();
  /** Ends the loop of each queue that is pulled. */
  readonly #ends = new Set<AbortController>();
  #isStopping = false;

  constructor(options: PullMessageOptions) {
    this.#options = options;
  }

  /** Pulls until the process queue is dropped or the service stops. */
  begin(request: PullRequest): void {
    const loop = this.#pullUntilEnded(request).finally(() => this.#loops.delete(loop));
    this.#loops.add(loop);
  }

  /** Resolves when no queue is pulled any more. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    for (const end of this.#ends) end.abort();
    await Promise.all(this.#loops);
  }

  async #pullUntilEnded(request: PullRequest): Promise<void> {
    const { droppedSignal } = request.processQueue;
    if (droppedSignal.aborted || this.#isStopping) return;
    // Not AbortSignal.any: as long as anybody listens to it, Node.js holds it and all that it reaches.
    const end = new AbortController();
    const dropped = (): void => end.abort();
    droppedSignal.addEventListener('abort', dropped, { once: true });
    this.#ends.add(end);
    try {
      await this.#pullUntil(end.signal, request);
    } finally {
      this.#ends.delete(end);
      droppedSignal.removeEventListener('abort', dropped);
    }
  }

  async #pullUntil(ended: AbortSignal, { queue, processQueue, nextOffset }: PullRequest): Promise<void> {
    const { clock } = this.#options;
    let queueOffset = nextOffset;
    while (!ended.aborted) {
      processQueue.lastPullAt = clock.now();
      const heldBackMillis = this.#heldBackMillis(queue, processQueue);
      if (heldBackMillis === null)
        queueOffset = await this.#pullOnce(queue, processQueue, queueOffset, ended);
      else await pause(clock, heldBackMillis, ended);
    }
  }

  #heldBackMillis(queue: MessageQueue, processQueue: ProcessQueue): number | null {
    const { thresholds, isPaused, logger, group } = this.#options;
    if (isPaused()) return SUSPENDED_PAUSE_MILLIS;
    const reason = decideFlowControl(processQueue, thresholds);
    if (reason === null) return null;
    const { messageCount, bodyBytes, maxSpan } = processQueue;
    logger.debug(
      { group, queue, reason, messageCount, bodyBytes, maxSpan, thresholds },
      'pulling waits for the handlers',
    );
    return FLOW_CONTROL_PAUSE_MILLIS;
  }

  /** @returns where to pull next */
  async #pullOnce(
    queue: MessageQueue,
    processQueue: ProcessQueue,
    queueOffset: number,
    ended: AbortSignal,
  ): Promise<number> {
    const { clock, pull, statistics } = this.#options;
    const startMillis = clock.monotonicMillis();
    let pulled: PulledMessages;
    try {
      pulled = await pull(queue, queueOffset, ended);
    } catch (error) {
      if (!ended.aborted) await this.#pauseAfterFailure(error, queue, ended);
      return queueOffset;
    }
    if (ended.aborted) return queueOffset;
    const elapsedMillis = clock.monotonicMillis() - startMillis;
    const { status, messages, nextBeginOffset } = pulled;
    switch (status) {
      case 'FOUND':
        statistics.pulled(queue.topic, messages.length, elapsedMillis);
        processQueue.put(messages);
        this.#options.submit(messages, processQueue, queue);
        return nextBeginOffset;
      case 'NO_NEW_MSG':
      case 'NO_MATCHED_MSG':
        // Nothing waits for a handler: what the filter skipped is done with.
        if (processQueue.messageCount === 0) this.#options.offsets.update(queue, nextBeginOffset, true);
        if (nextBeginOffset === queueOffset && elapsedMillis < EMPTY_ANSWER_HELD_MILLIS_MIN) {
          await pause(clock, EMPTY_ANSWER_PAUSE_MILLIS, ended);
        }
        return nextBeginOffset;
      case 'OFFSET_ILLEGAL':
        processQueue.drop();
        this.#options.offsetIllegal(queue, nextBeginOffset);
        return nextBeginOffset;
    }
  }

  async #pauseAfterFailure(error: unknown, queue: MessageQueue, ended: AbortSignal): Promise<void> {
    const { clock, logger, group } = this.#options;
    const isFlowControl = error instanceof MqError && error.responseCode === ResponseCode.FLOW_CONTROL;
    const pauseMillis = isFlowControl ? BROKER_FLOW_CONTROL_PAUSE_MILLIS : FAILURE_PAUSE_MILLIS;
    logger.warn({ err: error, group, queue, pauseMillis }, 'a pull failed; it is tried again');
    await pause(clock, pauseMillis, ended);
  }
}

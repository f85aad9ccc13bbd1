import type { Clock, Logger, Timer } from '@centaurmq/remoting';
import type { AckOutcome } from './message-store.ts';

export interface AckGateOptions {
  /** See `BlockingTasks.flush`. */
  readonly flush: () => Promise<number>;
  /** Why the engine refuses writes, or null: asked after a failed flush. */
  readonly poisonReason: () => string | null;
  readonly flushedOffset: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** RocketMQ's syncFlushTimeout: 5000. */
  readonly syncFlushTimeoutMillis: number;
  /** Acknowledgements that may wait at the same time. */
  readonly waitingAcknowledgementsMax: number;
}

interface Waiting {
  readonly endOffset: number;
  readonly deadlineMillis: number;
  readonly settle: (outcome: AckOutcome) => void;
}

/**
 * Group commit: one flush is in flight, everything appended meanwhile joins the next one. An acknowledgement
 * waits here until the flushed watermark passes the end of its append.
 */
export class AckGate {
  readonly #options: AckGateOptions;
  /** In order of arrival; the log only grows, so end offsets ascend and deadlines too. */
  #waiting: Waiting[] = [];
  #flushedOffset: number;
  #wantedOffset = 0;
  #flushing: Promise<void> | null = null;
  #poisoned: string | null = null;
  #timer: Timer | null = null;
  #flushedListeners: (() => void)[] = [];

  constructor(options: AckGateOptions) {
    this.#options = options;
    this.#flushedOffset = options.flushedOffset;
    this.#wantedOffset = options.flushedOffset;
  }

  get flushedOffset(): number {
    return this.#flushedOffset;
  }

  get poisonReason(): string | null {
    return this.#poisoned;
  }

  /** Called after each flush that moved the watermark: messages may have become visible. */
  onFlushed(listener: () => void): void {
    this.#flushedListeners.push(listener);
  }

  /** Calls back once: when the watermark covers `endOffset`, on the timeout, or when the store is poisoned. */
  whenReached(endOffset: number, settle: (outcome: AckOutcome) => void): void {
    if (endOffset <= this.#flushedOffset) return settle('reached');
    if (this.#poisoned !== null) return settle('poisoned');
    if (this.#waiting.length >= this.#options.waitingAcknowledgementsMax) {
      this.requestFlush(endOffset);
      return settle('flushDiskTimeout');
    }
    const { clock, syncFlushTimeoutMillis } = this.#options;
    const deadlineMillis = clock.monotonicMillis() + syncFlushTimeoutMillis;
    this.#waiting.push({ endOffset, deadlineMillis, settle });
    this.#armTimer();
    this.requestFlush(endOffset);
  }

  reached(endOffset: number): Promise<AckOutcome> {
    return new Promise((resolve) => this.whenReached(endOffset, resolve));
  }

  /** Starts a flush that covers `endOffset`, now or right after the one in flight. */
  requestFlush(endOffset: number): void {
    this.#wantedOffset = Math.max(this.#wantedOffset, endOffset);
    if (this.#flushing === null && this.#poisoned === null) this.#flushing = this.#flushLoop();
  }

  /** Waits for the flush in flight, if any, and settles whoever still waits. */
  async close(): Promise<void> {
    await this.#flushing;
    this.#timer?.cancel();
    this.#timer = null;
    this.#settleAll('flushDiskTimeout');
  }

  async #flushLoop(): Promise<void> {
    // The first group forms during this turn of the loop: sends of the same chunk share one flush.
    await Promise.resolve();
    try {
      while (this.#wantedOffset > this.#flushedOffset) {
        const flushedBefore = this.#flushedOffset;
        this.#flushedOffset = Math.max(this.#flushedOffset, await this.#options.flush());
        if (this.#flushedOffset === flushedBefore) {
          throw new Error(
            `The flush ended at ${flushedBefore}, short of the appended ${this.#wantedOffset}.`,
          );
        }
        this.#settleReached();
        for (const listener of this.#flushedListeners) listener();
      }
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#flushing = null;
    }
  }

  #failed(error: unknown): void {
    this.#poisoned = this.#options.poisonReason();
    const fields = { error, wantedOffset: this.#wantedOffset, flushedOffset: this.#flushedOffset };
    if (this.#poisoned === null) {
      // Not the disk's fault (a pool that is closing, for one): those who wait run into their timeout.
      this.#wantedOffset = this.#flushedOffset;
      this.#options.logger.error(fields, 'A flush failed; the next append tries again.');
      return;
    }
    this.#options.logger.error(fields, `Writes are stopped: ${this.#poisoned}`);
    this.#settleAll('poisoned');
  }

  #settleReached(): void {
    let count = 0;
    for (const waiting of this.#waiting) {
      if (waiting.endOffset > this.#flushedOffset) break;
      count += 1;
    }
    const reached = this.#waiting.splice(0, count);
    for (const waiting of reached) waiting.settle('reached');
  }

  #settleAll(outcome: AckOutcome): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const each of waiting) each.settle(outcome);
  }

  #armTimer(): void {
    const first = this.#waiting[0];
    if (this.#timer !== null || first === undefined) return;
    const delay = Math.max(0, first.deadlineMillis - this.#options.clock.monotonicMillis());
    this.#timer = this.#options.clock.setTimer(delay, () => {
      this.#timer = null;
      this.#expire();
      this.#armTimer();
    });
  }

  #expire(): void {
    const now = this.#options.clock.monotonicMillis();
    let count = 0;
    for (const waiting of this.#waiting) {
      if (waiting.deadlineMillis > now) break;
      count += 1;
    }
    const expired = this.#waiting.splice(0, count);
    for (const waiting of expired) waiting.settle('flushDiskTimeout');
  }
}

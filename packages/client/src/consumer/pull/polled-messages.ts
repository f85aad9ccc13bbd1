import type { Clock } from '@centaurmq/remoting';
import type { MessageExt } from '../../message/message-ext.ts';
import type { MessageQueue } from '../../message/message-queue.ts';
import type { ProcessQueue } from '../consume/process-queue.ts';

/** What one pull found. */
export interface ReadyMessages {
  readonly messages: readonly MessageExt[];
  readonly processQueue: ProcessQueue;
  readonly queue: MessageQueue;
}

/** Messages that were pulled and wait for a poll, in the order they came. How much can wait is bounded by the pull thresholds of each queue. */
export class PolledMessages {
  readonly #clock: Clock;
  readonly #ready = new Set<ReadyMessages>();
  readonly #waiters = new Set<() => void>();
  #isClosed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  put(found: ReadyMessages): void {
    if (found.messages.length === 0 || this.#isClosed) return;
    this.#ready.add(found);
    const [first] = this.#waiters;
    first?.();
  }

  /** @returns null when nothing came in time, the signal aborted, or the consumer closed */
  async take(timeoutMillis: number, signal?: AbortSignal): Promise<ReadyMessages | null> {
    const untilMillis = this.#clock.monotonicMillis() + timeoutMillis;
    for (;;) {
      const found = this.#takeReady();
      const leftMillis = untilMillis - this.#clock.monotonicMillis();
      if (found !== null || leftMillis <= 0 || this.#isClosed || signal?.aborted === true) return found;
      await this.#arrival(leftMillis, signal);
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#ready.clear();
    for (const wake of this.#waiters) wake();
  }

  #takeReady(): ReadyMessages | null {
    for (const found of this.#ready) {
      this.#ready.delete(found);
      if (!found.processQueue.isDropped) return found;
    }
    return null;
  }

  #arrival(timeoutMillis: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiters.delete(wake);
        timer.cancel();
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const timer = this.#clock.setTimer(timeoutMillis, wake);
      this.#waiters.add(wake);
      signal?.addEventListener('abort', wake, { once: true });
    });
  }
}

import { MqError, MqErrorCode } from '../errors.ts';

export interface InFlightLimits {
  /** Sends that wait for their answer. */
  readonly countMax: number;
  /** Their bodies together. One body above it is let through alone. */
  readonly bytesMax: number;
  /** Sends that wait for room. One more is refused at once. */
  readonly waitingMax: number;
}

/** The first two as Apache RocketMQ's backPressureForAsyncSendNum and backPressureForAsyncSendSize. */
export const inFlightLimits: InFlightLimits = {
  countMax: 1024,
  bytesMax: 100 * 1024 * 1024,
  waitingMax: 100_000,
};

interface Waiter {
  readonly bytes: number;
  readonly admit: () => void;
}

/** Lets a bounded number of sends go at a time, in the order they came. */
export class InFlightLimit {
  readonly #limits: InFlightLimits;
  readonly #waiters = new Set<Waiter>();
  #idle: (() => void)[] = [];
  #count = 0;
  #bytes = 0;

  constructor(limits: InFlightLimits) {
    this.#limits = limits;
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get waitingCount(): number {
    return this.#waiters.size;
  }

  /**
   * Waits for room.
   * @returns gives the room back; to be called once
   * @throws MqError TOO_MANY_REQUESTS when too many wait already; the signal's reason when it aborts
   */
  async acquire(bytes: number, signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted();
    if (!this.tryAcquire(bytes)) await this.waitForRoom(bytes, signal);
    return () => this.release(bytes);
  }

  /** As {@link acquire} without a promise. @returns false when there is no room, or others wait already */
  tryAcquire(bytes: number): boolean {
    if (this.#waiters.size > 0 || !this.#hasRoom(bytes)) return false;
    this.#take(bytes);
    return true;
  }

  /** Gives back what {@link tryAcquire} or {@link waitForRoom} took. */
  release(bytes: number): void {
    this.#count--;
    this.#bytes -= bytes;
    if (this.#waiters.size > 0) this.#admitWaiters();
    if (this.#count > 0 || this.#waiters.size > 0) return;
    const idle = this.#idle;
    this.#idle = [];
    for (const resolve of idle) resolve();
  }

  /** Resolves when nothing is in flight and nothing waits. */
  idle(): Promise<void> {
    if (this.#count === 0 && this.#waiters.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#idle.push(resolve);
    });
  }

  #hasRoom(bytes: number): boolean {
    if (this.#count === 0) return true;
    return this.#count < this.#limits.countMax && this.#bytes + bytes <= this.#limits.bytesMax;
  }

  #take(bytes: number): void {
    this.#count++;
    this.#bytes += bytes;
  }

  /**
   * Waits behind those that wait already.
   * @throws MqError TOO_MANY_REQUESTS when too many do; the signal's reason when it aborts
   */
  async waitForRoom(bytes: number, signal?: AbortSignal): Promise<void> {
    const { countMax, bytesMax, waitingMax } = this.#limits;
    if (this.#waiters.size >= waitingMax) {
      throw new MqError(
        MqErrorCode.TOO_MANY_REQUESTS,
        `${this.#count} sends (${this.#bytes} bytes) are in flight and ${waitingMax} wait for room`,
        {
          advice: `Await send() instead of calling it ahead; limits: ${countMax} in flight, ${bytesMax} bytes, ${waitingMax} waiting`,
        },
      );
    }
    await new Promise<void>((resolve, reject) => {
      const aborted = (): void => {
        this.#waiters.delete(waiter);
        this.#admitWaiters();
        reject(signal?.reason);
      };
      const waiter: Waiter = {
        bytes,
        admit: () => {
          signal?.removeEventListener('abort', aborted);
          resolve();
        },
      };
      this.#waiters.add(waiter);
      signal?.addEventListener('abort', aborted, { once: true });
    });
  }

  #admitWaiters(): void {
    for (const waiter of this.#waiters) {
      if (!this.#hasRoom(waiter.bytes)) return;
      this.#waiters.delete(waiter);
      this.#take(waiter.bytes);
      waiter.admit();
    }
  }
}

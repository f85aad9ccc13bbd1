import type { RemotingCommand } from '@centaurmq/protocol';
import type { Clock, Timer } from '../environment/clock.ts';

/** One request waiting for its response. Exactly one of the three is called, once. */
export interface PendingCall {
  answered(response: RemotingCommand): void;
  failed(reason: Error): void;
  timedOut(): void;
}

interface Waiting {
  readonly call: PendingCall;
  /** Monotonic. */
  readonly deadlineMillis: number;
}

const OPAQUE_LIMIT = 0x7fff_ffff;

/**
 * One opaque space: the calls of one side of one connection. One timer serves them all, set for the earliest deadline: a timer
 * per call cost a quarter of the throughput. Apache RocketMQ: responseTable.
 */
export class PendingCalls {
  readonly #clock: Clock;
  readonly #calls = new Map<number, Waiting>();
  #lastOpaque = 0;
  #timer: Timer | null = null;
  #timerDueMillis = Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#calls.size;
  }

  /** @param opaque from {@link nextOpaque} */
  add(opaque: number, call: PendingCall, timeoutMillis: number): void {
    const deadlineMillis = this.#clock.monotonicMillis() + timeoutMillis;
    this.#calls.set(opaque, { call, deadlineMillis });
    if (deadlineMillis < this.#timerDueMillis) this.#setTimer(deadlineMillis);
  }

  /** For the next request; no waiting call has it. */
  nextOpaque(): number {
    do {
      this.#lastOpaque = this.#lastOpaque === OPAQUE_LIMIT ? 1 : this.#lastOpaque + 1;
    } while (this.#calls.has(this.#lastOpaque));
    return this.#lastOpaque;
  }

  /** @returns null when nobody waits (any more) */
  take(opaque: number): PendingCall | null {
    const waiting = this.#calls.get(opaque);
    if (waiting === undefined) return null;
    this.#calls.delete(opaque);
    return waiting.call;
  }

  failAll(reason: Error): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#timerDueMillis = Infinity;
    const waiting = [...this.#calls.values()];
    this.#calls.clear();
    for (const { call } of waiting) call.failed(reason);
  }

  #setTimer(deadlineMillis: number): void {
    this.#timer?.cancel();
    this.#timerDueMillis = deadlineMillis;
    this.#timer = this.#clock.setTimer(deadlineMillis - this.#clock.monotonicMillis(), () =>
      this.#deadlinePassed(),
    );
  }

  #deadlinePassed(): void {
    this.#timer = null;
    this.#timerDueMillis = Infinity;
    const now = this.#clock.monotonicMillis();
    const due: PendingCall[] = [];
    let nextMillis = Infinity;
    for (const [opaque, { call, deadlineMillis }] of this.#calls) {
      if (deadlineMillis > now) {
        nextMillis = Math.min(nextMillis, deadlineMillis);
        continue;
      }
      this.#calls.delete(opaque);
      due.push(call);
    }
    if (nextMillis < Infinity) this.#setTimer(nextMillis);
    for (const call of due) call.timedOut();
  }
}

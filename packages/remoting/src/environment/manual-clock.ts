import type { Clock, Timer } from './clock.ts';

interface PendingTimer {
  readonly dueMillis: number;
  readonly sequence: number;
  readonly callback: () => void;
}

/**
 * Virtual time: it stands still until {@link advance}. For tests, of users as well as ours.
 */
export class ManualClock implements Clock {
  readonly #startMillis: number;
  #elapsedMillis = 0;
  #sequence = 0;
  readonly #timers = new Set<PendingTimer>();

  /** @param startMillis what `now()` says first; 2023-11-14T22:13:20Z when not given */
  constructor(startMillis = 1_700_000_000_000) {
    this.#startMillis = startMillis;
  }

  now(): number {
    return this.#startMillis + this.#elapsedMillis;
  }

  monotonicMillis(): number {
    return this.#elapsedMillis;
  }

  /** Timers set and neither fired nor cancelled: a test's leak detector. */
  get pendingTimerCount(): number {
    return this.#timers.size;
  }

  setTimer(delayMillis: number, callback: () => void): Timer {
    const timer: PendingTimer = {
      dueMillis: this.#elapsedMillis + Math.max(0, delayMillis),
      sequence: this.#sequence++,
      callback,
    };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }

  /**
   * Moves time on and fires the timers that fall due, in order of their time and then of their setting. After each, everything
   * that is ready to run (promises, in-memory deliveries) runs before time goes on. `advance(0)` only settles.
   */
  async advance(millis: number): Promise<void> {
    const until = this.#elapsedMillis + millis;
    await settle();
    for (let timer = this.#nextDue(until); timer !== undefined; timer = this.#nextDue(until)) {
      this.#timers.delete(timer);
      this.#elapsedMillis = Math.max(this.#elapsedMillis, timer.dueMillis);
      timer.callback();
      await settle();
    }
    this.#elapsedMillis = until;
  }

  #nextDue(until: number): PendingTimer | undefined {
    let next: PendingTimer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueMillis > until) continue;
      if (next === undefined || isBefore(timer, next)) next = timer;
    }
    return next;
  }
}

function isBefore(one: PendingTimer, other: PendingTimer): boolean {
  return one.dueMillis === other.dueMillis ? one.sequence < other.sequence : one.dueMillis < other.dueMillis;
}

/** The immediate queue comes after every microtask, including those that microtasks make. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

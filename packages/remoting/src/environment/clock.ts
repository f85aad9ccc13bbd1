/** A timer that has been set; cancelling one that has fired does nothing. */
export interface Timer {
  cancel(): void;
}

/** Time as an argument: nothing in the domain asks the system for it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds since an arbitrary start, never going back; for measuring waits. */
  monotonicMillis(): number;
  /** Calls once after the delay. A timer never keeps the process alive. */
  setTimer(delayMillis: number, callback: () => void): Timer;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMillis: () => performance.now(),
  setTimer(delayMillis, callback) {
    const timeout = setTimeout(callback, delayMillis);
    timeout.unref();
    return { cancel: () => clearTimeout(timeout) };
  },
};

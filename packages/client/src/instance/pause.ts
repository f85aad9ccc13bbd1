import type { Clock } from '@centaurmq/remoting';

/** Resolves after the delay, or at once when the signal aborts. */
export function pause(clock: Clock, delayMillis: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const ended = (): void => {
      timer.cancel();
      signal.removeEventListener('abort', ended);
      resolve();
    };
    const timer = clock.setTimer(delayMillis, ended);
    signal.addEventListener('abort', ended, { once: true });
  });
}

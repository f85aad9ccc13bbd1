import type { Clock, Logger, Timer } from '@centaurmq/remoting';

export interface PeriodicTaskOptions {
  /** For logs. */
  readonly name: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly firstDelayMillis: number;
  /** From the end of one run to the beginning of the next. */
  readonly intervalMillis: number;
  /** A failure is logged and does not stop the task. A returned number replaces the interval, once. */
  readonly run: () => Promise<number | void>;
  /** Between the beginnings of two runs, however often it is woken. */
  readonly spacingMillis?: number;
}

/** Runs again and again, never twice at a time. */
export class PeriodicTask {
  readonly #options: PeriodicTaskOptions;
  #timer: Timer | null = null;
  #running: Promise<void> | null = null;
  #isStarted = false;
  #isWoken = false;
  #lastStartMillis = Number.NEGATIVE_INFINITY;

  constructor(options: PeriodicTaskOptions) {
    this.#options = options;
  }

  start(): void {
    this.#isStarted = true;
    this.#schedule(this.#options.firstDelayMillis);
  }

  /** Runs as soon as it may: at once, after the run that is on, or when the spacing has passed. */
  wake(): void {
    if (!this.#isStarted) return;
    if (this.#running !== null) {
      this.#isWoken = true;
      return;
    }
    this.#schedule(0);
  }

  /** No run begins after this; resolves when the one that is on has ended. */
  async stop(): Promise<void> {
    this.#isStarted = false;
    this.#timer?.cancel();
    await this.#running;
  }

  #schedule(delayMillis: number): void {
    const { clock, spacingMillis = 0 } = this.#options;
    const earliestMillis = this.#lastStartMillis + spacingMillis - clock.monotonicMillis();
    this.#timer?.cancel();
    this.#timer = clock.setTimer(Math.max(0, delayMillis, earliestMillis), () => {
      this.#running = this.#runOnce();
    });
  }

  async #runOnce(): Promise<void> {
    const { name, clock, logger, run, intervalMillis } = this.#options;
    this.#lastStartMillis = clock.monotonicMillis();
    let nextDelayMillis = intervalMillis;
    try {
      nextDelayMillis = (await run()) ?? intervalMillis;
    } catch (error) {
      logger.error({ err: error, task: name }, 'periodic task failed; it goes on');
    }
    this.#running = null;
    if (!this.#isStarted) return;
    this.#schedule(this.#isWoken ? 0 : nextDelayMillis);
    this.#isWoken = false;
  }
}

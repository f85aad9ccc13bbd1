import type { Clock, Timer } from '@centaurmq/remoting';

interface Sample {
  readonly timestamp: number;
  readonly putTimes: number;
  readonly getFound: number;
  readonly getMiss: number;
  readonly getTransferred: number;
}

type Counter = Exclude<keyof Sample, 'timestamp'>;

const SAMPLE_PERIOD_MILLIS = 1000;
const SAMPLES_MAX = 601;
const TPS_WINDOWS_SECONDS = [10, 60, 600] as const;
const DAY_MILLIS = 86_400_000;
const MINUTE_MILLIS = 60_000;

/** Messages and bytes of the log appended since the store was opened, whichever path took them; live. */
export interface PutTotals {
  readonly times: number;
  readonly bytes: number;
}

/** Totals since the start at the last two midnights (Java: BrokerStats). */
export interface DayTotals {
  readonly yesterdayMorning: number;
  readonly todayMorning: number;
  readonly todayNow: number;
}

/** What passed through the store, and how fast over 10 s, 1 min and 10 min (Java: StoreStatsService). */
export class StoreStatsService {
  readonly #clock: Clock;
  readonly #putTotals: PutTotals;
  readonly #samples: Sample[] = [];
  readonly bootTimestamp: number;
  #timer: Timer | null = null;
  #getFound = 0;
  #getMiss = 0;
  #getTransferred = 0;
  #day: number;
  #morning = { put: 0, got: 0 };
  #yesterdayMorning = { put: 0, got: 0 };

  constructor(parts: { readonly clock: Clock; readonly putTotals: PutTotals }) {
    this.#clock = parts.clock;
    this.#putTotals = parts.putTotals;
    this.bootTimestamp = parts.clock.now();
    this.#day = localDay(this.bootTimestamp);
  }

  start(): void {
    this.sample();
    this.#arm();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  /** A pull that found messages. */
  getFound(count: number): void {
    this.#getFound++;
    this.#getTransferred += count;
  }

  getMissed(): void {
    this.#getMiss++;
  }

  get putTotals(): PutTotals {
    return this.#putTotals;
  }

  get putDayTotals(): DayTotals {
    return {
      yesterdayMorning: this.#yesterdayMorning.put,
      todayMorning: this.#morning.put,
      todayNow: this.#putTotals.times,
    };
  }

  get getDayTotals(): DayTotals {
    return {
      yesterdayMorning: this.#yesterdayMorning.got,
      todayMorning: this.#morning.got,
      todayNow: this.#getTransferred,
    };
  }

  /** Per second over the last 10 s, 1 min and 10 min. */
  putTps(): number[] {
    return this.#tps('putTimes');
  }

  getFoundTps(): number[] {
    return this.#tps('getFound');
  }

  getMissTps(): number[] {
    return this.#tps('getMiss');
  }

  getTotalTps(): number[] {
    const miss = this.#tps('getMiss');
    return this.#tps('getFound').map((found, index) => found + (miss[index] ?? 0));
  }

  getTransferredTps(): number[] {
    return this.#tps('getTransferred');
  }

  /** One sample, as the timer takes it every second. */
  sample(): void {
    const now = this.#clock.now();
    this.#samples.push({
      timestamp: now,
      putTimes: this.#putTotals.times,
      getFound: this.#getFound,
      getMiss: this.#getMiss,
      getTransferred: this.#getTransferred,
    });
    if (this.#samples.length > SAMPLES_MAX) this.#samples.shift();
    const day = localDay(now);
    if (day === this.#day) return;
    this.#day = day;
    this.#yesterdayMorning = this.#morning;
    this.#morning = { put: this.#putTotals.times, got: this.#getTransferred };
  }

  #arm(): void {
    this.#timer = this.#clock.setTimer(SAMPLE_PERIOD_MILLIS, () => {
      this.sample();
      this.#arm();
    });
  }

  #tps(counter: Counter): number[] {
    const last = this.#samples.at(-1);
    return TPS_WINDOWS_SECONDS.map((seconds) => {
      // Java answers 0 until a window was full once; a shorter history tells more and misleads nobody.
      const first = this.#samples.at(-1 - seconds) ?? this.#samples[0];
      if (last === undefined || first === undefined || last.timestamp <= first.timestamp) return 0;
      return ((last[counter] - first[counter]) * 1000) / (last.timestamp - first.timestamp);
    });
  }
}

/** Which day it is where the broker runs. */
function localDay(millis: number): number {
  return Math.floor((millis - new Date(millis).getTimezoneOffset() * MINUTE_MILLIS) / DAY_MILLIS);
}

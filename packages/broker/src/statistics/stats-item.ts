interface CallSnapshot {
  readonly timestamp: number;
  readonly times: number;
  readonly value: number;
}

/** What happened in a window; `tps` per second, `avgpt` value per call (Java: StatsSnapshot). */
export interface StatsSnapshot {
  readonly sum: number;
  readonly tps: number;
  readonly avgpt: number;
}

const EMPTY: StatsSnapshot = { sum: 0, tps: 0, avgpt: 0 };

const WINDOWS = {
  minute: { periodMillis: 10_000, snapshotsMax: 7 },
  hour: { periodMillis: 600_000, snapshotsMax: 7 },
  day: { periodMillis: 3_600_000, snapshotsMax: 25 },
} as const;

export type StatsWindow = 'minute' | 'hour' | 'day';

/** One counter and its last minute, hour and day (Java: StatsItem). */
export class StatsItem {
  readonly #snapshots: Readonly<Record<StatsWindow, CallSnapshot[]>> = {
    minute: [],
    hour: [],
    day: [],
  };
  #value = 0;
  #times = 0;
  #idleSamples = 0;

  get value(): number {
    return this.#value;
  }

  /** How many samples in a row found nothing new. */
  get idleSamples(): number {
    return this.#idleSamples;
  }

  add(value: number, times: number): void {
    this.#value += value;
    this.#times += times;
    this.#idleSamples = 0;
  }

  /** Called every 10 s. */
  sample(now: number): void {
    this.#idleSamples++;
    this.#sampleWindow('minute', now);
    this.#sampleWindow('hour', now);
    this.#sampleWindow('day', now);
  }

  snapshot(window: StatsWindow): StatsSnapshot {
    const snapshots = this.#snapshots[window];
    const first = snapshots[0];
    const last = snapshots.at(-1);
    if (first === undefined || last === undefined || last.timestamp <= first.timestamp) return EMPTY;
    const sum = last.value - first.value;
    const times = last.times - first.times;
    return {
      sum,
      tps: (sum * 1000) / (last.timestamp - first.timestamp),
      avgpt: times > 0 ? sum / times : 0,
    };
  }

  #sampleWindow(window: StatsWindow, now: number): void {
    const { periodMillis, snapshotsMax } = WINDOWS[window];
    const snapshots = this.#snapshots[window];
    const last = snapshots.at(-1);
    if (last !== undefined && now - last.timestamp < periodMillis) return;
    // As Java does: what was counted before the first sample belongs to one period.
    if (last === undefined) snapshots.push({ timestamp: now - periodMillis, times: 0, value: 0 });
    snapshots.push({ timestamp: now, times: this.#times, value: this.#value });
    if (snapshots.length > snapshotsMax) snapshots.shift();
  }
}

/** Apache's intervals and their texts (Java: StoreStatsService): whole milliseconds, both ends of the first are 0. */
const INTERVALS = [
  { text: '[<=0ms]', belowMillis: 1 },
  { text: '[0~10ms]', belowMillis: 10 },
  { text: '[10~50ms]', belowMillis: 50 },
  { text: '[50~100ms]', belowMillis: 100 },
  { text: '[100~200ms]', belowMillis: 200 },
  { text: '[200~500ms]', belowMillis: 500 },
  { text: '[500ms~1s]', belowMillis: 1000 },
  { text: '[1~2s]', belowMillis: 2000 },
  { text: '[2~3s]', belowMillis: 3000 },
  { text: '[3~4s]', belowMillis: 4000 },
  { text: '[4~5s]', belowMillis: 5000 },
  { text: '[5~10s]', belowMillis: 10_000 },
  { text: '[10s~]', belowMillis: Infinity },
] as const;

/** How long calls of the engine took, since the start: counted by interval, and the longest. */
export class CallTimes {
  readonly #counts = new Float64Array(INTERVALS.length);
  #maxMillis = 0;

  /** One call that did `count` things. */
  record(millis: number, count: number): void {
    if (millis > this.#maxMillis) this.#maxMillis = millis;
    let index = 0;
    while (millis >= (INTERVALS[index]?.belowMillis ?? Infinity)) index++;
    this.#counts[index] = (this.#counts[index] ?? 0) + count;
  }

  get maxMillis(): number {
    return this.#maxMillis;
  }

  /** `[<=0ms]:12 [0~10ms]:3 …`, every interval. */
  distribution(): string {
    return INTERVALS.map(({ text }, index) => `${text}:${this.#counts[index] ?? 0} `).join('');
  }

  /** The time within which this share of all stayed, interpolated inside its interval; 0 before the first. */
  quantileMillis(share: number): number {
    const wanted = share * this.#counts.reduce((sum, count) => sum + count, 0);
    let below = 0;
    let fromMillis = 0;
    for (const [index, { belowMillis }] of INTERVALS.entries()) {
      const count = this.#counts[index] ?? 0;
      const toMillis = Math.min(belowMillis, Math.max(this.#maxMillis, fromMillis));
      if (count > 0 && below + count >= wanted)
        return fromMillis + ((toMillis - fromMillis) * (wanted - below)) / count;
      below += count;
      fromMillis = belowMillis;
    }
    return 0;
  }
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** RocketMQ's messageDelayLevel: `1s 5s 10s 30s 1m 2m … 10m 20m 30m 1h 2h`. */
export const delayLevelMillis: readonly number[] = [
  SECOND,
  5 * SECOND,
  10 * SECOND,
  30 * SECOND,
  ...Array.from({ length: 10 }, (_, index) => (index + 1) * MINUTE),
  20 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
];

export const delayLevelMax: number = delayLevelMillis.length;

/** Levels above the highest mean the highest. */
export function clampDelayLevel(level: number): number {
  return Math.min(level, delayLevelMax);
}

/** Milliseconds of a level between 1 and {@link delayLevelMax}. */
export function delayMillisOf(level: number): number {
  return delayLevelMillis[level - 1] ?? 0;
}

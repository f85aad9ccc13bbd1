/** @throws RangeError without values */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  const upper = sorted[middle];
  if (upper === undefined) throw new RangeError('a median of no values');
  const lower = sorted[middle - 1];
  return sorted.length % 2 === 1 || lower === undefined ? upper : (lower + upper) / 2;
}

export interface Summary {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
}

/** Null without values. */
export function summarise(values: readonly number[]): Summary | null {
  const known = values.filter((value) => !Number.isNaN(value));
  if (known.length === 0) return null;
  return { median: median(known), lowest: Math.min(...known), highest: Math.max(...known) };
}

/** Ratios of what was measured in the same round: a machine that becomes slower between rounds favours nobody. */
export function roundRatios(
  own: ReadonlyMap<number, number>,
  other: ReadonlyMap<number, number>,
): readonly number[] {
  return [...own].flatMap(([round, value]) => {
    const reference = other.get(round);
    return reference === undefined || reference === 0 ? [] : [value / reference];
  });
}

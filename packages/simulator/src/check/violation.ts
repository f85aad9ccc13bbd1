import type { RecordedRun } from '../history/history.ts';

/** A promise that a run broke. */
export interface Violation {
  /** Name of the check. */
  readonly check: string;
  readonly what: string;
  /** Virtual milliseconds; null: of the run as a whole. */
  readonly at: number | null;
}

/** Pure: a run in, what is wrong with it out. */
export type Check = (run: RecordedRun) => Violation[];

/** Of one kind so many are told; the others are counted. */
const TOLD_MAX = 5;

export function told(
  check: string,
  violations: readonly { readonly what: string; readonly at?: number }[],
): Violation[] {
  const shown = violations.slice(0, TOLD_MAX).map(({ what, at }) => ({ check, what, at: at ?? null }));
  const others = violations.length - shown.length;
  return others === 0 ? shown : [...shown, { check, what: `and ${others} more`, at: null }];
}

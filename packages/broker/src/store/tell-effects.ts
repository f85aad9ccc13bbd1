import type { IngestEffects } from './ingest-effects.ts';
import { ANSWERED_PULL_NUMBERS, type HotHead, IngestFlag, type IngestHead } from './native-status.ts';

/** Tells what the engine says in `head`, whose places are named by `at`; `pulls` as it was filled along with it. */
export function tellEffects(
  effects: IngestEffects,
  head: Float64Array,
  at: typeof IngestHead | typeof HotHead,
  pulls: Float64Array,
  tookMillis: number,
): void {
  const appendedRecords = head[at.APPENDED_RECORDS] ?? 0;
  if (appendedRecords > 0) effects.appended(appendedRecords, tookMillis);
  const pullCount = head[at.ANSWERED_PULL_COUNT] ?? 0;
  if (pullCount > 0) effects.pulled(pulls.subarray(0, ANSWERED_PULL_NUMBERS * pullCount), tookMillis);
  if ((head[at.ARRIVALS_PENDING] ?? 0) > 0) effects.arrivalsPending();
  if (((head[at.FLAGS] ?? 0) & IngestFlag.SPACE_WANTED) !== 0) effects.spaceWanted();
}

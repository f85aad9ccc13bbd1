import { plantedBugs } from '../bugs/planted-bugs.ts';
import type { AckLevelName } from '../plan/run-plan.ts';
import { type RunOptions, runSeed } from '../run/run-seed.ts';

/** One run, as it is handed to a worker thread. */
export interface SeedTask {
  readonly seed: number;
  readonly level: AckLevelName;
  /** Name of a planted bug, or null. */
  readonly bug: string | null;
}

/** What a worker thread says of a run. */
export interface SeedOutcome extends SeedTask {
  readonly violationCount: number;
  readonly virtualMillis: number;
  readonly acknowledgedCount: number;
  readonly deliveredCount: number;
  readonly traceDigest: string;
}

/** @throws RangeError for a bug that does not exist */
export function optionsOf({ seed, level, bug }: SeedTask): RunOptions {
  if (bug === null) return { seed, level };
  const planted = plantedBugs[bug];
  if (planted === undefined)
    throw new RangeError(`there is no planted bug ${bug}; there is: ${Object.keys(plantedBugs).join(', ')}`);
  return { seed, level, changeEngine: planted.plant };
}

export async function runTask(task: SeedTask): Promise<SeedOutcome> {
  const report = await runSeed(optionsOf(task));
  const { violations, virtualMillis, acknowledgedCount, deliveredCount, traceDigest } = report;
  return {
    ...task,
    violationCount: violations.length,
    virtualMillis,
    acknowledgedCount,
    deliveredCount,
    traceDigest,
  };
}

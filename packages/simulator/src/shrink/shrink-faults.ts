import { type RunOptions, type RunReport, runSeed } from '../run/run-seed.ts';

/** So many runs a shrinking may take. */
const RUNS_MAX = 100;

/** The smallest set of faults found, each named by its number in the seed's schedule, that still breaks the same promise. */
export interface ShrunkRun {
  readonly keepFaults: readonly number[];
  readonly report: RunReport;
  readonly runCount: number;
}

/** Leaves out faults of a failing run as long as one of the checks that failed still fails: first in large parts, then one by one. */
export async function shrinkFaults(options: RunOptions, failed: RunReport): Promise<ShrunkRun> {
  const failedChecks = new Set(failed.violations.map(({ check }) => check));
  let kept = options.keepFaults ?? failed.faults.map((_, index) => index);
  let report = failed;
  let runCount = 0;
  for (let partSize = Math.ceil(kept.length / 2); partSize >= 1;) {
    let wasLeftOut = false;
    for (let start = 0; start < kept.length && runCount < RUNS_MAX;) {
      const rest = [...kept.slice(0, start), ...kept.slice(start + partSize)];
      runCount += 1;
      const attempt = await runSeed({ ...options, keepFaults: rest });
      if (attempt.violations.some(({ check }) => failedChecks.has(check))) {
        kept = rest;
        report = attempt;
        wasLeftOut = true;
      } else start += partSize;
    }
    if (partSize === 1 && !wasLeftOut) break;
    partSize = partSize > 1 ? Math.ceil(partSize / 2) : kept.length > 0 && runCount < RUNS_MAX ? 1 : 0;
  }
  return { keepFaults: kept, report, runCount };
}

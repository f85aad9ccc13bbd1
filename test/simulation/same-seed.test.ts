// The same seed gives the same run, byte for byte; a failing one shrinks, and its shrunk form fails again.
import { type RunOptions, type RunReport, plantedBugs, runSeed, shrinkFaults } from '@centaurmq/simulator';
import { describe, expect, it } from 'vitest';

async function traceOf(seed: number, level: 'os' | 'fsync'): Promise<string> {
  const lines: string[] = [];
  await runSeed({ seed, level, traceLine: (line) => void lines.push(line) });
  return lines.join('\n');
}

const SEEDS_MAX = 50;

/** The first seed with several faults that shows the bug. */
async function firstFailing(
  changeEngine: NonNullable<RunOptions['changeEngine']>,
): Promise<{ options: RunOptions; failed: RunReport }> {
  for (let seed = 1; seed <= SEEDS_MAX; seed++) {
    const options = { seed, level: 'fsync', changeEngine } as const;
    const failed = await runSeed(options);
    if (failed.violations.length > 0 && failed.faults.length > 1) return { options, failed };
  }
  throw new Error(`none of ${SEEDS_MAX} seeds shows the bug`);
}

describe('a seed', () => {
  it.each([
    [7, 'os'],
    [86, 'fsync'],
    [1234, 'fsync'],
  ] as const)('%i at %s gives the same trace twice', async (seed, level) => {
    const trace = await traceOf(seed, level);
    expect(trace.length).toBeGreaterThan(10_000);
    expect(await traceOf(seed, level)).toBe(trace);
  });

  it('that fails is reduced to the faults that it takes', async () => {
    const bug = plantedBugs['dropLastRecordOnRecovery'];
    if (bug === undefined) throw new Error('the bug is gone');
    const { options, failed } = await firstFailing(bug.plant);
    expect(failed.faults.length).toBeGreaterThan(1);
    const shrunk = await shrinkFaults(options, failed);
    // One death is all it takes.
    expect(shrunk.keepFaults).toHaveLength(1);
    expect(shrunk.report.violations).not.toEqual([]);
    const again = await runSeed({ ...options, keepFaults: shrunk.keepFaults });
    expect(again.traceDigest).toBe(shrunk.report.traceDigest);
  });
});

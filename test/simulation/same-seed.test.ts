// The same seed gives the same run, byte for byte; a failing one shrinks, and its shrunk form fails again.
import { plantedBugs, runSeed, shrinkFaults } from '@centaurmq/simulator';
import { describe, expect, it } from 'vitest';

async function traceOf(seed: number, level: 'os' | 'fsync'): Promise<string> {
  const lines: string[] = [];
  await runSeed({ seed, level, traceLine: (line) => void lines.push(line) });
  return lines.join('\n');
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
    const options = { seed: 3, level: 'fsync', changeEngine: bug.plant } as const;
    const failed = await runSeed(options);
    expect(failed.violations).not.toEqual([]);
    const shrunk = await shrinkFaults(options, failed);
    // One death is all it takes.
    expect(shrunk.keepFaults).toHaveLength(1);
    expect(shrunk.report.violations).not.toEqual([]);
    const again = await runSeed({ ...options, keepFaults: shrunk.keepFaults });
    expect(again.traceDigest).toBe(shrunk.report.traceDigest);
  });
});

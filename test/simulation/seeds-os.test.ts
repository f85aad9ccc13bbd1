// Whole clusters that lose processes, connections and disk space, at level os: what was acknowledged outlives the process.
import { describe, expect, it } from 'vitest';
import { runSeeds } from './run-seeds.ts';

describe('clusters at level os', () => {
  it('keep every promise', async () => {
    expect(await runSeeds('os')).toEqual([]);
  });
});

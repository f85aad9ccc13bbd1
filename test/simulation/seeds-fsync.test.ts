// Whole clusters that lose their power too, at level fsync: what was acknowledged outlives it.
import { describe, expect, it } from 'vitest';
import { runSeeds } from './run-seeds.ts';

describe('clusters at level fsync', () => {
  it('keep every promise', async () => {
    expect(await runSeeds('fsync')).toEqual([]);
  });
});

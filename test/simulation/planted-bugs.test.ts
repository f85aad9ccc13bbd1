// A check that finds no bug is broken: each bug that is planted has to be found within so many seeds.
import { findPlantedBugs, plantedBugs } from '@centaurmq/simulator';
import { describe, expect, it } from 'vitest';

const SEEDS_MAX = 100;

describe('planted bugs', () => {
  it.each(Object.keys(plantedBugs))('%s is found', async (bug) => {
    const hunts = await findPlantedBugs({ bugs: [bug], hunts: 1, seedsMax: SEEDS_MAX });
    const missed = hunts.filter(({ seedsTaken }) => seedsTaken.includes(null));
    expect(hunts.length).toBeGreaterThan(0);
    expect(missed).toEqual([]);
  });
});

import type { AckLevelName } from '../plan/run-plan.ts';
import { runSeed } from '../run/run-seed.ts';
import { plantedBugs } from './planted-bugs.ts';

export interface BugHunt {
  readonly bug: string;
  readonly what: string;
  readonly level: AckLevelName;
  /** How many seeds each hunt took, from its own first seed on; null: not found. */
  readonly seedsTaken: readonly (number | null)[];
  /** Checks that found it. */
  readonly foundBy: readonly string[];
}

export interface BugHuntOptions {
  /** Names; all when not given. */
  readonly bugs?: readonly string[];
  /** How often each bug is looked for, each time from other seeds on. */
  readonly hunts: number;
  /** So many seeds without a violation, and a bug counts as not found. */
  readonly seedsMax: number;
  readonly onHunt?: (hunt: BugHunt) => void;
}

/** Plants each bug and counts how many seeds it takes to see it. */
export async function findPlantedBugs({ bugs, hunts, seedsMax, onHunt }: BugHuntOptions): Promise<BugHunt[]> {
  const found: BugHunt[] = [];
  for (const [bug, { what, levels, plant }] of Object.entries(plantedBugs)) {
    if (bugs !== undefined && !bugs.includes(bug)) continue;
    for (const level of levels) {
      const foundBy = new Set<string>();
      const seedsTaken: (number | null)[] = [];
      for (let hunt = 0; hunt < hunts; hunt++) {
        const firstSeed = 1 + hunt * seedsMax;
        seedsTaken.push(await seedsUntilFound(firstSeed, seedsMax, level, plant, foundBy));
      }
      const result = { bug, what, level, seedsTaken, foundBy: [...foundBy].toSorted() };
      found.push(result);
      onHunt?.(result);
    }
  }
  return found;
}

async function seedsUntilFound(
  firstSeed: number,
  seedsMax: number,
  level: AckLevelName,
  changeEngine: (typeof plantedBugs)[string]['plant'],
  foundBy: Set<string>,
): Promise<number | null> {
  for (let count = 1; count <= seedsMax; count++) {
    const { violations } = await runSeed({ seed: firstSeed + count - 1, level, changeEngine });
    for (const { check } of violations) foundBy.add(check);
    if (violations.length > 0) return count;
  }
  return null;
}

/** Of the hunts that found it; null when none did. */
export function medianSeeds({ seedsTaken }: BugHunt): number | null {
  const sorted = seedsTaken.map((count) => count ?? Infinity).toSorted((one, other) => one - other);
  const median = sorted[sorted.length >> 1] ?? Infinity;
  return Number.isFinite(median) ? median : null;
}

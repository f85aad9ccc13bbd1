import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
// The broker's pool of threads, too.
import { Piscina } from 'piscina';
import type { AckLevelName } from '../plan/run-plan.ts';
import type { SeedOutcome, SeedTask } from './seed-task.ts';

export interface CampaignOptions {
  readonly firstSeed: number;
  readonly seedCount: number;
  readonly levels: readonly AckLevelName[];
  /** Threads; as many as there are processors when not given. */
  readonly threads?: number;
  /** Called after each run. */
  readonly onOutcome: (outcome: SeedOutcome) => void;
  /** Asked before each run. */
  readonly isOver?: () => boolean;
}

/** Runs seeds on all processors, at each of the levels. */
export async function runCampaign(options: CampaignOptions): Promise<void> {
  const { levels, onOutcome, isOver = () => false } = options;
  const threads = options.threads ?? availableParallelism();
  const pool = new Piscina<SeedTask, SeedOutcome>({
    filename: fileURLToPath(new URL('seed-worker.js', import.meta.url)),
    minThreads: threads,
    maxThreads: threads,
    concurrentTasksPerWorker: 1,
  });
  const tasks = tasksOf(options, levels);
  const work = async (): Promise<void> => {
    for (const task of tasks) {
      if (isOver()) return;
      onOutcome(await pool.run(task));
    }
  };
  try {
    await Promise.all(Array.from({ length: threads }, work));
  } finally {
    await pool.destroy();
  }
}

function* tasksOf(
  { firstSeed, seedCount }: CampaignOptions,
  levels: readonly AckLevelName[],
): Generator<SeedTask> {
  for (let seed = firstSeed; seed < firstSeed + seedCount; seed++)
    for (const level of levels) yield { seed, level, bug: null };
}

import { describeProfiles, profileFolder } from './cpu-profiles.ts';
import type { Run, Session, Workload, WorkloadOptions, WorkloadResult } from '../workload.ts';

export interface RoundsOptions extends WorkloadOptions {
  readonly rounds: number;
  /** Hears before each run what comes, and how many runs are done of how many. */
  readonly progress: (done: number, all: number, what: string) => void;
}

/** Measures every row on each of its subjects in each round. */
export async function measureInRounds(workload: Workload, options: RoundsOptions): Promise<WorkloadResult> {
  const notices: string[] = [];
  const began = Date.now();
  const given = { ...options, notice: (text: string) => void notices.push(text) };
  await using session = await workload.open(given);
  const rows = workload.rows(given);
  notices.push(...new Set(rows.flatMap(({ absent = {} }) => Object.values(absent))));
  const perRound = rows.reduce((sum, row) => sum + row.subjects.length, 0);
  const all = perRound * options.rounds;
  const runs: Run[] = [];
  for (let round = 1; round <= options.rounds; round++) {
    for (const row of rows) {
      // The order turns around each round, so that a drift of the machine favours nobody.
      const subjects = round % 2 === 1 ? row.subjects : row.subjects.toReversed();
      for (const subject of subjects) {
        options.progress(runs.length, all, `${workload.name} · ${row.name} · ${subject}`);
        const figures = await measureOnce(session, row, subject, round);
        runs.push({ round, row: row.name, subject, figures });
      }
    }
  }
  if (options.cpuProfile) notices.push(...describeProfiles(profileFolder, began));
  const { name, title, description, compared, higherIsBetter, details, ours } = workload;
  return {
    workload: { name, title, description, compared, higherIsBetter, details, ours },
    rows,
    runs,
    notices,
  };
}

async function measureOnce(
  session: Session,
  row: Parameters<Session['measure']>[0],
  subject: string,
  round: number,
): Promise<Run['figures']> {
  try {
    return await session.measure(row, subject, round);
  } catch (error) {
    throw new Error(`${row.name}, ${subject}, round ${round}: ${String(error)}`, { cause: error });
  }
}

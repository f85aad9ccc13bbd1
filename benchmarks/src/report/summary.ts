import { type Summary, roundRatios, summarise } from '../measure/statistics.ts';
import type { Run, WorkloadResult } from '../workload.ts';

/** What a table shows of one subject in one row. */
export interface SubjectSummary {
  readonly row: string;
  readonly subject: string;
  readonly compared: Summary | null;
  /** Medians of the other figures. */
  readonly details: readonly number[];
  /** Only of our own subjects: against each other subject of the row. */
  readonly ratios: readonly { readonly other: string; readonly ratio: Summary | null }[];
}

export function summaries({ workload, rows, runs }: WorkloadResult): readonly SubjectSummary[] {
  return rows.flatMap((row) =>
    row.subjects.map((subject) => {
      const own = runs.filter((run) => run.row === row.name && run.subject === subject);
      const figure = (run: Run, name: string): number => run.figures[name] ?? Number.NaN;
      const others = workload.ours.includes(subject) ? row.subjects.filter((other) => other !== subject) : [];
      const byRound = (of: string): ReadonlyMap<number, number> =>
        new Map(
          runs
            .filter((run) => run.row === row.name && run.subject === of)
            .map((run) => [run.round, figure(run, workload.compared.figure)]),
        );
      return {
        row: row.name,
        subject,
        compared: summarise(own.map((run) => figure(run, workload.compared.figure))),
        details: workload.details.map(
          ({ figure: name }) => summarise(own.map((run) => figure(run, name)))?.median ?? Number.NaN,
        ),
        ratios: others.map((other) => ({
          other,
          ratio: summarise(roundRatios(byRound(subject), byRound(other))),
        })),
      };
    }),
  );
}

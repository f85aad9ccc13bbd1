import Table from 'cli-table3';
import type { Summary } from '../measure/statistics.ts';
import type { Format, Row, WorkloadResult } from '../workload.ts';
import { formatted } from './format.ts';
import { type SubjectSummary, summaries } from './summary.ts';

const NOT_HERE = 'not on this machine';

/** For a terminal. */
export function textTable(result: WorkloadResult): string {
  const { head, lines } = tableCells(result);
  const table = new Table({
    head: [...head],
    colAligns: head.map((_, index) => (index < 2 ? 'left' : 'right')),
    style: { head: [], border: [] },
  });
  for (const line of lines) table.push([...line]);
  return [result.workload.title, result.workload.description, ...result.notices, table.toString()].join('\n');
}

/** For `docs/performance.md`. */
export function markdownTable(result: WorkloadResult): string {
  const { head, lines } = tableCells(result);
  const row = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('\n', '<br>')).join(' | ')} |`;
  const { title, description } = result.workload;
  return [
    `## ${title}`,
    '',
    [description, ...result.notices.map((notice) => `Note: ${notice}.`)].join(' '),
    '',
    row(head),
    `|${head.map((_, index) => (index < 2 ? '---' : '---:')).join('|')}|`,
    ...lines.map(row),
    '',
  ].join('\n');
}

function tableCells(result: WorkloadResult): {
  readonly head: readonly string[];
  readonly lines: readonly (readonly string[])[];
} {
  const { compared, details } = result.workload;
  const all = summaries(result);
  return {
    head: [
      'workload',
      'server',
      `${compared.title}, median`,
      'lowest – highest',
      'ratio (spread)',
      ...details.map(({ title }) => title),
    ],
    lines: result.rows.flatMap((row) => rowLines(result.workload, row, all)),
  };
}

function rowLines(
  { compared, details }: WorkloadResult['workload'],
  row: Row,
  all: readonly SubjectSummary[],
): readonly (readonly string[])[] {
  const own = all.filter((summary) => summary.row === row.name);
  const title = (index: number): string => (index === 0 ? row.name : '');
  const measured = own.map((summary, index) =>
    [
      title(index),
      summary.subject,
      median(summary.compared, compared.format),
      spread(summary.compared, compared.format),
      ratios(summary),
    ].concat(details.map(({ format }, place) => formatted(summary.details[place] ?? Number.NaN, format))),
  );
  const absent = Object.keys(row.absent ?? {}).map((subject, index) =>
    [title(own.length + index), subject, NOT_HERE, '', ''].concat(details.map(() => '')),
  );
  return [...measured, ...absent];
}

function median(summary: Summary | null, format: Format): string {
  return summary === null ? '–' : formatted(summary.median, format);
}

function spread(summary: Summary | null, format: Format): string {
  return summary === null
    ? '–'
    : `${formatted(summary.lowest, format)} – ${formatted(summary.highest, format)}`;
}

function ratios({ ratios: all }: SubjectSummary): string {
  return all
    .map(({ other, ratio }) =>
      ratio === null
        ? `– of ${other}`
        : `${formatted(ratio.median, 'ratio')} of ${other} (${spread(ratio, 'ratio')})`,
    )
    .join('\n');
}

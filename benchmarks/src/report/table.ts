import Table from 'cli-table3';
import type { Summary } from '../measure/statistics.ts';
import type { Format, WorkloadResult } from '../workload.ts';
import { formatted } from './format.ts';
import { type SubjectSummary, summaries } from './summary.ts';

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
  return {
    head: [
      'workload',
      'server',
      `${compared.title}, median`,
      'lowest – highest',
      'ratio (spread)',
      ...details.map(({ title }) => title),
    ],
    lines: summaries(result).map((summary, index, all) =>
      [
        all[index - 1]?.row === summary.row ? '' : summary.row,
        summary.subject,
        median(summary.compared, compared.format),
        spread(summary.compared, compared.format),
        ratios(summary),
      ].concat(details.map(({ format }, place) => formatted(summary.details[place] ?? Number.NaN, format))),
    ),
  };
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

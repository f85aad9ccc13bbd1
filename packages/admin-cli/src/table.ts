import Table from 'cli-table3';

export type Cell = string | number;

const NO_LINES = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
} as const;

/** Columns as wide as they need to be, under heads that begin with `#` as mqadmin's do; ends with a line break. */
export function formatTable(heads: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const table = new Table({
    head: heads.map((head) => `#${head}`),
    chars: NO_LINES,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  for (const row of rows) table.push([...row]);
  const lines = table.toString().split('\n');
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

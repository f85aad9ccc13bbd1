import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { WorkloadResult } from '../workload.ts';
import { markdownTable } from './table.ts';
import { summaries } from './summary.ts';

export interface ReportHead {
  readonly machine: string;
  readonly settings: string;
  readonly date: string;
}

/** One page with a chart and a table for each workload; it needs no network. */
export function htmlReport(head: ReportHead, results: readonly WorkloadResult[]): string {
  const plotly = readFileSync(createRequire(import.meta.url).resolve('plotly.js-basic-dist-min'), 'utf8');
  const sections = results.map((result, index) => section(result, `chart-${index}`));
  const charts = results.map((result, index) => [`chart-${index}`, chart(result)] as const);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>CentaurMQ benchmarks</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; max-width: 1100px; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; font-size: 13px; }
th, td { border: 1px solid #ccc; padding: 2px 8px; text-align: right; vertical-align: top; }
th:nth-child(-n+2), td:nth-child(-n+2) { text-align: left; }
.chart { height: 420px; }
</style>
<h1>CentaurMQ benchmarks</h1>
<p>${escapeHtml(head.date)} · ${escapeHtml(head.machine)}<br>${escapeHtml(head.settings)}</p>
<p>Bars are medians, whiskers the lowest and the highest run. Ratios are taken inside a round and then summarised.</p>
${sections.join('\n')}
<script>${plotly}</script>
<script>
for (const [id, { data, layout }] of ${JSON.stringify(charts).replaceAll('<', '\\u003c')})
  Plotly.newPlot(id, data, layout, { displaylogo: false, responsive: true });
</script>
</html>
`;
}

function section(result: WorkloadResult, id: string): string {
  const { title, description } = result.workload;
  const [head = '', , ...lines] = markdownTable(result)
    .split('\n')
    .filter((line) => line.startsWith('|'));
  const notices = result.notices.map((notice) => `<p>${escapeHtml(notice)}</p>`).join('');
  return `<h2>${escapeHtml(title)}</h2>
<p>${escapeHtml(description)}</p>${notices}
<div class="chart" id="${id}"></div>
<table><tr>${cells(head, 'th')}</tr>${lines.map((line) => `<tr>${cells(line, 'td')}</tr>`).join('')}</table>`;
}

function cells(line: string, tag: 'th' | 'td'): string {
  return line
    .slice(2, -2)
    .split(' | ')
    .map((cell) => `<${tag}>${escapeHtml(cell).replaceAll('&lt;br&gt;', '<br>')}</${tag}>`)
    .join('');
}

function chart(result: WorkloadResult): { readonly data: unknown; readonly layout: unknown } {
  const { compared } = result.workload;
  const all = summaries(result);
  const subjects = [...new Set(all.map(({ subject }) => subject))];
  const data = subjects.map((subject) => {
    const own = all.filter((each) => each.subject === subject && each.compared !== null);
    const medians = own.map((each) => each.compared?.median ?? 0);
    return {
      type: 'bar',
      name: subject,
      x: own.map(({ row }) => row),
      y: medians,
      error_y: {
        type: 'data',
        symmetric: false,
        array: own.map((each, index) => (each.compared?.highest ?? 0) - (medians[index] ?? 0)),
        arrayminus: own.map((each, index) => (medians[index] ?? 0) - (each.compared?.lowest ?? 0)),
      },
    };
  });
  const layout = {
    barmode: 'group',
    margin: { t: 20 },
    yaxis: { title: { text: compared.title }, rangemode: 'tozero' },
    xaxis: { automargin: true },
    legend: { orientation: 'h', y: 1.1 },
  };
  return { data, layout };
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

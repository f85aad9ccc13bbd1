// `pnpm bench`: measures workload after workload and keeps what was measured.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describeMachine, root } from './measure/machine.ts';
import { pinning } from './measure/pinning.ts';
import { measureInRounds } from './measure/rounds.ts';
import { OptionError, readOptions } from './options.ts';
import { progressOn } from './progress.ts';
import { htmlReport } from './report/html.ts';
import { markdownTable, textTable } from './report/table.ts';
import type { WorkloadResult } from './workload.ts';
import { workloads } from './workloads/index.ts';

const resultsFolder = join(root, 'benchmarks/results');

async function main(args: readonly string[]): Promise<void> {
  const options = readOptions(
    args,
    workloads.map(({ name }) => name),
  );
  const machine = describeMachine();
  const settings = `${options.rounds} rounds of ${options.seconds} s, seed ${options.seed}, ${pinning}`;
  process.stdout.write(`${machine}\n${settings}\n`);
  const progress = progressOn(process.stderr);
  const results: WorkloadResult[] = [];
  for (const workload of workloads) {
    if (options.only.length > 0 && !options.only.includes(workload.name)) continue;
    const result = await measureInRounds(workload, {
      ...options,
      notice: () => undefined,
      progress: (done, all, what) => progress.update(done, all, what),
    });
    progress.clear();
    results.push(result);
    process.stdout.write(`\n${textTable(result)}\n`);
    keep({ machine, settings, date: new Date().toISOString() }, results);
  }
}

let startedAt: string | null = null;

/** After each workload: what is measured is not lost when a later one fails. */
function keep(
  head: { readonly machine: string; readonly settings: string; readonly date: string },
  results: readonly WorkloadResult[],
): void {
  mkdirSync(resultsFolder, { recursive: true });
  startedAt ??= head.date.replaceAll(/[:.]/gu, '');
  const files = {
    json: `${JSON.stringify({ ...head, results }, null, 1)}\n`,
    html: htmlReport(head, results),
    md: `${head.date} · ${head.machine} · ${head.settings}\n\n${results.map(markdownTable).join('\n')}`,
  };
  for (const [extension, content] of Object.entries(files)) {
    const file = join(resultsFolder, `${startedAt}.${extension}`);
    writeFileSync(file, content);
    process.stdout.write(`kept in ${relative(root, file)}\n`);
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof OptionError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

import { describeFault } from '../plan/fault.ts';
import { type RunOptions, type RunReport, runSeed } from '../run/run-seed.ts';

const EVENTS_BEFORE = 25;

/** A failed run in words: what it broke, what went wrong before, what happened last, and how to see it again. */
export async function explainRun(
  options: RunOptions,
  report: RunReport,
  bug: string | null,
): Promise<string> {
  const { seed, level, violations, faults } = report;
  return [
    `seed ${seed} at ${level}: ${violations.length} violations`,
    ...violations.map(
      ({ check, what, at }) => `  ${check}${at === null ? '' : ` at ${at.toFixed(0)} ms`}: ${what}`,
    ),
    faults.length === 0 ? 'nothing went wrong on purpose' : 'what went wrong on purpose:',
    ...faults.map((fault) => `  ${describeFault(fault)}`),
    'what happened before the first violation:',
    ...(await eventsBefore(options, report)).map((line) => `  ${line}`),
    `again: ${replayCommand(options, bug)}`,
  ].join('\n');
}

/** What a person types to see the run again. */
export function replayCommand({ seed, level, keepFaults }: RunOptions, bug: string | null): string {
  const faults =
    keepFaults === undefined ? '' : ` --faults ${keepFaults.length === 0 ? 'none' : keepFaults.join(',')}`;
  return `pnpm simulate --seed ${seed} --level ${level}${faults}${bug === null ? '' : ` --bug ${bug}`} --trace`;
}

/** Runs it once more, up to the moment of the first violation that has one. */
async function eventsBefore(options: RunOptions, report: RunReport): Promise<readonly string[]> {
  const moments = report.violations.flatMap(({ at }) => (at === null ? [] : [at]));
  if (moments.length === 0) return report.lastEvents.slice(-EVENTS_BEFORE);
  const first = Math.min(...moments);
  const lines: string[] = [];
  await runSeed({
    ...options,
    traceLine(line) {
      if (Number.parseFloat(line) > first) return;
      lines.push(line);
      if (lines.length > EVENTS_BEFORE) lines.shift();
    },
  });
  return lines;
}

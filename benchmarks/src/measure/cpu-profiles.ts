import { mkdirSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './machine.ts';

/** Where `--cpu-profile` has our broker put its profiles. */
export const profileFolder: string = join(root, 'benchmarks/results/cpu-profiles');

const FUNCTIONS_SHOWN = 12;

/** What V8 writes, as far as it is read here. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
}

/** One line for each profile written since then: the functions that took most of the time by themselves. */
export function describeProfiles(folder: string, sinceMillis: number): readonly string[] {
  mkdirSync(folder, { recursive: true });
  return readdirSync(folder)
    .filter((name) => statSync(join(folder, name)).mtimeMs >= sinceMillis)
    .map((name) => {
      const profile = JSON.parse(readFileSync(join(folder, name), 'utf8')) as CpuProfile;
      return `${name}: ${topFunctions(profile).join(', ')}`;
    });
}

/** Function, file, line and share of the samples, the largest first; idle time left out. */
export function topFunctions({ nodes, samples }: CpuProfile): readonly string[] {
  const byId = new Map(nodes.map((node) => [node.id, node.callFrame]));
  const counts = new Map<string, number>();
  let busy = 0;
  for (const id of samples) {
    const frame = byId.get(id);
    if (frame === undefined || frame.functionName === '(idle)') continue;
    busy += 1;
    const file = frame.url.split('/').at(-1) ?? '';
    const place = file === '' ? '' : ` (${file}:${frame.lineNumber + 1})`;
    const name = `${frame.functionName || 'anonymous'}${place}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts]
    .toSorted(([, one], [, other]) => other - one)
    .slice(0, FUNCTIONS_SHOWN)
    .map(([name, count]) => `${name} ${((count / busy) * 100).toFixed(0)} %`);
}

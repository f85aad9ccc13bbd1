import { spawnSync } from 'node:child_process';

/** Null, or why the server program cannot be started here and how to get it. */
export function whyNot(wanted: {
  readonly program: string;
  readonly option: string;
  /** Where it comes from. */
  readonly install: string;
}): string | null {
  const { program, option, install } = wanted;
  if (spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0) return null;
  return `${program} is not on this machine: install it (${install}), or give its path with ${option}`;
}

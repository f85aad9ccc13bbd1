import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

export const SERVER_CORE = 0;
export const LOAD_CORE = 1;

const canPin =
  process.platform === 'linux' &&
  availableParallelism() > 1 &&
  spawnSync('taskset', ['--version']).status === 0;

/** Put in front of a command so that it runs on one core; nothing where that is not possible. */
export function pinnedTo(core: number): readonly string[] {
  return canPin ? ['taskset', '-c', String(core)] : [];
}

export const pinning: string = canPin
  ? `servers on core ${SERVER_CORE}, load on core ${LOAD_CORE}`
  : 'not pinned to cores';

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { LOAD_CORE, pinnedTo } from '../measure/pinning.ts';
import type { ClientLoad, ClientReport } from './client-load.ts';

export type ClientProgram = 'centaurmq-client' | 'nats-client' | 'redis-client';

export const CLIENT_TIMEOUT_MILLIS = 120_000;

/** Runs one of the programs beside this file on the load's core. */
export async function runClient(program: ClientProgram, load: ClientLoad): Promise<ClientReport> {
  const file = fileURLToPath(new URL(`${program}.js`, import.meta.url));
  const [command, ...args] = [...pinnedTo(LOAD_CORE), process.execPath, file, JSON.stringify(load)];
  const { stdout } = await promisify(execFile)(command, args, { timeout: CLIENT_TIMEOUT_MILLIS });
  const report = JSON.parse(stdout) as ClientReport;
  if (report.failed > 0) throw new Error(`${report.failed} sends failed`);
  return report;
}

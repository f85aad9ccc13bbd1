import { readFileSync } from 'node:fs';

const TICK_MILLIS = 10;

/** Processor time that a process has used; NaN where the system does not tell in a file. */
export function cpuMillisOf(processId: number): number {
  const [, after = ''] = readProc(processId, 'stat').split(/\) (.*)/su);
  const fields = after.split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MILLIS;
}

/** Resident memory without pages of files, which the system may take back at any time; NaN where it does not tell. */
export function anonymousBytesOf(processId: number): number {
  return kibibytes(processId, 'RssAnon');
}

/** All resident memory, mapped files included. */
export function residentBytesOf(processId: number): number {
  return kibibytes(processId, 'VmRSS');
}

function kibibytes(processId: number, field: string): number {
  const found = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'mu').exec(readProc(processId, 'status'))?.[1];
  return found === undefined ? Number.NaN : Number(found) * 1024;
}

function readProc(processId: number, file: string): string {
  try {
    return readFileSync(`/proc/${processId}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

/** Processor time that the processes used while `work` ran, and the share of one core that it is. */
export async function cpuShareDuring<T>(
  processIds: readonly number[],
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly cpuShare: number; readonly cpuSeconds: number }> {
  const used = (): number => processIds.reduce((sum, id) => sum + cpuMillisOf(id), 0);
  const [began, usedBefore] = [performance.now(), used()];
  const result = await work();
  const cpuMillis = used() - usedBefore;
  return { result, cpuShare: cpuMillis / (performance.now() - began), cpuSeconds: cpuMillis / 1000 };
}

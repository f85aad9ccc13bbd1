import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { nativeProgram } from './machine.ts';
import { LOAD_CORE, pinnedTo } from './pinning.ts';

/** What the load generator prints; a command fills in what it measures. */
export interface LoadReport {
  readonly sendsPerSecond?: number;
  readonly messagesPerSecond?: number;
  readonly recordBytesPerSecond?: number;
  readonly messages: number;
  /** The measured time. */
  readonly seconds: number;
  readonly refused?: number;
  readonly generatorCpuShare: number;
  readonly latencyMicros?: {
    readonly p50: number;
    readonly p99: number;
    readonly p99_9: number;
    readonly p99_99: number;
    readonly max: number;
  };
}

type Flags = Readonly<Record<string, string | number | boolean>>;

/** Runs one command of the load generator to its end. */
export async function generateLoad(
  command: 'create-topics' | 'send' | 'consume' | 'deliver',
  flags: Flags,
): Promise<LoadReport> {
  const [program = '', ...args] = loadCommand(command, flags);
  const { stdout } = await promisify(execFile)(program, args, { maxBuffer: 16 << 20 });
  return JSON.parse(stdout) as LoadReport;
}

/** The same as a command line, for a load that runs beside another. */
export function loadCommand(command: string, flags: Flags): readonly string[] {
  const given = Object.entries(flags).flatMap(([name, value]) => {
    if (value === false) return [];
    return value === true ? [`--${name}`] : [`--${name}`, String(value)];
  });
  return [...pinnedTo(LOAD_CORE), nativeProgram('load-generator'), command, '--json', ...given];
}

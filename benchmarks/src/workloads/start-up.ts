import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateLoad } from '../measure/load-generator.ts';
import { type RunningCentaurmq, createTopics, startCentaurmq } from '../peers/centaurmq.ts';
import type { Column, Figures, Workload, WorkloadOptions } from '../workload.ts';
import { OURS } from './subjects.ts';

const TOPIC = 'StartUp';
const BODY_BYTES = 4096;
const GIGABYTE = 1e9;

interface Given {
  readonly logBytes: number;
  readonly end: 'SIGTERM' | 'SIGKILL';
  /** The log alone is left: everything else is rebuilt from it. */
  readonly logOnly?: boolean;
}

const rows = new Map<string, Given>([
  ['an empty store', { logBytes: 0, end: 'SIGTERM' }],
  ['1 GB of log, stopped', { logBytes: GIGABYTE, end: 'SIGTERM' }],
  ['1 GB of log, killed', { logBytes: GIGABYTE, end: 'SIGKILL' }],
  ['1 GB of log, everything else lost', { logBytes: GIGABYTE, end: 'SIGKILL', logOnly: true }],
  ['10 GB of log, stopped', { logBytes: 10 * GIGABYTE, end: 'SIGTERM' }],
  ['10 GB of log, killed', { logBytes: 10 * GIGABYTE, end: 'SIGKILL' }],
]);
const QUICK_LOG_BYTES_MAX = GIGABYTE;

const startMillis: Column = { figure: 'startMillis', title: 'start, ms', format: 'millis' };

export const startUp: Workload = {
  name: 'start-up',
  title: 'Start and recovery',
  description:
    'From the start of the process until the broker takes connections, name server included. The log holds messages of 4 KiB.',
  compared: startMillis,
  higherIsBetter: false,
  details: [
    { figure: 'recoveryMillis', title: 'recovery, ms', format: 'millis' },
    { figure: 'scannedBytes', title: 'scanned, MB', format: 'megabytes' },
    { figure: 'scannedPerSecond', title: 'scanned, MB/s', format: 'megabytes' },
  ],
  ours: [],
  rows: ({ quick }) =>
    [...rows]
      .filter(([, { logBytes }]) => !quick || logBytes <= QUICK_LOG_BYTES_MAX)
      .map(([name]) => ({ name, subjects: [OURS] })),
  open: async (options: WorkloadOptions) => {
    const stores = new Map<number, string>();
    return {
      measure: async (row) => {
        const given = rows.get(row.name);
        if (given === undefined) throw new Error(`there is no start '${row.name}'`);
        const storeFolder = stores.get(given.logBytes) ?? (await filledStore(given.logBytes, options.seed));
        stores.set(given.logBytes, storeFolder);
        return measure(storeFolder, given, options.seed);
      },
      [Symbol.asyncDispose]: async () => {
        for (const folder of stores.values()) rmSync(folder, { recursive: true, force: true });
      },
    };
  },
};

async function filledStore(logBytes: number, seed: number): Promise<string> {
  const storeFolder = mkdtempSync(join(tmpdir(), 'centaurmq-bench-start-'));
  const broker = await startCentaurmq({ storeFolder });
  await createTopics(broker.address, { ack: 'os', topic: TOPIC, topics: 1, queues: 8 });
  let left = logBytes;
  while (left > 0) left -= (await sendFor(broker, 1, seed)) * BODY_BYTES;
  await broker.server.end('SIGTERM');
  return storeFolder;
}

/** @returns messages sent */
async function sendFor({ address }: RunningCentaurmq, seconds: number, seed: number): Promise<number> {
  const flags = { address, topic: TOPIC, queues: 8, connections: 4, window: 16, 'body-bytes': BODY_BYTES };
  const { sendsPerSecond = 0 } = await generateLoad('send', {
    ...flags,
    seed,
    seconds,
    'warm-up-seconds': 0,
  });
  return sendsPerSecond * seconds;
}

/** Ends a running broker as the row says, and starts it again. */
async function measure(
  storeFolder: string,
  { logBytes, end, logOnly }: Given,
  seed: number,
): Promise<Figures> {
  const before = await startCentaurmq({ storeFolder });
  await before.server.printed('Ctrl-C');
  // So that a killed broker has something behind its checkpoint.
  if (logBytes > 0 && end === 'SIGKILL') await sendFor(before, 0.2, seed);
  await before.server.end(end);
  if (logOnly === true)
    for (const derived of ['consumequeue', 'index', 'checkpoint'])
      rmSync(join(storeFolder, derived), { recursive: true, force: true });
  const after = await startCentaurmq({ storeFolder });
  await after.server.printed('Ctrl-C');
  const recovery = recoveryOf(after.server.output);
  await after.server.end('SIGTERM');
  return { startMillis: after.startMillis, ...recovery };
}

/** As the start command prints it: "… records (… bytes) checked in … ms". */
function recoveryOf(output: string): Figures {
  const found = /\((\d+) bytes\) checked in (\d+) ms/u.exec(output);
  const [scannedBytes, recoveryMillis] = [Number(found?.[1]), Number(found?.[2])];
  // What takes less than a few milliseconds has no rate worth printing.
  const scannedPerSecond = recoveryMillis < 5 ? Number.NaN : (scannedBytes / recoveryMillis) * 1000;
  return { scannedBytes, recoveryMillis, scannedPerSecond };
}

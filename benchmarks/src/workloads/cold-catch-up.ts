import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadCommand } from '../measure/load-generator.ts';
import { createTopics, startCentaurmq } from '../peers/centaurmq.ts';
import type { Figures, Workload, WorkloadOptions } from '../workload.ts';
import { fill } from './consume-load.ts';
import { cpuColumns, latencyColumns, measureSends, sendsPerSecond } from './send-load.ts';
import { OURS, nextTopic } from './subjects.ts';

const BODY_BYTES = 4096;
const BESIDE = `${OURS}, beside a cold reader`;
const ALONE = `${OURS}, sends alone`;
/** Well below what the broker can do alone: what is measured is whether somebody waits, not who gets the processor. */
const RATE = 50_000;
const sends = { bodyBytes: 1024, connections: 4, window: 256, rate: RATE };

export const coldCatchUp: Workload = {
  name: 'cold-catch-up',
  title: 'Sends beside a reader of cold messages',
  description:
    "50 000 sends of 1 KiB a second on schedule over 4 connections, while another client reads messages from the beginning that are no longer in memory: the broker was stopped and its files dropped from the page cache. The reader shares the producer's core.",
  compared: sendsPerSecond,
  higherIsBetter: true,
  details: [...latencyColumns.slice(0, 3), ...cpuColumns],
  ours: [BESIDE],
  rows: () => [{ name: '1 KiB', subjects: [ALONE, BESIDE] }],
  open: async (options: WorkloadOptions) => ({
    measure: (_row, subject) => measure(subject === BESIDE, options),
    [Symbol.asyncDispose]: async () => undefined,
  }),
};

async function measure(withReader: boolean, options: WorkloadOptions): Promise<Figures> {
  const storeFolder = mkdtempSync(join(tmpdir(), 'centaurmq-bench-cold-'));
  const [cold, hot] = [nextTopic(), nextTopic()];
  try {
    const before = await startCentaurmq({ storeFolder });
    for (const topic of [cold, hot])
      await createTopics(before.address, { ack: 'os', topic, topics: 1, queues: 8 });
    const serving = { ...before, [Symbol.asyncDispose]: async () => undefined };
    await fill(serving, cold, { ...options, bodyBytes: BODY_BYTES });
    await before.server.end('SIGTERM');
    dropFromPageCache(join(storeFolder, 'commitlog'));
    const after = await startCentaurmq({ storeFolder, cpuProfile: options.cpuProfile });
    const reader = withReader ? coldReader(after.address, cold, options.seconds) : null;
    try {
      const again = { ...after, [Symbol.asyncDispose]: async () => undefined };
      return await measureSends(again, hot, sends, options);
    } finally {
      reader?.kill();
      await after.server.end(options.cpuProfile ? 'SIGTERM' : 'SIGKILL');
    }
  } finally {
    rmSync(storeFolder, { recursive: true, force: true });
  }
}

function coldReader(address: string, topic: string, seconds: number): ReturnType<typeof spawn> {
  const [program = '', ...args] = loadCommand('consume', {
    address,
    topic,
    queues: 8,
    connections: 2,
    from: 'first',
    seconds: seconds + 5,
    'warm-up-seconds': 0,
  });
  return spawn(program, args, { stdio: 'ignore' });
}

/** `nocache` with nothing to write asks the system to drop the file's pages. */
function dropFromPageCache(folder: string): void {
  for (const name of readdirSync(folder)) {
    const file = join(folder, name);
    const settings = [`of=${file}`, 'oflag=nocache', 'conv=notrunc,fdatasync', 'count=0'];
    execFileSync('dd', ['if=/dev/null', ...settings], { stdio: 'ignore' });
  }
}

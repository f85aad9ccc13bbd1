import { mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Figures, Workload, WorkloadOptions } from '../workload.ts';
import { type SendLoad, cpuColumns, latencyColumns, measureSends, sendsPerSecond } from './send-load.ts';
import { APACHE, BOUND, OURS, Peers, nextTopic, rowOf } from './subjects.ts';

const loads = new Map<string, SendLoad>([
  ['1 KiB, 64 with one in flight', { bodyBytes: 1024, connections: 64, window: 1 }],
  ['1 KiB, 1 connection, 64 in flight', { bodyBytes: 1024, connections: 1, window: 64 }],
]);
const DISK = 'the disk alone';
/** What 64 records of 1 KiB take in the log, rounded up to pages. */
const GROUP_BYTES = 20 * 4096;
const FILE_BYTES = 256 * 1024 * 1024;
const RECORDS_IN_GROUP = 64;

export const sendFsync: Workload = {
  name: 'send-fsync',
  title: 'Sends, acknowledged by the disk',
  description: `Acknowledgement level fsync (SYNC_FLUSH), 64 in flight. '${DISK}': one process writes and fdatasyncs ${GROUP_BYTES / 1024} KiB, ${RECORDS_IN_GROUP} records, again and again into a file that was written before; counted as ${RECORDS_IN_GROUP} messages each.`,
  compared: sendsPerSecond,
  higherIsBetter: true,
  details: [...latencyColumns.slice(0, 3), ...cpuColumns],
  ours: [OURS],
  rows: () => [...loads.keys()].map((name) => rowOf(name, [DISK, BOUND, OURS, APACHE])),
  open: async (options: WorkloadOptions) => {
    const peers = new Peers(options);
    return {
      measure: async (row, subject) => {
        if (subject === DISK) return measureDisk(options.seconds);
        const load = loads.get(row.name);
        if (load === undefined) throw new Error(`there is no load '${row.name}'`);
        const topic = nextTopic();
        await using serving = await peers.named(subject).serve({ ack: 'fsync', topic, topics: 1, queues: 8 });
        return await measureSends(serving, topic, load, options);
      },
      [Symbol.asyncDispose]: () => peers[Symbol.asyncDispose](),
    };
  },
};

async function measureDisk(seconds: number): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), 'centaurmq-bench-disk-'));
  try {
    await using file = await open(join(folder, 'file'), 'w+');
    const chunk = Buffer.alloc(4 * 1024 * 1024, 1);
    for (let position = 0; position < FILE_BYTES; position += chunk.length)
      await file.write(chunk, 0, chunk.length, position);
    await file.sync();
    const group = chunk.subarray(0, GROUP_BYTES);
    let groups = 0;
    const began = performance.now();
    while (performance.now() - began < seconds * 1000) {
      await file.write(group, 0, group.length, (groups * GROUP_BYTES) % (FILE_BYTES - GROUP_BYTES));
      await file.datasync();
      groups += 1;
    }
    const elapsed = (performance.now() - began) / 1000;
    return { sendsPerSecond: (groups * RECORDS_IN_GROUP) / elapsed };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

import { setTimeout } from 'node:timers/promises';
import { diskSyncsPerSecond } from '../measure/disk-syncs.ts';
import { type CommittedGroup, commitTotals, committedGroup } from '../measure/group-commits.ts';
import type { Serving } from '../peers/peer.ts';
import type { Figures, Row, Session, Workload, WorkloadOptions } from '../workload.ts';
import {
  REST_MILLIS,
  type SendLoad,
  cpuColumns,
  latencyColumns,
  measureSends,
  sendsPerSecond,
} from './send-load.ts';
import { APACHE, BOUND, OURS, Peers, nextTopic, rowOf } from './subjects.ts';

const loads = new Map<string, SendLoad>([
  ['1 KiB, 64 with one in flight', { bodyBytes: 1024, connections: 64, window: 1 }],
  ['1 KiB, 1 connection, 64 in flight', { bodyBytes: 1024, connections: 1, window: 64 }],
]);
const DISK = 'the disk alone';

export const sendFsync: Workload = {
  name: 'send-fsync',
  title: 'Sends, acknowledged by the disk',
  description: `Acknowledgement level fsync (SYNC_FLUSH), 64 in flight. '${DISK}': one process writes and fdatasyncs groups as large as those that our broker reached in its last run, one behind the other in a file that was written before; counted as the messages of such a group.`,
  compared: sendsPerSecond,
  higherIsBetter: true,
  details: [
    { figure: 'groupMessages', title: 'messages a group', format: 'count' },
    { figure: 'syncsPerSecond', title: 'syncs/s', format: 'rate' },
    ...latencyColumns.slice(0, 3),
    ...cpuColumns,
  ],
  ours: [OURS],
  rows: () => [...loads.keys()].map((name) => rowOf(name, [BOUND, OURS, DISK, APACHE])),
  open: async (options: WorkloadOptions) => new FsyncSession(options),
};

class FsyncSession implements Session {
  readonly #options: WorkloadOptions;
  readonly #peers: Peers;
  /** What our broker reached last, by row: it is measured before the disk in the first round. */
  readonly #groups = new Map<string, CommittedGroup>();

  constructor(options: WorkloadOptions) {
    this.#options = options;
    this.#peers = new Peers(options);
  }

  async measure(row: Row, subject: string): Promise<Figures> {
    if (subject === DISK) return this.#measureDisk(row);
    const load = loads.get(row.name);
    if (load === undefined) throw new Error(`there is no load '${row.name}'`);
    const topic = nextTopic();
    await using serving = await this.#peers
      .named(subject)
      .serve({ ack: 'fsync', topic, topics: 1, queues: 8 });
    if (subject === OURS) return await this.#measureOurs(row, serving, topic, load);
    await setTimeout(REST_MILLIS);
    return await measureSends(serving, topic, load, this.#options);
  }

  async #measureOurs(row: Row, serving: Serving, topic: string, load: SendLoad): Promise<Figures> {
    const before = await commitTotals(serving.address);
    await setTimeout(REST_MILLIS);
    const figures = await measureSends(serving, topic, load, this.#options);
    const group = committedGroup(before, await commitTotals(serving.address));
    this.#groups.set(row.name, group);
    const { sendsPerSecond: rate = Number.NaN } = figures;
    return { ...figures, groupMessages: group.messages, syncsPerSecond: rate / group.messages };
  }

  #measureDisk({ name }: Row): Figures {
    const group = this.#groups.get(name);
    if (group === undefined) throw new Error(`our broker was not measured before ${DISK}`);
    const syncsPerSecond = diskSyncsPerSecond(group.bytes, this.#options.seconds);
    return { sendsPerSecond: syncsPerSecond * group.messages, groupMessages: group.messages, syncsPerSecond };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#peers[Symbol.asyncDispose]();
  }
}

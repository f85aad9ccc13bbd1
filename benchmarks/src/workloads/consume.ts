import { spawn } from 'node:child_process';
import { generateLoad, loadCommand } from '../measure/load-generator.ts';
import type { Serving } from '../peers/peer.ts';
import type { Figures, Row, Workload, WorkloadOptions } from '../workload.ts';
import { consumeColumns, drain, fill, measuredConsumption, messagesPerSecond } from './consume-load.ts';
import { cpuColumns } from './send-load.ts';
import { APACHE, BOUND, OURS, Peers, nextTopic, rowOf } from './subjects.ts';

const BODY_BYTES = 1024;
const FAN_OUT_GROUPS = 8;

type Measure = (serving: Serving, topic: string, options: WorkloadOptions) => Promise<Figures>;

const measures = new Map<string, Measure>([
  ['catch-up from memory', (serving, topic) => drained(serving, topic, 1)],
  [`fan-out to ${FAN_OUT_GROUPS} groups`, (serving, topic) => drained(serving, topic, FAN_OUT_GROUPS)],
  ['tail, beside a producer', tail],
]);

export const consume: Workload = {
  name: 'consume',
  title: 'Consumption',
  description:
    'Pulls of up to 32 messages of 1 KiB, one in flight for each of 8 queues and each group, over 4 connections. Catch-up and fan-out drain what was sent in the seconds before, which is in memory, after one pass that is not counted. Per server core: what one fully used core would serve.',
  compared: messagesPerSecond,
  higherIsBetter: true,
  details: [...consumeColumns, ...cpuColumns],
  ours: [OURS],
  rows: () => [...measures.keys()].map((name) => rowOf(name, [BOUND, OURS, APACHE])),
  open: async (options: WorkloadOptions) => {
    const peers = new Peers(options);
    return {
      measure: async (row: Row, subject: string) => {
        const measure = measures.get(row.name);
        if (measure === undefined) throw new Error(`there is no measure '${row.name}'`);
        const topic = nextTopic();
        await using serving = await peers.named(subject).serve({ ack: 'os', topic, topics: 1, queues: 8 });
        await fill(serving, topic, { ...options, bodyBytes: BODY_BYTES });
        return await measure(serving, topic, options);
      },
      [Symbol.asyncDispose]: () => peers[Symbol.asyncDispose](),
    };
  },
};

async function drained(serving: Serving, topic: string, groups: number): Promise<Figures> {
  await drain(serving, topic);
  return measuredConsumption(serving, () => drain(serving, topic, { groups }));
}

/** The producer shares the load's core: both get less than alone, on every server. */
async function tail(serving: Serving, topic: string, { seconds, seed }: WorkloadOptions): Promise<Figures> {
  const flags = { address: serving.address, topic, queues: 8 };
  const [program = '', ...args] = loadCommand('send', {
    ...flags,
    connections: 4,
    window: 64,
    'body-bytes': BODY_BYTES,
    seed,
    seconds: seconds + 1,
    'warm-up-seconds': 0,
  });
  const producer = spawn(program, args, { stdio: 'ignore' });
  const ended = new Promise((resolve) => {
    producer.once('close', resolve);
  });
  const figures = await measuredConsumption(serving, () =>
    generateLoad('consume', { ...flags, connections: 4, from: 'last', seconds, 'warm-up-seconds': 0.5 }),
  );
  await ended;
  return figures;
}

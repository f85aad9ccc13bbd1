import { setTimeout } from 'node:timers/promises';
import { whyNoApache } from '../peers/apache.ts';
import type { Workload, WorkloadOptions } from '../workload.ts';
import {
  REST_MILLIS,
  type SendLoad,
  cpuColumns,
  latencyColumns,
  measureSends,
  sendsPerSecond,
} from './send-load.ts';
import { APACHE, BOUND, OURS, Peers, nextTopic, rowOf } from './subjects.ts';

const load: SendLoad = { bodyBytes: 1024, connections: 64, window: 64 };
/** Taken as the maximum when Apache RocketMQ is not there to tell its own. */
const RATE_WITHOUT_APACHE = 20_000;
const [, p99] = latencyColumns;

export const latency: Workload = {
  name: 'latency',
  title: 'Latency at half of what Apache RocketMQ can do',
  description:
    'Sends of 1 KiB on schedule over 64 connections, at half of the rate that Apache RocketMQ reached just before with one in flight on each. Latency counts from the scheduled moment.',
  compared: p99 ?? sendsPerSecond,
  higherIsBetter: false,
  details: [
    sendsPerSecond,
    ...latencyColumns.filter((column) => column !== p99),
    { figure: 'max', title: 'max µs', format: 'micros' },
    ...cpuColumns,
  ],
  ours: [OURS],
  rows: () => [rowOf('1 KiB, 64 connections, on schedule', [BOUND, OURS, APACHE])],
  open: async (options: WorkloadOptions) => {
    const peers = new Peers(options);
    const rate = await halfOfApache(peers, options);
    options.notice(`the rate is ${rate} messages/s`);
    return {
      measure: async (_row, subject) => {
        const topic = nextTopic();
        await using serving = await peers.named(subject).serve({ ack: 'os', topic, topics: 1, queues: 8 });
        await setTimeout(REST_MILLIS);
        return await measureSends(serving, topic, { ...load, rate }, options);
      },
      [Symbol.asyncDispose]: () => peers[Symbol.asyncDispose](),
    };
  },
};

async function halfOfApache(peers: Peers, options: WorkloadOptions): Promise<number> {
  if (whyNoApache() !== null) return RATE_WITHOUT_APACHE / 2;
  const topic = nextTopic();
  await using serving = await peers.named(APACHE).serve({ ack: 'os', topic, topics: 1, queues: 8 });
  const { sendsPerSecond: rate = RATE_WITHOUT_APACHE } = await measureSends(
    serving,
    topic,
    { ...load, window: 1 },
    options,
  );
  return Math.round(rate / 2);
}

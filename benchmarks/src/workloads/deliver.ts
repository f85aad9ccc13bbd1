import { setTimeout } from 'node:timers/promises';
import { generateLoad } from '../measure/load-generator.ts';
import { cpuShareDuring } from '../measure/process-usage.ts';
import type { Workload, WorkloadOptions } from '../workload.ts';
import { REST_MILLIS, cpuColumns, latencyColumns, sendsPerSecond } from './send-load.ts';
import { APACHE, OURS, Peers, nextTopic, rowOf } from './subjects.ts';

const rates = new Map([
  ['100 messages/s', 100],
  ['10 000 messages/s', 10_000],
]);
const [p50] = latencyColumns;

export const deliver: Workload = {
  name: 'deliver',
  title: 'From the send to the consumer',
  description:
    'Messages of 100 B are sent on schedule and received through held pulls of another connection; latency counts from the scheduled send to the arrival. Servers rest before.',
  compared: p50 ?? sendsPerSecond,
  higherIsBetter: false,
  details: [...latencyColumns.filter((column) => column !== p50), ...cpuColumns],
  ours: [OURS],
  rows: () => [...rates.keys()].map((name) => rowOf(name, [OURS, APACHE])),
  open: async (options: WorkloadOptions) => {
    const peers = new Peers(options);
    return {
      measure: async (row, subject) => {
        const topic = nextTopic();
        await using serving = await peers.named(subject).serve({ ack: 'os', topic, topics: 1, queues: 8 });
        await setTimeout(REST_MILLIS);
        const { seconds, seed } = options;
        const flags = { address: serving.address, topic, queues: 8, rate: rates.get(row.name) ?? 100, seed };
        const { result, cpuShare } = await cpuShareDuring(serving.processIds, () =>
          generateLoad('deliver', { ...flags, seconds, 'warm-up-seconds': 1 }),
        );
        return {
          ...result.latencyMicros,
          serverCpuShare: cpuShare,
          generatorCpuShare: result.generatorCpuShare,
        };
      },
      [Symbol.asyncDispose]: () => peers[Symbol.asyncDispose](),
    };
  },
};

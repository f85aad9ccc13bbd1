import { anonymousBytesOf } from '../measure/process-usage.ts';
import type { Workload, WorkloadOptions } from '../workload.ts';
import { type SendLoad, cpuColumns, measureSends, sendsPerSecond } from './send-load.ts';
import { APACHE, BOUND, OURS, Peers, nextTopic, rowOf } from './subjects.ts';

const pipelined = { bodyBytes: 100, connections: 4, window: 256 };
const loads = new Map<string, Required<Pick<SendLoad, 'topics' | 'queues'>>>([
  ['1 topic × 4 queues', { topics: 1, queues: 4 }],
  ['100 topics × 4 queues', { topics: 100, queues: 4 }],
  ['10 000 topics × 4 queues', { topics: 10_000, queues: 4 }],
  ['64 topics × 8 queues', { topics: 64, queues: 8 }],
]);
/** Above, every queue gets its file before anything is counted: making one costs a hundred times what a message costs. */
const TOPICS_AT_ONCE_MAX = 1000;
const FIRST_MESSAGES_SECONDS = 15;
/** Apache RocketMQ preallocates six megabytes for each queue. */
const APACHE_TOPICS_MAX = 100;

export const topics: Workload = {
  name: 'topics',
  title: 'Many topics',
  description:
    'Sends of 100 B over 4 pipelined connections, spread over all queues of all topics; with 10 000 topics after 15 s in which every queue got its first message. Memory: what creating the topics added, by queue, without mapped files.',
  compared: sendsPerSecond,
  higherIsBetter: true,
  details: [{ figure: 'bytesPerQueue', title: 'bytes per idle queue', format: 'count' }, ...cpuColumns],
  ours: [OURS],
  rows: () =>
    [...loads].map(([name, load]) =>
      rowOf(name, load.topics > APACHE_TOPICS_MAX ? [BOUND, OURS] : [BOUND, OURS, APACHE]),
    ),
  open: async (options: WorkloadOptions) => {
    const peers = new Peers(options);
    return {
      measure: async (row, subject) => {
        const load = { ...pipelined, ...loads.get(row.name) };
        const topic = nextTopic();
        const { topics: topicCount = 1, queues = 4 } = load;
        const peer = peers.named(subject);
        await using empty = await peer.serve({ ack: 'os', topic: nextTopic(), topics: 1, queues: 1 });
        const before = memoryOf(empty.processIds);
        await using serving = await peer.serve({ ack: 'os', topic, topics: topicCount, queues });
        const bytesPerQueue = (memoryOf(serving.processIds) - before) / (topicCount * queues);
        const isMany = topicCount > TOPICS_AT_ONCE_MAX;
        if (isMany) await measureSends(serving, topic, load, { ...options, seconds: FIRST_MESSAGES_SECONDS });
        const figures = await measureSends(serving, topic, load, options);
        return { ...figures, bytesPerQueue: isMany ? bytesPerQueue : Number.NaN };
      },
      [Symbol.asyncDispose]: () => peers[Symbol.asyncDispose](),
    };
  },
};

function memoryOf(processIds: readonly number[]): number {
  return processIds.reduce((sum, processId) => sum + anonymousBytesOf(processId), 0);
}

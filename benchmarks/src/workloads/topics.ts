import { anonymousBytesOf } from '../measure/process-usage.ts';
import type { Peer, Serving } from '../peers/peer.ts';
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
/** Making a queue's file costs a hundred times what a message costs: every queue gets its first message before anything is counted. */
const FIRST_MESSAGES_SECONDS_MAX = 40;
/** Fewer have no bytes worth dividing. */
const MEASURED_QUEUES_MIN = 10_000;
/** Apache RocketMQ preallocates six megabytes for each queue. */
const APACHE_TOPICS_MAX = 100;

export const topics: Workload = {
  name: 'topics',
  title: 'Many topics',
  description:
    'Sends of 100 B over 4 pipelined connections, spread over all queues of all topics, after every queue got its first message. Memory: what creating the topics added, by queue, without mapped files.',
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
        const isMany = topicCount * queues >= MEASURED_QUEUES_MIN;
        const before = isMany ? await memoryWithoutTopics(peer) : Number.NaN;
        await using serving = await peer.serve({ ack: 'os', topic, topics: topicCount, queues });
        const bytesPerQueue = (memoryOf(serving.processIds) - before) / (topicCount * queues);
        await reachEveryQueue(serving, topic, load, options);
        const figures = await measureSends(serving, topic, load, options);
        return { ...figures, bytesPerQueue };
      },
      [Symbol.asyncDispose]: () => peers[Symbol.asyncDispose](),
    };
  },
};

/** Each run begins with the same queues: once a run has sent more than a round on each connection, all of them have had a message. */
async function reachEveryQueue(
  serving: Serving,
  topic: string,
  load: SendLoad & typeof pipelined,
  { seed, notice }: WorkloadOptions,
): Promise<void> {
  const { topics: topicCount = 1, queues = 1, connections } = load;
  for (let second = 0; second < FIRST_MESSAGES_SECONDS_MAX; second += 1) {
    const { sendsPerSecond: sent = 0 } = await measureSends(serving, topic, load, { seconds: 1, seed });
    if (sent >= topicCount * queues * connections) return;
  }
  notice(
    `with ${topicCount} topics not every queue had its file after ${FIRST_MESSAGES_SECONDS_MAX} s of sends`,
  );
}

async function memoryWithoutTopics(peer: Peer): Promise<number> {
  await using empty = await peer.serve({ ack: 'os', topic: nextTopic(), topics: 1, queues: 1 });
  return memoryOf(empty.processIds);
}

function memoryOf(processIds: readonly number[]): number {
  return processIds.reduce((sum, processId) => sum + anonymousBytesOf(processId), 0);
}

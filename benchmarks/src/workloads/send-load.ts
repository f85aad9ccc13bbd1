import { setTimeout } from 'node:timers/promises';
import { generateLoad } from '../measure/load-generator.ts';
import { cpuShareDuring } from '../measure/process-usage.ts';
import type { Serving, Wanted } from '../peers/peer.ts';
import type { Column, Figures, Row, Session, WorkloadOptions } from '../workload.ts';
import { Peers, nextTopic } from './subjects.ts';

export interface SendLoad {
  readonly bodyBytes: number;
  readonly connections: number;
  readonly window: number;
  readonly batch?: number;
  readonly topics?: number;
  readonly queues?: number;
  /** Messages per second on schedule; 0: as fast as answers come. */
  readonly rate?: number;
}

export const sendsPerSecond: Column = { figure: 'sendsPerSecond', title: 'messages/s', format: 'rate' };

export const latencyColumns: readonly Column[] = [
  { figure: 'p50', title: 'p50 µs', format: 'micros' },
  { figure: 'p99', title: 'p99 µs', format: 'micros' },
  { figure: 'p99_9', title: 'p99.9 µs', format: 'micros' },
  { figure: 'p99_99', title: 'p99.99 µs', format: 'micros' },
];

export const cpuColumns: readonly Column[] = [
  { figure: 'serverCpuShare', title: 'server CPU', format: 'percent' },
  { figure: 'generatorCpuShare', title: 'load CPU', format: 'percent' },
];

export const WARM_UP_SECONDS = 0.5;
/** Between a server's start and its load: ours brings its first segment into memory meanwhile. */
export const REST_MILLIS = 3000;

/** Sends as the load says; a refused send fails the run. */
export async function measureSends(
  serving: Serving,
  topic: string,
  load: SendLoad,
  { seconds, seed }: Pick<WorkloadOptions, 'seconds' | 'seed'>,
): Promise<Figures> {
  const { bodyBytes, connections, window, batch = 1, topics = 1, queues = 8, rate = 0 } = load;
  const { result, cpuShare } = await cpuShareDuring(serving.processIds, () =>
    generateLoad('send', {
      address: serving.address,
      topic,
      topics,
      queues,
      connections,
      window,
      'body-bytes': bodyBytes,
      batch,
      rate,
      seed,
      seconds,
      'warm-up-seconds': WARM_UP_SECONDS,
    }),
  );
  return {
    sendsPerSecond: result.sendsPerSecond ?? Number.NaN,
    ...result.latencyMicros,
    serverCpuShare: cpuShare,
    generatorCpuShare: result.generatorCpuShare,
  };
}

/** A session whose rows are loads by name, each on a server for itself. */
export function sendSession(
  options: WorkloadOptions,
  loads: ReadonlyMap<string, SendLoad>,
  ack: Wanted['ack'],
): Session {
  const peers = new Peers(options);
  return {
    measure: async (row: Row, subject: string) => {
      const load = loads.get(row.name);
      if (load === undefined) throw new Error(`there is no load '${row.name}'`);
      const { topics = 1, queues = 8 } = load;
      const topic = nextTopic();
      await using serving = await peers.named(subject).serve({ ack, topic, topics, queues });
      await setTimeout(REST_MILLIS);
      return await measureSends(serving, topic, load, options);
    },
    [Symbol.asyncDispose]: () => peers[Symbol.asyncDispose](),
  };
}

import { type LoadReport, generateLoad } from '../measure/load-generator.ts';
import { cpuShareDuring } from '../measure/process-usage.ts';
import type { Serving } from '../peers/peer.ts';
import type { Column, Figures } from '../workload.ts';

export const messagesPerSecond: Column = { figure: 'messagesPerSecond', title: 'messages/s', format: 'rate' };

export const consumeColumns: readonly Column[] = [
  { figure: 'recordBytesPerSecond', title: 'MB/s of records', format: 'megabytes' },
  { figure: 'recordBytesPerCore', title: 'MB/s per server core', format: 'megabytes' },
];

/** Fills the topic as fast as the server takes it; returns how many messages it holds at least. */
export async function fill(
  serving: Serving,
  topic: string,
  given: { readonly seconds: number; readonly bodyBytes: number; readonly seed: number },
): Promise<number> {
  const { sendsPerSecond = 0 } = await generateLoad('send', {
    address: serving.address,
    topic,
    queues: 8,
    connections: 4,
    window: 64,
    'body-bytes': given.bodyBytes,
    seed: given.seed,
    seconds: given.seconds,
    'warm-up-seconds': 0,
  });
  return sendsPerSecond * given.seconds;
}

/** Pulls everything that is there, from the beginning. */
export function drain(
  serving: Serving,
  topic: string,
  { groups = 1, connections = 4 }: { readonly groups?: number; readonly connections?: number } = {},
): Promise<LoadReport> {
  const flags = { address: serving.address, topic, queues: 8, groups, connections, from: 'first' };
  return generateLoad('consume', { ...flags, 'until-drained': true, 'warm-up-seconds': 0, seconds: 60 });
}

export async function measuredConsumption(
  serving: Serving,
  consume: () => Promise<LoadReport>,
): Promise<Figures> {
  const { result, cpuShare } = await cpuShareDuring(serving.processIds, consume);
  const { messagesPerSecond: rate = Number.NaN, recordBytesPerSecond = Number.NaN } = result;
  return {
    messagesPerSecond: rate,
    recordBytesPerSecond,
    // A process of many threads may use more than the one core it is pinned to only where pinning is not possible.
    recordBytesPerCore: recordBytesPerSecond / Math.min(1, cpuShare),
    serverCpuShare: cpuShare,
    generatorCpuShare: result.generatorCpuShare,
  };
}

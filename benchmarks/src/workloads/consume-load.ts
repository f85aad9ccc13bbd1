import { type LoadReport, generateLoad } from '../measure/load-generator.ts';
import { cpuShareDuring } from '../measure/process-usage.ts';
import type { Serving } from '../peers/peer.ts';
import type { Column, Figures } from '../workload.ts';
import { WARM_UP_SECONDS } from './send-load.ts';

export const messagesPerSecond: Column = { figure: 'messagesPerSecond', title: 'messages/s', format: 'rate' };

export const consumeColumns: readonly Column[] = [
  { figure: 'recordBytesPerSecond', title: 'MB/s of records', format: 'megabytes' },
  { figure: 'recordBytesPerCore', title: 'MB/s per server core', format: 'megabytes' },
];

interface FillOptions {
  readonly seconds: number;
  readonly bodyBytes: number;
  readonly seed: number;
}

/** Fills the topic as fast as the server takes it; returns how many messages it holds at least. */
export async function fill(serving: Serving, topic: string, given: FillOptions): Promise<number> {
  const { messages } = await sendAll(serving, topic, given);
  return messages;
}

/** One run of sends, 64 in flight on each of 4 connections. */
export function sendAll(
  serving: Serving,
  topic: string,
  { seconds, bodyBytes, seed }: FillOptions,
): Promise<LoadReport> {
  const flags = { address: serving.address, topic, queues: 8, connections: 4, window: 64 };
  return generateLoad('send', { ...flags, 'body-bytes': bodyBytes, seed, seconds, 'warm-up-seconds': 0 });
}

/** Pulls everything that is there, from the beginning. */
function drain(serving: Serving, topic: string, groups: number): Promise<LoadReport> {
  const flags = { address: serving.address, topic, queues: 8, groups, connections: 4, from: 'first' };
  return generateLoad('consume', { ...flags, 'until-drained': true, 'warm-up-seconds': 0, seconds: 60 });
}

interface Drains {
  readonly seconds: number;
  readonly messages: number;
  readonly recordBytes: number;
  readonly generatorCpuSeconds: number;
}

/** Drains again and again until that has taken so many seconds: a fast server has soon sent what there is. */
async function drains(serving: Serving, topic: string, groups: number, seconds: number): Promise<Drains> {
  let sum: Drains = { seconds: 0, messages: 0, recordBytes: 0, generatorCpuSeconds: 0 };
  while (sum.seconds < seconds) {
    const report = await drain(serving, topic, groups);
    sum = {
      seconds: sum.seconds + report.seconds,
      messages: sum.messages + report.messages,
      recordBytes: sum.recordBytes + (report.recordBytesPerSecond ?? Number.NaN) * report.seconds,
      generatorCpuSeconds: sum.generatorCpuSeconds + report.generatorCpuShare * report.seconds,
    };
  }
  return sum;
}

/** Drains for so many seconds, after as many that are not counted: every server has compiled its code by then. */
export async function measureDrains(
  serving: Serving,
  topic: string,
  { groups, seconds }: { readonly groups: number; readonly seconds: number },
): Promise<Figures> {
  await drains(serving, topic, groups, seconds);
  const { result, cpuSeconds } = await cpuShareDuring(serving.processIds, () =>
    drains(serving, topic, groups, seconds),
  );
  return {
    messagesPerSecond: result.messages / result.seconds,
    recordBytesPerSecond: result.recordBytes / result.seconds,
    recordBytesPerCore: result.recordBytes / cpuSeconds,
    serverCpuShare: cpuSeconds / result.seconds,
    generatorCpuShare: result.generatorCpuSeconds / result.seconds,
  };
}

/**
 * Consumes what is being sent. Of the server's processor time, what as many sends take by themselves, measured just before, is
 * the producer's; the rest is consumption's.
 */
export async function measureTail(
  serving: Serving,
  topic: string,
  given: FillOptions & { readonly groups: number },
): Promise<Figures> {
  const { groups, seconds } = given;
  const alone = await cpuShareDuring(serving.processIds, () => sendAll(serving, topic, given));
  const flags = { address: serving.address, topic, queues: 8, groups, connections: 4, from: 'last' };
  const { result, cpuShare } = await cpuShareDuring(serving.processIds, () =>
    Promise.all([
      sendAll(serving, topic, { ...given, seconds: seconds + WARM_UP_SECONDS }),
      generateLoad('consume', { ...flags, seconds, 'warm-up-seconds': WARM_UP_SECONDS }),
    ]),
  );
  const [produced, consumed] = result;
  const { messagesPerSecond: rate = Number.NaN, recordBytesPerSecond = Number.NaN } = consumed;
  const producerCpuShare =
    (alone.cpuSeconds / alone.result.messages) * (produced.sendsPerSecond ?? Number.NaN);
  return {
    messagesPerSecond: rate,
    recordBytesPerSecond,
    recordBytesPerCore: recordBytesPerSecond / (cpuShare - producerCpuShare),
    serverCpuShare: cpuShare,
    generatorCpuShare: produced.generatorCpuShare + consumed.generatorCpuShare,
  };
}

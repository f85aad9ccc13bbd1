import type { ClientLoad, ClientReport } from '../client/client-load.ts';
import { cpuShareDuring } from '../measure/process-usage.ts';
import type { Serving } from '../peers/peer.ts';
import type { Column, Figures, WorkloadOptions } from '../workload.ts';
import { fill } from './consume-load.ts';

export const BODY_BYTES = 100;
export const IN_FLIGHT = 1000;
const WARM_UP_SECONDS = 2;
/** A second or more of what a client consumes, and what is measured for each second asked for. */
const WARM_UP_COUNT = 300_000;
const COUNT_PER_SECOND = 200_000;

export const perSecond: Column = { figure: 'perSecond', title: 'messages/s', format: 'rate' };
export const serverCpu: Column = { figure: 'serverCpuShare', title: 'server CPU', format: 'percent' };

export function clientLoad(
  mode: ClientLoad['mode'],
  { address, nameServerAddress }: Serving,
  topic: string,
  { seconds }: WorkloadOptions,
): ClientLoad {
  return {
    mode,
    server: nameServerAddress ?? address,
    topic,
    group: `${topic}-clients`,
    bodyBytes: BODY_BYTES,
    inFlight: IN_FLIGHT,
    warmUpSeconds: WARM_UP_SECONDS,
    seconds,
    warmUpCount: WARM_UP_COUNT,
    count: Math.round(COUNT_PER_SECOND * seconds),
  };
}

/** Fills a topic of a broker that speaks our protocol with what the load will consume. */
export async function fillFor(serving: Serving, load: ClientLoad, seed: number): Promise<void> {
  const { topic, bodyBytes } = load;
  let left = load.warmUpCount + load.count;
  while (left > 0) left -= await fill(serving, topic, { seconds: 1, seed, bodyBytes });
}

export async function measuredClient(
  { processIds }: Serving,
  run: () => Promise<ClientReport>,
): Promise<Figures> {
  const { result, cpuShare } = await cpuShareDuring(processIds, run);
  return { perSecond: result.perSecond, serverCpuShare: cpuShare };
}

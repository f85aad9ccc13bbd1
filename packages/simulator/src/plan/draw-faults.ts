import type { Chance } from '../chance/chance.ts';
import type { Fault, FaultKind } from './fault.ts';
import type { AckLevelName, ClusterPlan } from './run-plan.ts';

/** Nothing goes wrong before the cluster has begun. */
const FIRST_FAULT_MILLIS = 3000;
const FAULT_COUNT_MIN = 2;
const FAULT_COUNT_MAX = 10;

/** How often each kind comes, relative to the others. */
const weights: Record<FaultKind, number> = {
  killBroker: 5,
  losePower: 5,
  stopBroker: 2,
  killNameServer: 2,
  killClient: 4,
  partition: 4,
  isolate: 2,
  resetConnections: 4,
  slowHost: 2,
  slowDisk: 2,
  failSyncs: 1,
  failWrites: 1,
  fullDisk: 1,
  flipBit: 1,
};

/** `os` promises nothing about what the disk forgets. */
const onlyAtFsync: ReadonlySet<FaultKind> = new Set(['losePower', 'failSyncs']);

/** What goes wrong in a run, in order of time. */
export function drawFaults(
  chance: Chance,
  cluster: ClusterPlan,
  level: AckLevelName,
  untilMillis: number,
): Fault[] {
  const kinds = (Object.keys(weights) as FaultKind[])
    .filter((kind) => level === 'fsync' || !onlyAtFsync.has(kind))
    .flatMap((kind) => Array.from({ length: weights[kind] }, () => kind));
  const count = chance.whole(FAULT_COUNT_MIN, FAULT_COUNT_MAX);
  return Array.from({ length: count }, () => {
    const kind = chance.pick(kinds) ?? 'killBroker';
    return drawFault(chance, kind, cluster, chance.whole(FIRST_FAULT_MILLIS, untilMillis));
  }).toSorted((one, other) => one.at - other.at);
}

function drawFault(chance: Chance, kind: FaultKind, cluster: ClusterPlan, at: number): Fault {
  const broker = chance.pick(cluster.brokers) ?? '';
  const short = { at, forMillis: chance.whole(200, 5000) };
  const long = { at, forMillis: chance.whole(1000, 30_000) };
  switch (kind) {
    case 'killBroker':
    case 'losePower':
    case 'stopBroker':
      return { kind, ...(chance.happens(0.8) ? short : long), broker };
    case 'killNameServer':
      return { kind, ...long, nameServer: chance.pick(cluster.nameServers) ?? '' };
    case 'killClient':
      return { kind, ...short, client: chance.pick(cluster.clients) ?? '' };
    case 'partition':
      return { kind, ...long, ...drawTwoHosts(chance, cluster), bothWays: chance.happens(0.5) };
    case 'isolate':
      return { kind, ...long, host: chance.pick(allHosts(cluster)) ?? '' };
    case 'resetConnections':
      return { kind, at, forMillis: 0, ...drawTwoHosts(chance, cluster) };
    case 'slowHost':
      return { kind, ...long, host: chance.pick(allHosts(cluster)) ?? '', factor: chance.whole(5, 300) };
    case 'slowDisk':
      return { kind, ...long, broker, factor: chance.whole(5, 2000) };
    case 'failSyncs':
      return { kind, ...short, broker, afterCount: chance.whole(0, 20) };
    case 'failWrites':
    case 'fullDisk':
      return { kind, ...short, broker };
    case 'flipBit':
      return { kind, ...short, broker, place: chance.below(1_000_000), bit: chance.below(8) };
  }
}

/** A server and somebody who talks with it. */
function drawTwoHosts(chance: Chance, cluster: ClusterPlan): { readonly from: string; readonly to: string } {
  const server = chance.pick([...cluster.brokers, ...cluster.nameServers]) ?? '';
  const other = chance.pick(allHosts(cluster).filter((host) => host !== server)) ?? '';
  return chance.happens(0.5) ? { from: server, to: other } : { from: other, to: server };
}

function allHosts(cluster: ClusterPlan): string[] {
  return [...cluster.brokers, ...cluster.nameServers, ...cluster.clients];
}

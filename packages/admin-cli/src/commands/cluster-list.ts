import type { MqAdmin } from '@centaurmq/client';
import { Option } from 'commander';
import type { Answer, CommandParts } from '../admin-command.ts';
import { formatTable } from '../table.ts';

interface ClusterListFlags {
  readonly clusterName?: string;
}

interface BrokerRow {
  readonly cluster: string;
  readonly brokerName: string;
  readonly brokerId: number;
  readonly address: string;
  readonly version: string;
  /** Messages per second, over ten seconds. */
  readonly inTps: number;
  readonly outTps: number;
  /** Age of the oldest message. */
  readonly hours: number | null;
  /** Part of the disk that is used, 0 to 1. */
  readonly space: number | null;
  readonly activated: boolean;
  /** Why the broker could not be asked. */
  readonly failure: string | null;
}

const MILLIS_OF_HOUR = 3_600_000;

/** @param now milliseconds since the epoch */
export function clusterList(now: () => number): CommandParts<ClusterListFlags> {
  return {
    name: 'clusterList',
    description: 'all brokers of all clusters, with their load',
    options: [new Option('-c, --clusterName <name>', 'only this cluster')],
    async run(admin, { clusterName }, command): Promise<Answer> {
      const { clusterAddrTable, brokerAddrTable } = await admin.examineBrokerClusterInfo();
      if (clusterName !== undefined && !clusterAddrTable.has(clusterName)) {
        const known = [...clusterAddrTable.keys()].join(', ') || 'none';
        command.error(`error: there is no cluster ${clusterName}; the name server knows: ${known}`, {
          exitCode: 1,
          code: 'centaurmq.failed',
        });
      }
      const asked: Promise<BrokerRow>[] = [];
      for (const [cluster, brokerNames] of clusterAddrTable) {
        if (clusterName !== undefined && cluster !== clusterName) continue;
        for (const brokerName of brokerNames.toSorted()) {
          for (const [brokerId, address] of brokerAddrTable.get(brokerName)?.brokerAddrs ?? []) {
            asked.push(brokerRow(admin, { cluster, brokerName, brokerId, address }, now()));
          }
        }
      }
      const brokers = await Promise.all(asked);
      return { text: clusterTable(brokers), json: brokers };
    },
  };
}

async function brokerRow(
  admin: MqAdmin,
  place: Pick<BrokerRow, 'cluster' | 'brokerName' | 'brokerId' | 'address'>,
  now: number,
): Promise<BrokerRow> {
  try {
    const info = await admin.broker.runtimeInfo(place.address);
    const earliest = Number(info.get('earliestMessageTimeStamp') ?? -1);
    const space = info.get('commitLogDiskRatio');
    return {
      ...place,
      version: info.get('brokerVersionDesc') ?? '',
      inTps: firstNumber(info.get('putTps')),
      outTps: firstNumber(info.get('getTransferredTps')),
      hours: earliest > 0 ? Math.max(0, now - earliest) / MILLIS_OF_HOUR : null,
      space: space === undefined ? null : Number(space),
      activated: info.get('brokerActive') === 'true',
      failure: null,
    };
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error);
    return {
      ...place,
      version: '',
      inTps: 0,
      outTps: 0,
      hours: null,
      space: null,
      activated: false,
      failure,
    };
  }
}

/** Three averages: over ten seconds, a minute, ten minutes. */
function firstNumber(averages = ''): number {
  return Number(averages.split(' ')[0] ?? 0);
}

function clusterTable(brokers: readonly BrokerRow[]): string {
  const heads = [
    'Cluster Name',
    'Broker Name',
    'BID',
    'Addr',
    'Version',
    'InTPS',
    'OutTPS',
    'Hour',
    'SPACE',
    'ACTIVATED',
  ];
  const rows = brokers.map((broker) => [
    broker.cluster,
    broker.brokerName,
    broker.brokerId,
    broker.address,
    broker.version,
    broker.inTps.toFixed(2),
    broker.outTps.toFixed(2),
    broker.hours?.toFixed(2) ?? 'N/A',
    broker.space?.toFixed(4) ?? 'N/A',
    String(broker.activated),
  ]);
  const failures = brokers
    .filter(({ failure }) => failure !== null)
    .map(({ address, failure }) => `${address}: ${failure}\n`);
  return formatTable(heads, rows) + failures.join('');
}

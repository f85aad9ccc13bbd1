import type { BrokerData, DataVersion, QueueData, TopicQueueMappingInfo } from '@centaurmq/protocol';

/** The id of the master in its broker group. */
export const MASTER_ID = 0;

/** A broker process that reports to this name server. Apache RocketMQ: BrokerLiveInfo. */
export interface BrokerLiveInfo {
  readonly clusterName: string;
  readonly brokerAddr: string;
  lastUpdateTimestamp: number;
  readonly heartbeatTimeoutMillis: number;
  readonly dataVersion: DataVersion;
  /** The connection it registered on last; closing it unregisters. */
  readonly connectionId: number;
  readonly haServerAddr: string;
}

/** Everything a name server knows. Nothing of it is written to disk: brokers tell it again. */
export interface RouteTables {
  /** topic → brokerName → its queues */
  readonly topicQueueTable: Map<string, Map<string, QueueData>>;
  /** brokerName → its master and slaves */
  readonly brokerAddrTable: Map<string, BrokerData>;
  /** clusterName → brokerNames */
  readonly clusterAddrTable: Map<string, Set<string>>;
  /** {@link brokerKey} → live broker */
  readonly brokerLiveTable: Map<string, BrokerLiveInfo>;
  /** {@link brokerKey} → filter servers */
  readonly filterServerTable: Map<string, readonly string[]>;
  /** topic → brokerName → static topic mapping */
  readonly topicQueueMappingInfoTable: Map<string, Map<string, TopicQueueMappingInfo>>;
}

export function emptyRouteTables(): RouteTables {
  return {
    topicQueueTable: new Map(),
    brokerAddrTable: new Map(),
    clusterAddrTable: new Map(),
    brokerLiveTable: new Map(),
    filterServerTable: new Map(),
    topicQueueMappingInfoTable: new Map(),
  };
}

/** Broker processes are told apart by cluster and address. Apache RocketMQ: BrokerAddrInfo. */
export function brokerKey(clusterName: string, brokerAddr: string): string {
  return `${clusterName}\n${brokerAddr}`;
}

/** The smallest broker id of the group; null when the group is empty. */
export function minBrokerId(brokerAddrs: ReadonlyMap<number, string>): number | null {
  let min: number | null = null;
  for (const brokerId of brokerAddrs.keys()) {
    if (min === null || brokerId < min) min = brokerId;
  }
  return min;
}

/** Takes one broker's queues away from a topic, and the topic when nothing is left. */
export function removeQueueData(tables: RouteTables, topic: string, brokerName: string): boolean {
  const queueDatas = tables.topicQueueTable.get(topic);
  if (queueDatas === undefined || !queueDatas.delete(brokerName)) return false;
  if (queueDatas.size === 0) tables.topicQueueTable.delete(topic);
  return true;
}

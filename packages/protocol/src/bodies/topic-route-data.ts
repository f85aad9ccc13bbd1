import { type Body, defineBody } from './define-body.ts';

/** A topic's queues on one broker. */
export interface QueueData {
  readonly brokerName: string;
  readonly perm: number;
  readonly readQueueNums: number;
  readonly writeQueueNums: number;
  readonly topicSysFlag: number;
}
export const QueueData: Body<QueueData> = defineBody('QueueData', (json) => ({
  brokerName: json.textOf('brokerName'),
  perm: json.numberOf('perm'),
  readQueueNums: json.numberOf('readQueueNums'),
  writeQueueNums: json.numberOf('writeQueueNums'),
  // Named topicSynFlag by clients before 4.9.
  topicSysFlag: json.numberOf('topicSysFlag', json.numberOf('topicSynFlag')),
}));

/** The master and the slaves of one broker name. */
export interface BrokerData {
  readonly brokerName: string;
  readonly cluster: string;
  /** Broker id, 0 for the master, to `host:port`. */
  readonly brokerAddrs: ReadonlyMap<number, string>;
  readonly enableActingMaster: boolean;
  readonly zoneName?: string | undefined;
}
export const BrokerData: Body<BrokerData> = defineBody('BrokerData', (json) => ({
  brokerName: json.textOf('brokerName'),
  cluster: json.textOf('cluster'),
  brokerAddrs: brokerAddrs(json.tableOf('brokerAddrs', (value) => value.text())),
  enableActingMaster: json.booleanOf('enableActingMaster'),
  zoneName: json.optionalTextOf('zoneName'),
}));

function brokerAddrs(table: Map<string, string>): Map<number, string> {
  return new Map([...table].map(([brokerId, address]) => [Number(brokerId), address]));
}

/** Where a topic lives: the answer to GET_ROUTEINFO_BY_TOPIC. Written in strict compact JSON, which all clients read. */
export interface TopicRouteData {
  readonly queueDatas: readonly QueueData[];
  readonly brokerDatas: readonly BrokerData[];
  /** Always empty; Java wants the member. */
  readonly filterServerTable: ReadonlyMap<string, readonly string[]>;
  /** `broker-a:8;broker-b:8` for a topic whose queues are fixed. */
  readonly orderTopicConf?: string | undefined;
}
export const TopicRouteData: Body<TopicRouteData> = defineBody('TopicRouteData', (json) => ({
  queueDatas: json.listOf('queueDatas', QueueData.read),
  brokerDatas: json.listOf('brokerDatas', BrokerData.read),
  filterServerTable: json.tableOf('filterServerTable', (servers) => servers.list((server) => server.text())),
  orderTopicConf: json.optionalTextOf('orderTopicConf'),
}));

export interface ClusterInfo {
  /** By broker name. */
  readonly brokerAddrTable: ReadonlyMap<string, BrokerData>;
  /** Cluster name to broker names. */
  readonly clusterAddrTable: ReadonlyMap<string, readonly string[]>;
}
export const ClusterInfo: Body<ClusterInfo> = defineBody('ClusterInfo', (json) => ({
  brokerAddrTable: json.tableOf('brokerAddrTable', BrokerData.read),
  clusterAddrTable: json.tableOf('clusterAddrTable', (names) => names.list((name) => name.text())),
}));

export interface BrokerMemberGroup {
  readonly brokerName: string;
  readonly cluster: string;
  readonly brokerAddrs: ReadonlyMap<number, string>;
}
export interface GetBrokerMemberGroupResponseBody {
  readonly brokerMemberGroup: BrokerMemberGroup;
}
export const GetBrokerMemberGroupResponseBody: Body<GetBrokerMemberGroupResponseBody> = defineBody(
  'GetBrokerMemberGroupResponseBody',
  (json) => {
    const group = json.member('brokerMemberGroup');
    return {
      brokerMemberGroup: {
        brokerName: group.textOf('brokerName'),
        cluster: group.textOf('cluster'),
        brokerAddrs: brokerAddrs(group.tableOf('brokerAddrs', (value) => value.text())),
      },
    };
  },
);

/** Names and texts: an order configuration, or what a broker says about itself. */
export interface KVTable {
  readonly table: ReadonlyMap<string, string>;
}
export const KVTable: Body<KVTable> = defineBody('KVTable', (json) => ({
  table: json.tableOf('table', (value) => value.text()),
}));

import type {
  BrokerData,
  DataVersion,
  QueueData,
  TopicConfig,
  TopicQueueMappingInfo,
} from '@centaurmq/protocol';
import { isSameDataVersion, Perm } from '@centaurmq/protocol';
import type { MinBrokerIdChange } from './min-broker-id-change.ts';
import { minBrokerIdChange } from './min-broker-id-change.ts';
import type { RouteTables } from './route-tables.ts';
import { brokerKey, MASTER_ID, minBrokerId, removeQueueData } from './route-tables.ts';

/** Without a heartbeatTimeoutMillis of the broker's own. Apache RocketMQ: DEFAULT_BROKER_CHANNEL_EXPIRED_TIME. */
export const BROKER_CHANNEL_EXPIRED_MILLIS = 120_000;

export interface BrokerRegistration {
  readonly clusterName: string;
  readonly brokerAddr: string;
  readonly brokerName: string;
  readonly brokerId: number;
  readonly haServerAddr: string;
  readonly zoneName: string | null;
  /** null: {@link BROKER_CHANNEL_EXPIRED_MILLIS} */
  readonly heartbeatTimeoutMillis: number | null;
  /** null: the broker is too old to know of acting masters */
  readonly enableActingMaster: boolean | null;
  readonly dataVersion: DataVersion;
  readonly topicConfigs: readonly TopicConfig[];
  readonly topicQueueMappingInfos: readonly TopicQueueMappingInfo[];
  /** null: leave as they are */
  readonly filterServers: readonly string[] | null;
  readonly connectionId: number;
}

export type RegistrationOutcome =
  | {
      readonly kind: 'registered';
      readonly masterAddr: string | null;
      readonly haServerAddr: string | null;
      readonly notify: MinBrokerIdChange | null;
    }
  /** Another address holds the broker id with a newer stateVersion: answered as a success, nothing registered. */
  | { readonly kind: 'superseded'; readonly holderAddr: string }
  /** A single topic before the full registration. */
  | { readonly kind: 'refused' };

export interface RegistrationRules {
  readonly deleteTopicWithBrokerRegistration: boolean;
  readonly notifyMinBrokerIdChanged: boolean;
}

/**
 * Takes a broker's registration into the tables. A refused one changes nothing, so that no empty broker group shows up.
 * Apache RocketMQ: RouteInfoManager#registerBroker.
 */
export function registerBroker(
  tables: RouteTables,
  registration: BrokerRegistration,
  rules: RegistrationRules,
  now: number,
): RegistrationOutcome {
  const { clusterName, brokerAddr, brokerName, brokerId } = registration;
  const known = tables.brokerAddrTable.get(brokerName);
  const group = new Map(known?.brokerAddrs);
  const previousMin = minBrokerId(group) ?? 0;
  // A slave that became master changes its id: one address has one id.
  for (const [id, addr] of group) {
    if (addr === brokerAddr && id !== brokerId) group.delete(id);
  }
  const holderAddr = group.get(brokerId);
  if (holderAddr !== undefined && holderAddr !== brokerAddr) {
    const holder = tables.brokerLiveTable.get(brokerKey(clusterName, holderAddr));
    if (holder !== undefined && holder.dataVersion.stateVersion > registration.dataVersion.stateVersion) {
      tables.brokerLiveTable.delete(brokerKey(clusterName, brokerAddr));
      return { kind: 'superseded', holderAddr };
    }
  }
  if (holderAddr === undefined && registration.topicConfigs.length === 1) return { kind: 'refused' };

  group.set(brokerId, brokerAddr);
  const brokerData: BrokerData = {
    cluster: clusterName,
    brokerName,
    brokerAddrs: group,
    enableActingMaster: registration.enableActingMaster ?? false,
    zoneName: registration.zoneName ?? undefined,
  };
  tables.brokerAddrTable.set(brokerName, brokerData);
  addToCluster(tables, clusterName, brokerName);
  registerTopics(tables, registration, brokerData, holderAddr === undefined, rules);
  registerLiveness(tables, registration, now);

  const notify =
    rules.notifyMinBrokerIdChanged && brokerId < previousMin
      ? minBrokerIdChange(brokerData, null, registration.haServerAddr)
      : null;
  return { kind: 'registered', ...masterOf(tables, registration, brokerData), notify };
}

function addToCluster(tables: RouteTables, clusterName: string, brokerName: string): void {
  const brokerNames = tables.clusterAddrTable.get(clusterName);
  if (brokerNames === undefined) tables.clusterAddrTable.set(clusterName, new Set([brokerName]));
  else brokerNames.add(brokerName);
}

/** Routes come from the master, or from the smallest slave of a group that has none. */
function registerTopics(
  tables: RouteTables,
  registration: BrokerRegistration,
  brokerData: BrokerData,
  first: boolean,
  rules: RegistrationRules,
): void {
  const { clusterName, brokerAddr, brokerName, brokerId, dataVersion, topicConfigs } = registration;
  const isPrimeSlave =
    registration.enableActingMaster !== null &&
    brokerId !== MASTER_ID &&
    brokerId === minBrokerId(brokerData.brokerAddrs);
  if (brokerId !== MASTER_ID && !isPrimeSlave) return;

  if (rules.deleteTopicWithBrokerRegistration && registration.topicQueueMappingInfos.length === 0) {
    removeTopicsNotIn(tables, brokerName, new Set(topicConfigs.map(({ topicName }) => topicName)));
  }
  const changed = first || isDataVersionChanged(tables, clusterName, brokerAddr, dataVersion);
  for (const topicConfig of topicConfigs) {
    const queueDatas = tables.topicQueueTable.get(topicConfig.topicName);
    if (!changed && queueDatas?.has(brokerName) === true) continue;
    const wipesWrite = isPrimeSlave && brokerData.enableActingMaster;
    setQueueData(tables, topicConfig.topicName, {
      brokerName,
      readQueueNums: topicConfig.readQueueNums,
      writeQueueNums: topicConfig.writeQueueNums,
      perm: wipesWrite ? topicConfig.perm & ~Perm.WRITE : topicConfig.perm,
      topicSysFlag: topicConfig.topicSysFlag,
    });
  }
  if (changed) registerMappings(tables, registration.topicQueueMappingInfos);
}

function removeTopicsNotIn(tables: RouteTables, brokerName: string, keep: ReadonlySet<string>): void {
  for (const topic of tables.topicQueueTable.keys()) {
    if (!keep.has(topic)) removeQueueData(tables, topic, brokerName);
  }
}

export function setQueueData(tables: RouteTables, topic: string, queueData: QueueData): void {
  const queueDatas = tables.topicQueueTable.get(topic);
  if (queueDatas === undefined)
    tables.topicQueueTable.set(topic, new Map([[queueData.brokerName, queueData]]));
  else queueDatas.set(queueData.brokerName, queueData);
}

function registerMappings(tables: RouteTables, mappings: readonly TopicQueueMappingInfo[]): void {
  for (const mapping of mappings) {
    const ofTopic = tables.topicQueueMappingInfoTable.get(mapping.topic);
    if (ofTopic === undefined)
      tables.topicQueueMappingInfoTable.set(mapping.topic, new Map([[mapping.bname, mapping]]));
    else ofTopic.set(mapping.bname, mapping);
  }
}

function registerLiveness(tables: RouteTables, registration: BrokerRegistration, now: number): void {
  const { clusterName, brokerAddr, filterServers } = registration;
  const key = brokerKey(clusterName, brokerAddr);
  tables.brokerLiveTable.set(key, {
    clusterName,
    brokerAddr,
    lastUpdateTimestamp: now,
    heartbeatTimeoutMillis: registration.heartbeatTimeoutMillis ?? BROKER_CHANNEL_EXPIRED_MILLIS,
    dataVersion: registration.dataVersion,
    connectionId: registration.connectionId,
    haServerAddr: registration.haServerAddr,
  });
  if (filterServers === null) return;
  if (filterServers.length === 0) tables.filterServerTable.delete(key);
  else tables.filterServerTable.set(key, filterServers);
}

/** A slave learns its master, once that is registered. */
function masterOf(
  tables: RouteTables,
  { clusterName, brokerId }: BrokerRegistration,
  { brokerAddrs }: BrokerData,
): { masterAddr: string | null; haServerAddr: string | null } {
  const masterAddr = brokerId === MASTER_ID ? undefined : brokerAddrs.get(MASTER_ID);
  const master =
    masterAddr === undefined ? undefined : tables.brokerLiveTable.get(brokerKey(clusterName, masterAddr));
  if (masterAddr === undefined || master === undefined) return { masterAddr: null, haServerAddr: null };
  return { masterAddr, haServerAddr: master.haServerAddr };
}

/** Whether a broker's table is another than the one registered last. Unknown brokers have changed. */
export function isDataVersionChanged(
  tables: RouteTables,
  clusterName: string,
  brokerAddr: string,
  dataVersion: DataVersion,
): boolean {
  const registered = tables.brokerLiveTable.get(brokerKey(clusterName, brokerAddr))?.dataVersion;
  return registered === undefined || !isSameDataVersion(registered, dataVersion);
}

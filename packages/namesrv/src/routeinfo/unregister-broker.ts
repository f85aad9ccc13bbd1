import { Perm } from '@centaurmq/protocol';
import type { MinBrokerIdChange } from './min-broker-id-change.ts';
import { minBrokerIdChange } from './min-broker-id-change.ts';
import type { BrokerLiveInfo, RouteTables } from './route-tables.ts';
import { brokerKey, MASTER_ID, minBrokerId } from './route-tables.ts';

export interface BrokerUnregistration {
  readonly clusterName: string;
  readonly brokerAddr: string;
  readonly brokerName: string;
  readonly brokerId: number;
}

/**
 * Takes brokers out of the tables, several at a time because the topics are walked once for all of them.
 * Apache RocketMQ: RouteInfoManager#unRegisterBroker, BatchUnregistrationService.
 * @returns whom to tell that the smallest id of their group changed
 */
export function unregisterBrokers(
  tables: RouteTables,
  unregistrations: readonly BrokerUnregistration[],
  rules: { readonly notifyMinBrokerIdChanged: boolean },
): MinBrokerIdChange[] {
  const removed = new Set<string>();
  const withoutMaster = new Set<string>();
  const notify: MinBrokerIdChange[] = [];
  for (const { clusterName, brokerAddr, brokerName, brokerId } of unregistrations) {
    const brokerData = tables.brokerAddrTable.get(brokerName);
    if (brokerData === undefined) continue;
    const left = new Map([...brokerData.brokerAddrs].filter(([, addr]) => addr !== brokerAddr));
    // Not of this group: forgetting that it lives would leave its real group without an end.
    if (left.size === brokerData.brokerAddrs.size) continue;
    forgetLiveness(tables, clusterName, brokerAddr);
    const wasMin = brokerId === minBrokerId(brokerData.brokerAddrs);
    if (left.size === 0) {
      tables.brokerAddrTable.delete(brokerName);
      removeFromClusters(tables, brokerName);
      removed.add(brokerName);
      continue;
    }
    const reduced = { ...brokerData, brokerAddrs: left };
    tables.brokerAddrTable.set(brokerName, reduced);
    if (!brokerData.enableActingMaster) continue;
    if (!left.has(MASTER_ID)) withoutMaster.add(brokerName);
    const change =
      wasMin && rules.notifyMinBrokerIdChanged ? minBrokerIdChange(reduced, brokerAddr, null) : null;
    if (change !== null) notify.push(change);
  }
  if (removed.size > 0 || withoutMaster.size > 0) cleanTopics(tables, removed, withoutMaster);
  return notify;
}

function forgetLiveness(tables: RouteTables, clusterName: string, brokerAddr: string): void {
  const key = brokerKey(clusterName, brokerAddr);
  tables.brokerLiveTable.delete(key);
  tables.filterServerTable.delete(key);
}

function removeFromClusters(tables: RouteTables, brokerName: string): void {
  for (const [clusterName, brokerNames] of tables.clusterAddrTable) {
    brokerNames.delete(brokerName);
    if (brokerNames.size === 0) tables.clusterAddrTable.delete(clusterName);
  }
}

/** A topic without brokers goes; a group whose slave acts for the master is read-only. */
function cleanTopics(
  tables: RouteTables,
  removed: ReadonlySet<string>,
  withoutMaster: ReadonlySet<string>,
): void {
  for (const [topic, mappings] of tables.topicQueueMappingInfoTable) {
    for (const brokerName of removed) mappings.delete(brokerName);
    if (mappings.size === 0) tables.topicQueueMappingInfoTable.delete(topic);
  }
  for (const [topic, queueDatas] of tables.topicQueueTable) {
    for (const brokerName of removed) queueDatas.delete(brokerName);
    if (queueDatas.size === 0) tables.topicQueueTable.delete(topic);
    for (const brokerName of withoutMaster) {
      const queueData = queueDatas.get(brokerName);
      if (queueData !== undefined)
        queueDatas.set(brokerName, { ...queueData, perm: queueData.perm & ~Perm.WRITE });
    }
  }
}

/** Forgets brokers that are lost, also those that no group has any more because another took their id. */
export function loseBrokers(
  tables: RouteTables,
  lost: readonly BrokerLiveInfo[],
  rules: { readonly notifyMinBrokerIdChanged: boolean },
): MinBrokerIdChange[] {
  const unregistrations = lost.flatMap((live) => unregistrationsOf(tables, live));
  const notify = unregisterBrokers(tables, unregistrations, rules);
  for (const { clusterName, brokerAddr } of lost) forgetLiveness(tables, clusterName, brokerAddr);
  return notify;
}

/** What a live broker is registered as, looked up by its address; it may have changed its name meanwhile. */
function unregistrationsOf(tables: RouteTables, live: BrokerLiveInfo): BrokerUnregistration[] {
  const { clusterName, brokerAddr } = live;
  const unregistrations: BrokerUnregistration[] = [];
  for (const { brokerName, brokerAddrs } of tables.brokerAddrTable.values()) {
    for (const [brokerId, addr] of brokerAddrs) {
      if (addr === brokerAddr) unregistrations.push({ clusterName, brokerAddr, brokerName, brokerId });
    }
  }
  return unregistrations;
}

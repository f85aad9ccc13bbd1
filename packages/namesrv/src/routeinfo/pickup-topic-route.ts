import { isWriteable } from '@centaurmq/protocol';
import type { BrokerData, QueueData, TopicQueueMappingInfo, TopicRouteData } from '@centaurmq/protocol';
import type { RouteTables } from './route-tables.ts';
import { brokerKey, MASTER_ID, minBrokerId } from './route-tables.ts';

/** A route with the mapping of a static topic: brokerName → mapping. */
export interface TopicRoute extends TopicRouteData {
  readonly topicQueueMappingByBroker?: ReadonlyMap<string, TopicQueueMappingInfo> | undefined;
}

/** Routes of these topics show slaves as they are: masters find their group by them. */
const SYNC_BROKER_MEMBER_GROUP_PREFIX = 'rmq_sys_SYNC_BROKER_MEMBER_';

/**
 * Where a topic is, brokers sorted by name; null when no broker of it is registered.
 * Apache RocketMQ: RouteInfoManager#pickupTopicRouteData.
 */
export function pickupTopicRouteData(
  tables: RouteTables,
  topic: string,
  rules: { readonly supportActingMaster: boolean },
): TopicRoute | null {
  const queueDatas = sortedByBrokerName([...(tables.topicQueueTable.get(topic)?.values() ?? [])]);
  const brokerDatas = queueDatas
    .map(({ brokerName }) => tables.brokerAddrTable.get(brokerName))
    .filter((brokerData) => brokerData !== undefined);
  if (brokerDatas.length === 0) return null;
  const showsActingMasters = rules.supportActingMaster && !topic.startsWith(SYNC_BROKER_MEMBER_GROUP_PREFIX);
  return {
    brokerDatas: showsActingMasters
      ? brokerDatas.map((brokerData) => withActingMaster(brokerData, queueDatas))
      : brokerDatas,
    queueDatas,
    filterServerTable: filterServersOf(tables, brokerDatas),
    topicQueueMappingByBroker: tables.topicQueueMappingInfoTable.get(topic),
  };
}

function sortedByBrokerName(queueDatas: QueueData[]): QueueData[] {
  return queueDatas.toSorted((one, other) => (one.brokerName < other.brokerName ? -1 : 1));
}

function filterServersOf(tables: RouteTables, brokerDatas: readonly BrokerData[]): Map<string, string[]> {
  const filterServers = new Map<string, string[]>();
  for (const { cluster, brokerAddrs } of brokerDatas) {
    for (const brokerAddr of brokerAddrs.values()) {
      const servers = tables.filterServerTable.get(brokerKey(cluster, brokerAddr));
      if (servers !== undefined) filterServers.set(brokerAddr, [...servers]);
    }
  }
  return filterServers;
}

/** In a read-only group without a master the smallest slave is shown as the master. */
function withActingMaster(brokerData: BrokerData, queueDatas: readonly QueueData[]): BrokerData {
  const { brokerName, brokerAddrs, enableActingMaster } = brokerData;
  const min = minBrokerId(brokerAddrs);
  if (min === null || min === MASTER_ID || !enableActingMaster) return brokerData;
  const queueData = queueDatas.find((candidate) => candidate.brokerName === brokerName);
  if (queueData === undefined || isWriteable(queueData.perm)) return brokerData;
  const shown = [...brokerAddrs].map(([brokerId, addr]): [number, string] => [
    brokerId === min ? MASTER_ID : brokerId,
    addr,
  ]);
  return { ...brokerData, brokerAddrs: new Map(shown) };
}

/**
 * For clients that ask for their own zone only: other zones' brokers are left out, unless they have no master.
 * Apache RocketMQ: ZoneRouteRPCHook.
 */
export function filterByZone(route: TopicRoute, zoneName: string): TopicRoute {
  const isNear = ({ brokerAddrs, zoneName: zone }: BrokerData): boolean =>
    !brokerAddrs.has(MASTER_ID) || zone?.toLowerCase() === zoneName.toLowerCase();
  const far = route.brokerDatas.filter((brokerData) => !isNear(brokerData));
  const farNames = new Set(far.map(({ brokerName }) => brokerName));
  return {
    ...route,
    brokerDatas: route.brokerDatas.filter(isNear),
    queueDatas: route.queueDatas.filter(({ brokerName }) => !farNames.has(brokerName)),
    filterServerTable: new Map(
      [...route.filterServerTable].filter(
        ([brokerAddr]) => !far.some(({ brokerAddrs }) => [...brokerAddrs.values()].includes(brokerAddr)),
      ),
    ),
  };
}

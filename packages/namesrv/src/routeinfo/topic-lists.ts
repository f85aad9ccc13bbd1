import type { QueueData, TopicList } from '@centaurmq/protocol';
import type { RouteTables } from './route-tables.ts';

/** Bits of topicSysFlag. Apache RocketMQ: TopicSysFlag. */
const FLAG_UNIT = 1;
const FLAG_UNIT_SUB = 2;

export function allTopics(tables: RouteTables): TopicList {
  return { topicList: [...tables.topicQueueTable.keys()].toSorted() };
}

/** Topics of any broker of the cluster; none for an unknown cluster. */
export function topicsByCluster(tables: RouteTables, clusterName: string): TopicList {
  const brokerNames = tables.clusterAddrTable.get(clusterName) ?? new Set<string>();
  return topicsWhere(tables, (queueDatas) =>
    [...brokerNames].some((brokerName) => queueDatas.has(brokerName)),
  );
}

/** Names that every cluster reserves: its own and its brokers'. */
export function systemTopics(tables: RouteTables): TopicList {
  const topics = new Set<string>();
  for (const [clusterName, brokerNames] of tables.clusterAddrTable) {
    topics.add(clusterName);
    for (const brokerName of brokerNames) topics.add(brokerName);
  }
  const [group] = tables.brokerAddrTable.values();
  const [brokerAddr] = group?.brokerAddrs.values() ?? [];
  return { topicList: [...topics].toSorted(), brokerAddr };
}

export function unitTopics(tables: RouteTables): TopicList {
  return topicsWithSysFlag(tables, (flag) => (flag & FLAG_UNIT) !== 0);
}

export function unitSubTopics(tables: RouteTables): TopicList {
  return topicsWithSysFlag(tables, (flag) => (flag & FLAG_UNIT_SUB) !== 0);
}

export function unitSubTopicsOutsideUnits(tables: RouteTables): TopicList {
  return topicsWithSysFlag(tables, (flag) => (flag & FLAG_UNIT_SUB) !== 0 && (flag & FLAG_UNIT) === 0);
}

/** Brokers of one topic are taken to agree: the first one's flag counts. */
function topicsWithSysFlag(tables: RouteTables, matches: (topicSysFlag: number) => boolean): TopicList {
  return topicsWhere(tables, (queueDatas) => {
    const [first] = queueDatas.values();
    return first !== undefined && matches(first.topicSysFlag);
  });
}

function topicsWhere(
  tables: RouteTables,
  matches: (queueDatas: ReadonlyMap<string, QueueData>) => boolean,
): TopicList {
  const topics = [...tables.topicQueueTable]
    .filter(([, queueDatas]) => matches(queueDatas))
    .map(([topic]) => topic);
  return { topicList: topics.toSorted() };
}

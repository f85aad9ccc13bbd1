import type { MqAdmin } from '@centaurmq/client';
import type { ConsumeStats } from '@centaurmq/protocol';
import {
  RETRY_GROUP_TOPIC_PREFIX,
  TopicRules,
  compareMessageQueues,
  mqVersionName,
} from '@centaurmq/protocol';
import { Option } from 'commander';
import type { Answer, CommandParts } from '../admin-command.ts';
import { localTime } from '../local-time.ts';
import { formatTable } from '../table.ts';

interface ConsumerProgressFlags {
  readonly groupName?: string;
  readonly topicName?: string;
}

interface GroupRow {
  readonly group: string;
  /** Clients online. */
  readonly count: number;
  readonly version: string;
  readonly type: string;
  readonly model: string;
  readonly tps: number;
  readonly diffTotal: number;
}

export const consumerProgress: CommandParts<ConsumerProgressFlags> = {
  name: 'consumerProgress',
  description: 'how far a group is behind in every queue (-g), or all groups in brief',
  options: [
    new Option('-g, --groupName <name>', 'consumer group'),
    new Option('-t, --topicName <name>', 'only this topic, with -g'),
  ],
  async run(admin, { groupName, topicName }, command): Promise<Answer> {
    if (groupName !== undefined) return progressOfGroup(admin, groupName, topicName ?? null);
    if (topicName !== undefined) command.error('error: -t needs -g');
    return progressOfAll(admin);
  },
};

async function progressOfGroup(admin: MqAdmin, group: string, topic: string | null): Promise<Answer> {
  const { offsetTable, consumeTps } = await admin.examineConsumeStats(group, topic);
  const queues = [...offsetTable]
    .toSorted(([one], [other]) => compareMessageQueues(one, other))
    .map(([queue, offsets]) =>
      Object.assign({}, queue, offsets, {
        diff: offsets.brokerOffset - offsets.consumerOffset,
        inflight: offsets.pullOffset - offsets.consumerOffset,
      }),
    );
  const heads = [
    'Topic',
    'Broker Name',
    'QID',
    'Broker Offset',
    'Consumer Offset',
    'Diff',
    'Inflight',
    'LastTime',
  ];
  const rows = queues.map((queue) => [
    queue.topic,
    queue.brokerName,
    queue.queueId,
    queue.brokerOffset,
    queue.consumerOffset,
    queue.diff,
    queue.inflight,
    localTime(queue.lastTimestamp),
  ]);
  const diffTotal = queues.reduce((sum, { diff }) => sum + diff, 0);
  const inflightTotal = queues.reduce((sum, { inflight }) => sum + inflight, 0);
  const totals = [
    `Consume TPS: ${consumeTps.toFixed(2)}`,
    `Consume Diff Total: ${diffTotal}`,
    `Consume Inflight Total: ${inflightTotal}`,
  ];
  return {
    text: `${formatTable(heads, rows)}\n${totals.join('\n')}\n`,
    json: { group, queues, consumeTps, diffTotal, inflightTotal },
  };
}

async function progressOfAll(admin: MqAdmin): Promise<Answer> {
  const topics = await admin.fetchAllTopicList();
  const groups = topics
    .filter((topic) => TopicRules.isRetryTopic(topic))
    .map((topic) => topic.slice(RETRY_GROUP_TOPIC_PREFIX.length));
  const found = await Promise.all(groups.map((group) => groupRow(admin, group)));
  const rows = found.map(({ group, count, version, type, model, tps, diffTotal }) => [
    group,
    count,
    version,
    type,
    model,
    tps,
    diffTotal,
  ]);
  return {
    text: formatTable(['Group', 'Count', 'Version', 'Type', 'Model', 'TPS', 'Diff Total'], rows),
    json: found,
  };
}

async function groupRow(admin: MqAdmin, group: string): Promise<GroupRow> {
  const stats = await admin.examineConsumeStats(group).catch(() => null);
  const connection = await admin.examineConsumerConnectionInfo(group).catch(() => null);
  const clients = connection?.connectionSet ?? [];
  const isPush = connection?.consumeType !== 'CONSUME_ACTIVELY';
  return {
    group,
    count: clients.length,
    version:
      clients.length === 0 ? 'OFFLINE' : mqVersionName(Math.min(...clients.map(({ version }) => version))),
    type: clients.length === 0 ? '' : isPush ? 'PUSH' : 'PULL',
    model: clients.length === 0 || !isPush ? '' : (connection?.messageModel ?? ''),
    tps: Math.floor(stats?.consumeTps ?? 0),
    diffTotal: stats === null ? 0 : totalDiff(stats),
  };
}

function totalDiff({ offsetTable }: ConsumeStats): number {
  let total = 0;
  for (const { brokerOffset, consumerOffset } of offsetTable.values()) total += brokerOffset - consumerOffset;
  return total;
}

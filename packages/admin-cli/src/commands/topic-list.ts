import type { MqAdmin } from '@centaurmq/client';
import { MqError } from '@centaurmq/client';
import { ResponseCode, TopicRules } from '@centaurmq/protocol';
import { Option } from 'commander';
import type { Answer, CommandParts } from '../admin-command.ts';
import { formatTable } from '../table.ts';

interface TopicListFlags {
  readonly clusterModel?: boolean;
}

interface TopicOfCluster {
  readonly cluster: string;
  readonly topic: string;
  readonly consumerGroup: string;
}

export const topicList: CommandParts<TopicListFlags> = {
  name: 'topicList',
  description: 'all topics; with -c also their clusters and consumer groups',
  options: [new Option('-c, --clusterModel', 'show clusters and consumer groups')],
  async run(admin, { clusterModel }): Promise<Answer> {
    const topics = await admin.fetchAllTopicList();
    if (clusterModel !== true) return { text: topics.map((topic) => `${topic}\n`).join(''), json: topics };
    const rows = (await Promise.all(topics.map((topic) => rowsOf(admin, topic)))).flat();
    const heads = ['Cluster Name', 'Topic', 'Consumer Group'];
    return {
      text: formatTable(
        heads,
        rows.map((row) => [row.cluster, row.topic, row.consumerGroup]),
      ),
      json: rows,
    };
  },
};

/** Topics of groups themselves are left out, as mqadmin does. */
async function rowsOf(admin: MqAdmin, topic: string): Promise<TopicOfCluster[]> {
  if (TopicRules.isRetryTopic(topic) || TopicRules.isDlqTopic(topic)) return [];
  let cluster = '';
  let groups: string[] = [];
  try {
    cluster = (await admin.examineTopicRouteInfo(topic)).brokerDatas[0]?.cluster ?? '';
    groups = await admin.queryTopicConsumeByWho(topic);
  } catch (error) {
    // No live broker has it, or it has been deleted meanwhile.
    const isGone =
      error instanceof MqError &&
      (error.code === 'TOPIC_NOT_FOUND' || error.responseCode === ResponseCode.TOPIC_NOT_EXIST);
    if (!isGone) throw error;
  }
  return (groups.length === 0 ? [''] : groups).map((consumerGroup) => ({ cluster, topic, consumerGroup }));
}

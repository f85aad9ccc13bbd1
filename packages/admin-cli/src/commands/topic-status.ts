import { compareMessageQueues } from '@centaurmq/protocol';
import { Option } from 'commander';
import type { Answer, CommandParts } from '../admin-command.ts';
import { localTime } from '../local-time.ts';
import { formatTable } from '../table.ts';

interface TopicStatusFlags {
  readonly topic: string;
}

export const topicStatus: CommandParts<TopicStatusFlags> = {
  name: 'topicStatus',
  description: 'offsets of every queue of a topic, and when it got its last message',
  options: [new Option('-t, --topic <name>', 'topic').makeOptionMandatory()],
  async run(admin, { topic }): Promise<Answer> {
    const { offsetTable, topicPutTps } = await admin.examineTopicStats(topic);
    const queues = [...offsetTable]
      .toSorted(([one], [other]) => compareMessageQueues(one, other))
      .map(([queue, offsets]) => Object.assign({}, queue, offsets));
    const rows = queues.map(({ brokerName, queueId, minOffset, maxOffset, lastUpdateTimestamp }) => [
      brokerName,
      queueId,
      minOffset,
      maxOffset,
      localTime(lastUpdateTimestamp),
    ]);
    const table = formatTable(['Broker Name', 'QID', 'Min Offset', 'Max Offset', 'Last Updated'], rows);
    return { text: `${table}\nTopic Put TPS: ${topicPutTps}\n`, json: { topic, queues, topicPutTps } };
  },
};

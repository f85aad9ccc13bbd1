import { Option } from 'commander';
import type { Answer, CommandParts } from '../admin-command.ts';

interface DeleteTopicFlags {
  readonly topic: string;
  readonly clusterName: string;
}

export const deleteTopic: CommandParts<DeleteTopicFlags> = {
  name: 'deleteTopic',
  description: 'delete a topic with its messages from the brokers and name servers of a cluster',
  options: [
    new Option('-t, --topic <name>', 'topic').makeOptionMandatory(),
    new Option('-c, --clusterName <name>', 'cluster').makeOptionMandatory(),
  ],
  async run(admin, { topic, clusterName }): Promise<Answer> {
    await admin.deleteTopic(topic, clusterName);
    return {
      text: `topic ${topic} is deleted from cluster ${clusterName}\n`,
      json: { deleted: topic, clusterName },
    };
  },
};

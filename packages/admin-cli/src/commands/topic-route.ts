import { permText } from '@centaurmq/protocol';
import { Option } from 'commander';
import type { Answer, CommandParts } from '../admin-command.ts';
import { formatTable } from '../table.ts';

interface TopicRouteFlags {
  readonly topic: string;
}

export const topicRoute: CommandParts<TopicRouteFlags> = {
  name: 'topicRoute',
  description: 'where a topic lives: brokers, addresses, queues, permission',
  options: [
    new Option('-t, --topic <name>', 'topic').makeOptionMandatory(),
    new Option('-l, --list', 'a table, which is what is printed anyway'),
  ],
  async run(admin, { topic }): Promise<Answer> {
    const route = await admin.examineTopicRouteInfo(topic);
    const brokers = new Map(route.brokerDatas.map((brokerData) => [brokerData.brokerName, brokerData]));
    const rows = route.queueDatas.map((queueData) => {
      const broker = brokers.get(queueData.brokerName);
      const addresses = [...(broker?.brokerAddrs ?? [])].map(
        ([brokerId, address]) => `${brokerId}=${address}`,
      );
      return [
        broker?.cluster ?? '',
        queueData.brokerName,
        addresses.join(' '),
        queueData.readQueueNums,
        queueData.writeQueueNums,
        `${queueData.perm} (${permText(queueData.perm)})`,
      ];
    });
    const heads = ['ClusterName', 'BrokerName', 'BrokerAddrs', 'ReadQueue', 'WriteQueue', 'Perm'];
    return { text: formatTable(heads, rows), json: route };
  },
};

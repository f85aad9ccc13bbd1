import {
  type DataVersion,
  RegisterBrokerBody,
  type TopicConfig,
  wrapTopicConfigs,
} from '@centaurmq/protocol';

const PERM_READ_WRITE_MASK = 6;

/** What a name server is told: the given topics, with no more permission than the broker has. */
export function registrationBody(
  topics: Iterable<TopicConfig>,
  given: { readonly dataVersion: DataVersion; readonly brokerPermission: number },
): Buffer {
  const table = new Map<string, TopicConfig>();
  for (const topic of topics) {
    // The broker's permission takes away from reading and writing; inheriting is not its business.
    const perm = topic.perm & (given.brokerPermission | ~PERM_READ_WRITE_MASK);
    table.set(topic.topicName, perm === topic.perm ? topic : { ...topic, perm });
  }
  return RegisterBrokerBody.encode({
    filterServerList: [],
    topicConfigSerializeWrapper: wrapTopicConfigs(table, given.dataVersion),
  });
}

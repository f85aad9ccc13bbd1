import { writeJson } from '@centaurmq/protocol';
import type { DataVersion } from '../metadata/versioned-table.ts';
import type { TopicConfig } from '../topic/topic-config.ts';

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
  return Buffer.from(
    writeJson({
      filterServerList: [],
      topicConfigSerializeWrapper: {
        dataVersion: given.dataVersion,
        mappingDataVersion: { counter: 0, stateVersion: 0, timestamp: 0 },
        topicConfigTable: table,
        topicQueueMappingDetailMap: {},
        topicQueueMappingInfoMap: {},
      },
    }),
  );
}

import {
  ConsumerOffsetSerializeWrapper,
  DataVersion,
  JsonValue,
  SubscriptionGroupWrapper,
  TopicConfig,
  TopicConfigAndMappingSerializeWrapper,
} from '@centaurmq/protocol';
import { DATA_VERSION_KEY } from '../metadata/versioned-table.ts';
import { CONSUMER_OFFSET_TABLE } from '../offset/consumer-offset-manager.ts';
import { DELAY_OFFSET_TABLE } from '../schedule/schedule-message-service.ts';
import type { MetadataBatch, MetadataStore } from '../store/message-store.ts';
import {
  SUBSCRIPTION_GROUP_TABLE,
  storedSubscriptionGroupCodec,
} from '../subscription/subscription-group-manager.ts';
import { TOPIC_TABLE } from '../topic/topic-config-manager.ts';

/** Apache RocketMQ's files of a broker's tables, in `config` below the store directory, that we read and write. */
export const apacheConfigFiles = [
  'topics.json',
  'subscriptionGroup.json',
  'consumerOffset.json',
  'delayOffset.json',
] as const;
export type ApacheConfigFile = (typeof apacheConfigFiles)[number];

/** Texts of files; one that does not exist is absent. */
export type ApacheConfig = Readonly<Partial<Record<ApacheConfigFile, string>>>;

/** How many entries each file had. */
export type ImportedCounts = Readonly<Partial<Record<ApacheConfigFile, number>>>;

type Put = MetadataBatch['puts'][number];

/** True when this store has tables of its own: an import would overwrite them. */
export async function hasMetadata(metadata: MetadataStore): Promise<boolean> {
  return (await metadata.scan(TOPIC_TABLE)).size > 0;
}

/**
 * Takes over what an Apache broker kept in its files, all or nothing. Entries that are here already under the same name
 * are replaced.
 * @throws Error naming the file and what is wrong in it
 */
export async function importApacheConfig(
  metadata: MetadataStore,
  config: ApacheConfig,
): Promise<ImportedCounts> {
  const puts: Put[] = [];
  const counts: Partial<Record<ApacheConfigFile, number>> = {};
  for (const file of apacheConfigFiles) {
    const text = config[file];
    if (text === undefined) continue;
    try {
      const entries = readers[file](Buffer.from(text));
      puts.push(...entries);
      counts[file] = entries.filter(({ key }) => key !== DATA_VERSION_KEY).length;
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`${file} cannot be imported: ${reason}`, { cause });
    }
  }
  await metadata.commit({ puts, deletes: [] });
  return counts;
}

const readers: Readonly<Record<ApacheConfigFile, (text: Uint8Array) => Put[]>> = {
  'topics.json'(text) {
    const { topicConfigTable, dataVersion } = TopicConfigAndMappingSerializeWrapper.decode(text);
    const puts = [...topicConfigTable].map(([key, topic]) => ({
      table: TOPIC_TABLE,
      key,
      value: TopicConfig.encode({ ...topic, topicName: key }),
    }));
    return [...puts, ...versionPut(TOPIC_TABLE, dataVersion)];
  },
  'subscriptionGroup.json'(text) {
    const { subscriptionGroupTable, forbiddenTable, dataVersion } = SubscriptionGroupWrapper.decode(text);
    const puts = [...subscriptionGroupTable].map(([key, config]) => ({
      table: SUBSCRIPTION_GROUP_TABLE,
      key,
      value: storedSubscriptionGroupCodec.encode({
        config: { ...config, groupName: key },
        forbidden: forbiddenTable.get(key) ?? new Map<string, number>(),
      }),
    }));
    return [...puts, ...versionPut(SUBSCRIPTION_GROUP_TABLE, dataVersion)];
  },
  'consumerOffset.json': (text) =>
    [...ConsumerOffsetSerializeWrapper.decode(text).offsetTable].map(([key, offsets]) => ({
      table: CONSUMER_OFFSET_TABLE,
      key,
      value: Buffer.from(JSON.stringify(Object.fromEntries(offsets))),
    })),
  'delayOffset.json'(text) {
    const offsets = JsonValue.parse(text, 'delayOffset.json').tableOf('offsetTable', (value) =>
      value.number(),
    );
    return [...offsets].map(([key, offset]) => ({
      table: DELAY_OFFSET_TABLE,
      key,
      value: Buffer.from(String(offset)),
    }));
  },
};

/** The same tables as Apache RocketMQ reads them at its start. */
export async function exportApacheConfig(metadata: MetadataStore): Promise<Record<ApacheConfigFile, string>> {
  const topics = await tableOf(metadata, TOPIC_TABLE);
  const groups = await tableOf(metadata, SUBSCRIPTION_GROUP_TABLE);
  const stored = [...groups.entries].map(
    ([group, bytes]) => [group, storedSubscriptionGroupCodec.decode(bytes)] as const,
  );
  const wrapper = {
    dataVersion: groups.dataVersion,
    subscriptionGroupTable: new Map(stored.map(([group, { config }]) => [group, config])),
    forbiddenTable: new Map(
      stored
        .filter(([, { forbidden }]) => forbidden.size > 0)
        .map(([group, { forbidden }]) => [group, forbidden]),
    ),
  };
  const offsets = await metadata.scan(CONSUMER_OFFSET_TABLE);
  const delays = await metadata.scan(DELAY_OFFSET_TABLE);
  return {
    'topics.json': prettyJson({
      dataVersion: topics.dataVersion,
      topicConfigTable: jsonTable(topics.entries),
    }),
    'subscriptionGroup.json': prettyJson(JSON.parse(SubscriptionGroupWrapper.encode(wrapper).toString())),
    'consumerOffset.json': prettyJson({ offsetTable: jsonTable(offsets) }),
    'delayOffset.json': prettyJson({ offsetTable: jsonTable(delays) }),
  };
}

async function tableOf(
  metadata: MetadataStore,
  table: string,
): Promise<{ dataVersion: DataVersion; entries: Map<string, Uint8Array> }> {
  const entries = new Map(await metadata.scan(table));
  const version = entries.get(DATA_VERSION_KEY);
  entries.delete(DATA_VERSION_KEY);
  const dataVersion =
    version === undefined ? { counter: 0, stateVersion: 0, timestamp: 0 } : DataVersion.decode(version);
  return { dataVersion, entries };
}

/** Without a version in the file ours stays what it is. */
function versionPut(table: string, dataVersion: DataVersion): Put[] {
  if (dataVersion.timestamp === 0) return [];
  return [{ table, key: DATA_VERSION_KEY, value: DataVersion.encode(dataVersion) }];
}

function jsonTable(entries: ReadonlyMap<string, Uint8Array>): Record<string, unknown> {
  return Object.fromEntries(
    [...entries].map(([key, bytes]): [string, unknown] => [key, JSON.parse(Buffer.from(bytes).toString())]),
  );
}

/** As Apache's: indented by tabs. */
function prettyJson(value: unknown): string {
  return `${JSON.stringify(value, null, '\t')}\n`;
}

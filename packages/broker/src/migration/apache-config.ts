import { parseFastJson } from '@centaurmq/protocol';
import { type JsonObject, jsonInteger, jsonObject } from '../metadata/json-value.ts';
import {
  DATA_VERSION_KEY,
  type DataVersion,
  dataVersionOf,
  encodeDataVersion,
} from '../metadata/versioned-table.ts';
import { CONSUMER_OFFSET_TABLE } from '../offset/consumer-offset-manager.ts';
import { DELAY_OFFSET_TABLE } from '../schedule/schedule-message-service.ts';
import type { MetadataBatch, MetadataStore } from '../store/message-store.ts';
import { subscriptionGroupConfigOf } from '../subscription/subscription-group-config.ts';
import { SUBSCRIPTION_GROUP_TABLE } from '../subscription/subscription-group-manager.ts';
import { encodeTopicConfig, topicConfigOf } from '../topic/topic-config-codec.ts';
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
      const entries = readers[file](jsonObject(parseFastJson(text), file));
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

const readers: Readonly<Record<ApacheConfigFile, (json: JsonObject) => Put[]>> = {
  'topics.json'(json) {
    const table = jsonObject(json['topicConfigTable'] ?? {}, 'topicConfigTable');
    const topics = Object.entries(table).map(([key, topic]) => ({
      table: TOPIC_TABLE,
      key,
      value: encodeTopicConfig(topicConfigOf(topic, key)),
    }));
    return [...topics, ...dataVersionPut(TOPIC_TABLE, json)];
  },
  'subscriptionGroup.json'(json) {
    const table = jsonObject(json['subscriptionGroupTable'] ?? {}, 'subscriptionGroupTable');
    const forbidden = jsonObject(json['forbiddenTable'] ?? {}, 'forbiddenTable');
    const groups = Object.entries(table).map(([key, group]) => ({
      table: SUBSCRIPTION_GROUP_TABLE,
      key,
      value: encodeJson({
        config: { ...subscriptionGroupConfigOf(group, key), groupName: key },
        forbidden: forbidden[key] ?? {},
      }),
    }));
    return [...groups, ...dataVersionPut(SUBSCRIPTION_GROUP_TABLE, json)];
  },
  'consumerOffset.json': (json) =>
    Object.entries(jsonObject(json['offsetTable'] ?? {}, 'offsetTable')).map(([key, offsets]) => ({
      table: CONSUMER_OFFSET_TABLE,
      key,
      value: encodeJson(integersOf(offsets, key)),
    })),
  'delayOffset.json': (json) =>
    Object.entries(integersOf(json['offsetTable'] ?? {}, 'offsetTable')).map(([key, offset]) => ({
      table: DELAY_OFFSET_TABLE,
      key,
      value: Buffer.from(String(offset)),
    })),
};

/** The same tables as Apache RocketMQ reads them at its start. */
export async function exportApacheConfig(metadata: MetadataStore): Promise<Record<ApacheConfigFile, string>> {
  const topics = await decodedTable(metadata, TOPIC_TABLE);
  const groups = await decodedTable(metadata, SUBSCRIPTION_GROUP_TABLE);
  const offsets = await decodedTable(metadata, CONSUMER_OFFSET_TABLE);
  const delays = await decodedTable(metadata, DELAY_OFFSET_TABLE);
  const groupConfigs: Record<string, unknown> = {};
  const forbiddenTable: Record<string, unknown> = {};
  for (const [group, stored] of Object.entries(groups.values)) {
    const { config, forbidden } = jsonObject(stored, group);
    groupConfigs[group] = config;
    if (Object.keys(jsonObject(forbidden ?? {}, group)).length > 0) forbiddenTable[group] = forbidden;
  }
  return {
    'topics.json': prettyJson({ dataVersion: topics.dataVersion, topicConfigTable: topics.values }),
    'subscriptionGroup.json': prettyJson({
      dataVersion: groups.dataVersion,
      forbiddenTable,
      subscriptionGroupTable: groupConfigs,
    }),
    'consumerOffset.json': prettyJson({ offsetTable: offsets.values }),
    'delayOffset.json': prettyJson({ offsetTable: delays.values }),
  };
}

interface DecodedTable {
  readonly dataVersion: DataVersion | undefined;
  readonly values: Record<string, unknown>;
}

async function decodedTable(metadata: MetadataStore, table: string): Promise<DecodedTable> {
  let dataVersion: DataVersion | undefined;
  const values: Record<string, unknown> = {};
  for (const [key, bytes] of await metadata.scan(table)) {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString());
    if (key === DATA_VERSION_KEY) dataVersion = dataVersionOf(value);
    else values[key] = value;
  }
  return { dataVersion, values };
}

/** Without a version in the file ours stays what it is. */
function dataVersionPut(table: string, json: JsonObject): Put[] {
  const found = json['dataVersion'];
  if (found === undefined) return [];
  return [{ table, key: DATA_VERSION_KEY, value: encodeDataVersion(dataVersionOf(found)) }];
}

function integersOf(json: unknown, where: string): Record<string, number> {
  const entries = Object.entries(jsonObject(json, where));
  return Object.fromEntries(entries.map(([key, value]) => [key, jsonInteger(value, `${where}.${key}`)]));
}

function encodeJson(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

/** As Apache's: indented by tabs. */
function prettyJson(value: unknown): string {
  return `${JSON.stringify(value, null, '\t')}\n`;
}

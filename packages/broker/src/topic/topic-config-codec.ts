import { jsonBoolean, jsonInteger, jsonObject, jsonText } from '../metadata/json-value.ts';
import type { TopicConfig } from './topic-config.ts';

const QUEUE_NUMS_MAX = 65_536;

/** The JSON of topics.json and of the wire. */
export function encodeTopicConfig(topic: TopicConfig): Uint8Array {
  return Buffer.from(JSON.stringify(topic));
}

export function decodeTopicConfig(bytes: Uint8Array, topicName: string): TopicConfig {
  return topicConfigOf(JSON.parse(Buffer.from(bytes).toString()), topicName);
}

/** Checks what Java's TopicConfig JSON says; absent members get Java's defaults. Throws TypeError naming the member. */
export function topicConfigOf(json: unknown, topicName: string): TopicConfig {
  const members = jsonObject(json, topicName);
  const filterType = jsonText(members['topicFilterType'], 'topicFilterType', 'SINGLE_TAG');
  const attributes: Record<string, string> = {};
  for (const [key, value] of Object.entries(jsonObject(members['attributes'] ?? {}, 'attributes')))
    attributes[key] = jsonText(value, `attributes.${key}`);
  return {
    topicName,
    readQueueNums: queueNums(members['readQueueNums'], 'readQueueNums'),
    writeQueueNums: queueNums(members['writeQueueNums'], 'writeQueueNums'),
    perm: jsonInteger(members['perm'], 'perm', 6),
    topicFilterType: filterType === 'MULTI_TAG' ? 'MULTI_TAG' : 'SINGLE_TAG',
    topicSysFlag: jsonInteger(members['topicSysFlag'], 'topicSysFlag', 0),
    order: jsonBoolean(members['order'], 'order', false),
    attributes,
  };
}

function queueNums(value: unknown, where: string): number {
  const count = jsonInteger(value, where, 16);
  if (count < 0 || count > QUEUE_NUMS_MAX)
    throw new TypeError(`${where}: expected between 0 and ${QUEUE_NUMS_MAX}, found ${count}`);
  return count;
}

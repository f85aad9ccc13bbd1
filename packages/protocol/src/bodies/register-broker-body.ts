import { constants, deflateSync, inflateSync } from 'node:zlib';
import { MqVersion } from '../command/mq-version.ts';
import { writeJson } from '../json/write-json.ts';
import { JsonError } from '../json/json-error.ts';
import { JsonValue } from '../json/json-object.ts';
import { DataVersion } from './data-version.ts';
import { type Body, defineBody } from './define-body.ts';
import {
  type TopicConfig,
  TopicConfigAndMappingSerializeWrapper,
  TopicQueueMappingInfo,
  topicFilterType,
  wrapTopicConfigs,
} from './topic-config.ts';

/** Largest compressed registration, once inflated, that is accepted: room for some hundred thousand topics. */
export const REGISTER_BROKER_INFLATED_BYTES_MAX = 67_108_864;

export interface RegisterBrokerBody {
  /** Always empty; filter servers are gone since RocketMQ 4.5. */
  readonly filterServerList: readonly string[];
  readonly topicConfigSerializeWrapper: TopicConfigAndMappingSerializeWrapper;
}

/** The plain form, which brokers send unless told otherwise. */
export const RegisterBrokerBody: Body<RegisterBrokerBody> = defineBody('RegisterBrokerBody', (json) => ({
  filterServerList: json.textsOf('filterServerList'),
  topicConfigSerializeWrapper: TopicConfigAndMappingSerializeWrapper.read(
    json.member('topicConfigSerializeWrapper'),
  ),
}));

/**
 * The compressed form: zlib over length-prefixed parts, where a topic is a line of text. A topic's `order` and system flag
 * are lost on the way, as with Java.
 */
export function encodeCompressedRegisterBrokerBody(body: RegisterBrokerBody): Buffer {
  const { dataVersion, topicConfigTable, topicQueueMappingInfoMap } = body.topicConfigSerializeWrapper;
  const parts = [
    lengthPrefixed(writeJson(dataVersion)),
    int(topicConfigTable.size),
    ...[...topicConfigTable.values()].map((topic) => lengthPrefixed(topicLine(topic))),
    lengthPrefixed(writeJson(body.filterServerList)),
    int(topicQueueMappingInfoMap.size),
    ...[...topicQueueMappingInfoMap.values()].map((mapping) => lengthPrefixed(writeJson(mapping))),
  ];
  return deflateSync(Buffer.concat(parts), { level: constants.Z_BEST_COMPRESSION });
}

/**
 * @param brokerVersion of the request: from V5_0_0 on, queue mappings follow
 * @throws JsonError for bytes that are no such body or inflate beyond {@link REGISTER_BROKER_INFLATED_BYTES_MAX}
 */
export function decodeCompressedRegisterBrokerBody(
  bytes: Uint8Array,
  brokerVersion: number,
): RegisterBrokerBody {
  const reader = new PartReader(inflate(bytes));
  const dataVersion = DataVersion.read(reader.json('dataVersion'));
  const topicConfigTable = new Map<string, TopicConfig>();
  for (let left = reader.count(); left > 0; left -= 1) {
    const topic = parseTopicLine(reader.text());
    topicConfigTable.set(topic.topicName, topic);
  }
  const filterServerList = reader.json('filterServerList').list((element) => element.text());
  const topicQueueMappingInfoMap = new Map<string, TopicQueueMappingInfo>();
  if (brokerVersion >= MqVersion.V5_0_0) {
    for (let left = reader.count(); left > 0; left -= 1) {
      const mapping = TopicQueueMappingInfo.read(reader.json('topicQueueMappingInfo'));
      topicQueueMappingInfoMap.set(mapping.topic, mapping);
    }
  }
  const wrapper = wrapTopicConfigs(topicConfigTable, dataVersion);
  return { filterServerList, topicConfigSerializeWrapper: { ...wrapper, topicQueueMappingInfoMap } };
}

function inflate(bytes: Uint8Array): Buffer {
  try {
    return inflateSync(bytes, { maxOutputLength: REGISTER_BROKER_INFLATED_BYTES_MAX });
  } catch (error) {
    const limit = REGISTER_BROKER_INFLATED_BYTES_MAX;
    throw new JsonError(
      'RegisterBrokerBody',
      (error as Error).message,
      `zlib data of at most ${limit} bytes inflated`,
    );
  }
}

function topicLine(topic: TopicConfig): string {
  const { topicName, readQueueNums, writeQueueNums, perm, attributes } = topic;
  return `${topicName} ${readQueueNums} ${writeQueueNums} ${perm} ${topic.topicFilterType} ${writeJson(attributes)}`;
}

const TOPIC_LINE = /^(\S+) (-?\d+) (-?\d+) (-?\d+) (\S+)(?: (.*))?$/s;

function parseTopicLine(line: string): TopicConfig {
  const [, topicName, readQueueNums, writeQueueNums, perm, filterType = '', attributes = ''] =
    TOPIC_LINE.exec(line) ?? [];
  if (topicName === undefined) {
    throw new JsonError(
      'RegisterBrokerBody.topic',
      JSON.stringify(line.slice(0, 100)),
      '"name read write perm filter attributes"',
    );
  }
  return {
    topicName,
    readQueueNums: Number(readQueueNums),
    writeQueueNums: Number(writeQueueNums),
    perm: Number(perm),
    topicFilterType: topicFilterType(filterType),
    topicSysFlag: 0,
    order: false,
    attributes: attributes === '' ? new Map() : attributesOf(attributes, topicName),
  };
}

function attributesOf(text: string, topicName: string): Map<string, string> {
  return JsonValue.parse(Buffer.from(text), `TopicConfig ${topicName}.attributes`).table((value) =>
    value.text(),
  );
}

function int(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function lengthPrefixed(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([int(bytes.length), bytes]);
}

class PartReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** A count of parts that follow: each takes four bytes at least. */
  count(): number {
    const count = this.#int();
    if (count < 0 || count > (this.#bytes.length - this.#at) / 4) throw this.#error(`a count of ${count}`);
    return count;
  }

  text(): string {
    const length = this.#int();
    if (length < 0 || length > this.#bytes.length - this.#at) throw this.#error(`a length of ${length}`);
    this.#at += length;
    return this.#bytes.toString('utf8', this.#at - length, this.#at);
  }

  json(name: string): JsonValue {
    return JsonValue.parse(Buffer.from(this.text()), `RegisterBrokerBody.${name}`);
  }

  #int(): number {
    if (this.#bytes.length - this.#at < 4) throw this.#error('the end');
    this.#at += 4;
    return this.#bytes.readInt32BE(this.#at - 4);
  }

  #error(found: string): JsonError {
    const left = this.#bytes.length - this.#at;
    return new JsonError(
      `RegisterBrokerBody, inflated byte ${this.#at}`,
      found,
      `no more than the ${left} bytes left`,
    );
  }
}

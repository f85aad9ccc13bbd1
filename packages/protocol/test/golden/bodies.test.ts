import { describe, expect, it } from 'vitest';
import {
  type Body,
  ClusterInfo,
  ConsumeStats,
  ConsumerConnection,
  ConsumerOffsetSerializeWrapper,
  DataVersion,
  GetBrokerMemberGroupResponseBody,
  GetConsumerStatusBody,
  JsonError,
  KVTable,
  LockBatchRequestBody,
  LockBatchResponseBody,
  MqVersion,
  ProducerConnection,
  QueryConsumeTimeSpanBody,
  RegisterBrokerBody,
  ResetOffsetBody,
  SubscriptionGroupConfig,
  SubscriptionGroupWrapper,
  TopicConfigAndMappingSerializeWrapper,
  TopicList,
  TopicRouteData,
  TopicStatsTable,
  decodeCompressedRegisterBrokerBody,
  encodeCompressedRegisterBrokerBody,
} from '../../src/index.ts';
import { golden } from '../support/golden.ts';
import { assertRejectsEveryPrefix } from '../support/prefixes.ts';

interface GoldenBody {
  readonly name: string;
  readonly text?: string;
  readonly hex?: string;
}

const bodies = golden('bodies') as GoldenBody[];
/** Reads a body and writes it again. */
type Again = (bytes: Uint8Array) => { readonly value: unknown; readonly written: Buffer };

function again<T>(body: Body<T>): Again {
  return (bytes) => {
    const value = body.decode(bytes);
    return { value, written: body.encode(value) };
  };
}

const codecs: Readonly<Record<string, Again>> = {
  ClusterInfo: again(ClusterInfo),
  ConsumeStats: again(ConsumeStats),
  ConsumerConnection: again(ConsumerConnection),
  ConsumerOffsetSerializeWrapper: again(ConsumerOffsetSerializeWrapper),
  DataVersion: again(DataVersion),
  GetBrokerMemberGroupResponseBody: again(GetBrokerMemberGroupResponseBody),
  GetConsumerStatusBody: again(GetConsumerStatusBody),
  KVTable: again(KVTable),
  LockBatchRequestBody: again(LockBatchRequestBody),
  LockBatchResponseBody: again(LockBatchResponseBody),
  ProducerConnection: again(ProducerConnection),
  QueryConsumeTimeSpanBody: again(QueryConsumeTimeSpanBody),
  RegisterBrokerBody: again(RegisterBrokerBody),
  ResetOffsetBody: again(ResetOffsetBody),
  SubscriptionGroupConfig: again(SubscriptionGroupConfig),
  SubscriptionGroupWrapper: again(SubscriptionGroupWrapper),
  TopicConfigAndMappingSerializeWrapper: again(TopicConfigAndMappingSerializeWrapper),
  TopicList: again(TopicList),
  TopicRouteData: again(TopicRouteData),
  TopicStatsTable: again(TopicStatsTable),
};

/** What we write differently on purpose: bare integer keys in quotes, 0 for 0.0, no derived texts, every table present. */
function asWeWrite(text: string): string {
  return text
    .replaceAll(/([{,])(\d+):/g, '$1"$2":')
    .replaceAll(/:(\d+)\.0\b/g, ':$1')
    .replaceAll(/,"\w+Str":"[^"]*"/g, '')
    .replace(/^(\{"dataVersion":\{[^}]*\},)("subscriptionGroupTable")/, '$1"forbiddenTable":{},$2');
}

const texts = bodies.flatMap(({ name, text }) => (text === undefined ? [] : [{ name, text }]));

describe('bodies as fastjson writes them', () => {
  it('are all known here', () => {
    expect(texts.length).toBeGreaterThan(20);
    for (const { name } of texts) expect(Object.keys(codecs)).toContain(name.split(/[ ,]/)[0]);
  });

  it.each(texts)('$name is read whole and written back', ({ name, text }) => {
    const codec = codecs[name.split(/[ ,]/)[0] ?? ''];
    if (codec === undefined) throw new Error(`no codec for ${name}`);
    const { value, written } = codec(Buffer.from(text));
    if (!name.includes('twice')) expect(written.toString()).toBe(asWeWrite(text));
    expect(codec(written).value).toEqual(value);
    assertRejectsEveryPrefix(Buffer.from(text), codec, [JsonError]);
  });

  it('the compressed registration is read, and ours reads the same', () => {
    const hex = bodies.find(({ name }) => name === 'RegisterBrokerBody, compressed')?.hex ?? '';
    const body = decodeCompressedRegisterBrokerBody(Buffer.from(hex, 'hex'), MqVersion.V5_3_3);
    const wrapper = body.topicConfigSerializeWrapper;
    expect(wrapper.dataVersion).toEqual({ counter: 7, stateVersion: 0, timestamp: 1_700_000_000_123 });
    expect(wrapper.topicConfigTable.get('TopicA')).toEqual({
      topicName: 'TopicA',
      readQueueNums: 8,
      writeQueueNums: 8,
      perm: 6,
      topicFilterType: 'SINGLE_TAG',
      topicSysFlag: 0,
      order: false,
      attributes: new Map([['message.type', 'NORMAL']]),
    });
    expect(
      decodeCompressedRegisterBrokerBody(encodeCompressedRegisterBrokerBody(body), MqVersion.V5_3_3),
    ).toEqual(body);
  });
});

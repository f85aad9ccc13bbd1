import { deflateSync, inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  JsonError,
  MqVersion,
  REGISTER_BROKER_INFLATED_BYTES_MAX,
  type RegisterBrokerBody,
  type TopicConfig,
  decodeCompressedRegisterBrokerBody,
  encodeCompressedRegisterBrokerBody,
  wrapTopicConfigs,
} from '../../src/index.ts';
import { assertRejectsEveryPrefix } from '../support/prefixes.ts';

const topic: TopicConfig = {
  topicName: 'T',
  readQueueNums: 4,
  writeQueueNums: 8,
  perm: 6,
  topicFilterType: 'MULTI_TAG',
  topicSysFlag: 0,
  order: false,
  attributes: new Map([['message.type', 'with space']]),
};
const body: RegisterBrokerBody = {
  filterServerList: ['f'],
  topicConfigSerializeWrapper: {
    ...wrapTopicConfigs(new Map([['T', topic]]), { counter: 1, stateVersion: 2, timestamp: 3 }),
    mappingDataVersion: { counter: 1, stateVersion: 2, timestamp: 3 },
    topicQueueMappingInfoMap: new Map([
      [
        'S',
        {
          bname: 'b',
          currIdMap: new Map([['0', 1]]),
          dirty: false,
          epoch: 4,
          scope: '__global__',
          topic: 'S',
          totalQueues: 1,
        },
      ],
    ]),
  },
};
const inflated = inflateSync(encodeCompressedRegisterBrokerBody(body));

function decode(bytes: Uint8Array): RegisterBrokerBody {
  return decodeCompressedRegisterBrokerBody(bytes, MqVersion.CURRENT);
}

describe('a compressed registration', () => {
  it('gives the body back', () => {
    expect(decode(encodeCompressedRegisterBrokerBody(body))).toEqual(body);
  });

  it('is read without queue mappings from an older broker', () => {
    const mappings = decodeCompressedRegisterBrokerBody(deflateSync(inflated), MqVersion.V4_9_8);
    expect(mappings.topicConfigSerializeWrapper.topicQueueMappingInfoMap.size).toBe(0);
    expect(mappings.topicConfigSerializeWrapper.topicConfigTable.size).toBe(1);
  });

  it('is refused when its end is missing, compressed or not', () => {
    assertRejectsEveryPrefix(encodeCompressedRegisterBrokerBody(body), decode, [JsonError]);
    assertRejectsEveryPrefix(inflated, (prefix) => decode(deflateSync(prefix)), [JsonError]);
  });

  it('is refused when a count or a length lies', () => {
    for (const at of [0, 4 + inflated.readInt32BE(0)]) {
      for (const lie of [-1, 0x7fff_ffff]) {
        const lying = Buffer.from(inflated);
        lying.writeInt32BE(lie, at);
        expect(() => decode(deflateSync(lying)), `${lie} at ${at}`).toThrow(JsonError);
      }
    }
  });

  it('is refused when it would inflate beyond its limit', { timeout: 60_000 }, () => {
    const bomb = deflateSync(Buffer.alloc(REGISTER_BROKER_INFLATED_BYTES_MAX + 1));
    expect(() => decode(bomb)).toThrow(/at most 67108864 bytes inflated/);
  });

  it('says which topic it cannot read', () => {
    const line = Buffer.from('T x 8 6 SINGLE_TAG {}');
    const version = Buffer.from('{}');
    const parts = [version, line].map((part) => Buffer.concat([Buffer.from([0, 0, 0, part.length]), part]));
    const bytes = Buffer.concat([parts[0] ?? version, Buffer.from([0, 0, 0, 1]), parts[1] ?? line]);
    expect(() => decode(deflateSync(bytes))).toThrow('found "T x 8 6 SINGLE_TAG {}"');
  });
});

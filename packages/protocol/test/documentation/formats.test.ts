import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  MessageSysFlag,
  RECORD_LENGTH_MIN,
  RecordOffset,
  SerializeType,
  decodeFrame,
  encodeFrame,
  encodeRecord,
  requestCommand,
} from '../../src/index.ts';
import { headerCount, headersPage } from './headers-page.ts';

function page(name: string): URL {
  return new URL(`../../../../docs/formats/${name}`, import.meta.url);
}

it('docs/formats/headers.md is what the field tables say', () => {
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(page('headers.md'), headersPage());
  expect(readFileSync(page('headers.md'), 'utf8')).toBe(headersPage());
  expect(headerCount()).toBeGreaterThan(90);
});

describe('docs/formats/frame.md', () => {
  it('shows frames as they are written', () => {
    const examples = [...readFileSync(page('frame.md'), 'utf8').matchAll(/```hex\n(.*?)```/gs)].map(
      ([, hex = '']) => Buffer.from(hex.replaceAll(/\s/g, ''), 'hex'),
    );
    const command = { ...requestCommand(105, { extFields: { topic: 'Orders' } }), opaque: 7 };
    const frames = [command, { ...command, serializeType: SerializeType.ROCKETMQ }].map((each) =>
      encodeFrame(each),
    );
    expect(examples.map((bytes) => bytes.toString('hex'))).toEqual(
      frames.map((bytes) => bytes.toString('hex')),
    );
    for (const example of examples) expect(decodeFrame(example).extFields).toEqual({ topic: 'Orders' });
  });
});

describe('docs/formats/record.md', () => {
  const [text = ''] = readFileSync(page('record.md'), 'utf8').split('## Properties');
  const rows = new Map(
    [...text.matchAll(/^\| (\d+) \| ([^|]+) \| (\w+) \|/gm)].map(([, at, , name]) => [name, Number(at)]),
  );

  it('places the fields where the decoder looks for them', () => {
    const places = Object.entries(RecordOffset).map(([name, at]) => {
      const camel = name.toLowerCase().replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase());
      return [camel, at];
    });
    for (const [name, at] of places) expect([name, rows.get(String(name))]).toEqual([name, at]);
  });

  it('places the fields where the encoder puts them', () => {
    const host = { host: '1.1.1.1', port: 0x0101_0101 };
    const record = encodeRecord({
      topic: '',
      flag: 0x0202_0202,
      properties: '',
      body: new Uint8Array(0),
      queueId: 0x0303_0303,
      queueOffset: 4,
      commitLogOffset: 5,
      sysFlag: 0x40,
      bornTimestamp: 6,
      bornHost: host,
      storeTimestamp: 7,
      storeHost: host,
      reconsumeTimes: 0x0808_0808,
      preparedTransactionOffset: 9,
    });
    expect(record.length).toBe(RECORD_LENGTH_MIN);
    expect(text).toContain(`The shortest record has ${RECORD_LENGTH_MIN} bytes.`);
    const words = (name: string): number => record.readInt32BE(rows.get(name) ?? -1);
    const longs = (name: string): number => Number(record.readBigInt64BE(rows.get(name) ?? -1));
    expect([words('flag'), words('queueId'), words('reconsumeTimes'), words('sysFlag')]).toEqual([
      0x0202_0202, 0x0303_0303, 0x0808_0808, 0x40,
    ]);
    expect([
      longs('queueOffset'),
      longs('commitLogOffset'),
      longs('bornTimestamp'),
      longs('storeTimestamp'),
    ]).toEqual([4, 5, 6, 7]);
    expect([longs('preparedTransactionOffset'), words('body')]).toEqual([9, 0]);
    expect(words('bornHost')).toBe(0x0101_0101);
    expect(words('storeHost')).toBe(0x0101_0101);
  });

  it('names the bits of sysFlag', () => {
    const bits = [...text.matchAll(/^\| `(0x[0-9A-F]+)`(?:, `(0x[0-9A-F]+)`)? \|/gim)].flatMap(
      ([, one, two]) => [one, two],
    );
    const named = bits.filter((bit) => bit !== undefined).map(Number);
    expect(named).toEqual([
      MessageSysFlag.COMPRESSED_FLAG,
      MessageSysFlag.MULTI_TAGS_FLAG,
      MessageSysFlag.TRANSACTION_ROLLBACK_TYPE,
      MessageSysFlag.BORNHOST_V6_FLAG,
      MessageSysFlag.STOREHOSTADDRESS_V6_FLAG,
      MessageSysFlag.NEED_UNWRAP_FLAG,
      MessageSysFlag.INNER_BATCH_FLAG,
      MessageSysFlag.COMPRESSION_TYPE_MASK,
    ]);
  });
});

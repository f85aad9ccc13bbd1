import { describe, expect, it } from 'vitest';
import {
  type MessageToEncode,
  RecordError,
  RecordReader,
  crc32,
  decodeRecord,
  decodeRecords,
  encodeRecord,
  offsetMessageId,
  recordCrcMatches,
} from '../../src/index.ts';
import { assertRejectsEveryPrefix } from '../support/prefixes.ts';

const message: MessageToEncode = {
  topic: 'TopicTest',
  flag: 7,
  properties: new Map([
    ['TAGS', 'TagA'],
    ['KEYS', 'k1 k2'],
  ]),
  body: Buffer.from('hello wörld'),
  queueId: 3,
  queueOffset: 12_345_678_901,
  commitLogOffset: 2 ** 52 + 1,
  sysFlag: 0x8,
  bornTimestamp: 1_700_000_000_123,
  bornHost: { host: '10.1.2.3', port: 50_123 },
  storeTimestamp: 1_700_000_000_456,
  storeHost: { host: '127.0.0.1', port: 10_911 },
  reconsumeTimes: 2,
  preparedTransactionOffset: 99,
};
const forms: [string, MessageToEncode][] = [
  ['IPv4, short topic', message],
  ['IPv6 born host', { ...message, bornHost: { host: 'fe80::1:0:0:2', port: 1 } }],
  ['IPv6 store host', { ...message, storeHost: { host: '::1', port: 10_911 } }],
  ['a topic of more than 127 bytes', { ...message, topic: `%RETRY%${'g'.repeat(200)}` }],
  ['nothing in it', { ...message, topic: '', body: Buffer.alloc(0), properties: new Map() }],
];

describe.each(forms)('a record: %s', (_name, form) => {
  it.each([false, true])('gives the message back (checksum of its own: %s)', (appendCrc) => {
    const record = encodeRecord(form, { appendCrc });
    const decoded = decodeRecord(record);
    const properties = new Map(form.properties as Map<string, string>);
    if (appendCrc) properties.set('__CRC32#', decoded.properties.get('__CRC32#') ?? '');
    expect(decoded).toEqual({
      ...form,
      properties,
      storeSize: record.length,
      bodyCrc: crc32(form.body),
      sysFlag: decoded.sysFlag,
    });
    expect(decoded.sysFlag & 0xf).toBe(8);
    expect(recordCrcMatches(record)).toBe(appendCrc ? true : null);
  });

  it('is refused when any of its end is missing', () => {
    assertRejectsEveryPrefix(encodeRecord(form, { appendCrc: true }), decodeRecord, [RecordError]);
  });
});

it('reads record after record', () => {
  const bytes = Buffer.concat(forms.map(([, form]) => encodeRecord(form)));
  expect(decodeRecords(bytes).map(({ topic }) => topic)).toEqual(forms.map(([, { topic }]) => topic));
  expect(decodeRecord(Buffer.concat([Buffer.alloc(5), bytes]), 5).topic).toBe('TopicTest');
  expect(() => decodeRecords(Buffer.concat([bytes, Buffer.alloc(1)]))).toThrow(RecordError);
});

it('reads a record from bytes that are a view on more', () => {
  const record = encodeRecord(message);
  const memory = new Uint8Array(record.length + 20).fill(0xff);
  memory.set(record, 7);
  expect(decodeRecord(memory.subarray(7, 7 + record.length)).topic).toBe('TopicTest');
});

it('notices a changed body and, when asked not to look, does not', () => {
  const record = encodeRecord(message);
  record[88] = (record[88] ?? 0) ^ 1;
  expect(() => decodeRecord(record)).toThrow(/body CRC at byte 8/);
  expect(decodeRecord(record, 0, { verifyBodyCrc: false }).topic).toBe('TopicTest');
});

it("notices any changed byte by the record's own checksum", () => {
  const record = encodeRecord(message, { appendCrc: true });
  for (let at = 0; at < record.length - 20; at += 1) {
    record[at] = (record[at] ?? 0) ^ 0x10;
    expect(recordCrcMatches(record), `byte ${at}`).toBe(false);
    record[at] = (record[at] ?? 0) ^ 0x10;
  }
  expect(recordCrcMatches(record)).toBe(true);
});

it('refuses an unknown magic and an offset beyond 2^53', () => {
  const record = encodeRecord(message);
  const blank = Buffer.from(record);
  blank.writeUInt32BE(0xcbd4_3194, 4);
  expect(() => decodeRecord(blank)).toThrow('magic at byte 4: found 0xcbd43194');
  const far = Buffer.from(record);
  far.writeBigInt64BE(2n ** 53n, 20);
  expect(() => decodeRecord(far)).toThrow(/queue offset at byte 20/);
});

it('refuses properties that the record cannot hold', () => {
  expect(() => encodeRecord({ ...message, properties: 'x'.repeat(32_768) })).toThrow(RecordError);
  expect(() => encodeRecord({ ...message, properties: 'x'.repeat(32_767) }, { appendCrc: true })).toThrow(
    RecordError,
  );
});

it('refuses an offset outside the bytes', () => {
  const record = encodeRecord(message);
  for (const offset of [record.length, record.length + 100_000]) {
    expect(() => decodeRecord(record, offset)).toThrow(RecordError);
  }
});

describe('a reader', () => {
  const hosts = ['10.0.0.1', '10.0.0.1', '10.0.0.2', '::1', '10.0.0.2'].map((host) => ({ host, port: 1 }));
  const bytes = Buffer.concat(hosts.map((bornHost) => encodeRecord({ ...message, bornHost })));

  it('gives each record its own host, and neighbours the same object', () => {
    const reader = new RecordReader(bytes);
    const read = hosts.map(() => reader.next().bornHost);
    expect(reader.isAtEnd).toBe(true);
    expect(read).toEqual(hosts);
    expect(read[1]).toBe(read[0]);
  });

  it('stands where it stood after an error, and says where that is', () => {
    const damaged = Buffer.from(bytes);
    const { storeSize } = decodeRecord(bytes);
    damaged[storeSize + 88] = (damaged[storeSize + 88] ?? 0) ^ 1;
    const reader = new RecordReader(damaged);
    reader.next();
    for (const _ of [1, 2]) expect(() => reader.next()).toThrow(`body CRC at byte ${storeSize + 8}`);
    expect(reader.next({ verifyBodyCrc: false }).queueOffset).toBe(message.queueOffset);
  });
});

it.each([
  [{ host: '10.1.2.3', port: 10_911 }, 2 ** 40 + 0xabc, '0A01020300002A9F0000010000000ABC'],
  [{ host: '10.1.2.3', port: 10_912 }, 0, '0A01020300002AA00000000000000000'],
  [{ host: '10.1.2.4', port: 10_912 }, 2 ** 53 - 1, '0A01020400002AA0001FFFFFFFFFFFFF'],
])('names the message at %o %d', (host, commitLogOffset, id) => {
  expect(offsetMessageId(host, commitLogOffset)).toBe(id);
});

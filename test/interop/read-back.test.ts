// What we write, read by Apache RocketMQ's own classes: the other direction of the golden files.
import * as protocol from '@centaurmq/protocol';
import {
  CompressionType,
  type ExtFields,
  type HeaderField,
  type MessageToEncode,
  RegisterBrokerBody,
  SerializeType,
  compressBody,
  crc32,
  encodeBatch,
  encodeCompressedRegisterBrokerBody,
  encodeFrame,
  encodeRecord,
  loadZstd,
  offsetMessageId,
  requestCommand,
  responseTo,
} from '@centaurmq/protocol';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scratchFolder, classpath, JavaProcess } from '@centaurmq/apache-rocketmq';
import { ourBodies, registration } from './our-bodies.ts';

const folder = scratchFolder('read-back');
const questions: string[] = [];
let answers: Record<string, unknown>[] = [];

/** Puts bytes on the list for Java and gives where its answer will be. */
function ask(kind: string, detail: string, bytes: Uint8Array): () => Record<string, unknown> {
  const index = questions.push(`${kind}\t${detail}\t${Buffer.from(bytes).toString('hex')}`) - 1;
  return () => answers[index] ?? { error: 'no answer' };
}

const properties = new Map([
  ['KEYS', 'k1 k2'],
  ['TAGS', 'Größe'],
]);
const message: MessageToEncode = {
  topic: 'Orders',
  flag: -7,
  properties,
  body: Buffer.from('hello wörld'),
  queueId: 3,
  queueOffset: 12_345_678_901,
  commitLogOffset: 2 ** 52 + 1,
  sysFlag: 0,
  bornTimestamp: 1_700_000_000_123,
  bornHost: { host: '10.1.2.3', port: 50_123 },
  storeTimestamp: 1_700_000_000_456,
  storeHost: { host: '127.0.0.1', port: 10_911 },
  reconsumeTimes: 2,
  preparedTransactionOffset: 99,
};
const records: [string, MessageToEncode, boolean][] = [
  ['plain', message, false],
  ['with its own checksum', message, true],
  [
    'IPv6 hosts',
    { ...message, bornHost: { host: '2001:db8::1', port: 1 }, storeHost: { host: '::1', port: 2 } },
    true,
  ],
  ['a long topic', { ...message, topic: `%RETRY%${'g'.repeat(200)}` }, true],
];
const commands = [
  {
    ...requestCommand(310, {
      extFields: { a: 'g', i: 'KEYS\u0001"k"\\\u0002ü🐎', z: '' },
      body: Buffer.from('b'),
    }),
    opaque: 7,
  },
  { ...requestCommand(15, { oneway: true }), opaque: -1 },
  responseTo({ opaque: 2 ** 31 - 1, serializeType: SerializeType.JSON }, 17, {
    remark: 'no route\n"T"',
    extFields: { k: 'v' },
  }),
];
const plains = [
  Buffer.alloc(0),
  Buffer.from('a'),
  Buffer.from('Hello RocketMQ, hello RocketMQ. '.repeat(3000)),
  Buffer.from(Array.from({ length: 9000 }, (_, at) => (at * at * 31) >> 3)),
];
const batch = [
  { flag: 1, properties, body: Buffer.from('one') },
  { flag: 0, properties: new Map<string, string>([['WAIT', 'true']]), body: Buffer.from('') },
];

/** Fields that Java's class has not: they travel beside it, or only we give them a header. */
const BESIDE_THE_CLASS = new Set(['MSG_REGION', 'TRACE_ON', '_UNIQUE_KEY_QUERY']);
/** Java marks them not-null, but old callers leave them out. */
const REQUIRED_BY_JAVA_ONLY = new Set(['topicSeq', 'groupSeq', 'order']);
/** Paging of topics and groups came after 5.3.3; HEART_BEAT's answer never had a class. */
const NOT_IN_JAVA = new Set([
  'GetAllSubscriptionGroupRequestHeader',
  'GetAllSubscriptionGroupResponseHeader',
  'GetAllTopicConfigRequestHeader',
  'GetAllTopicConfigResponseHeader',
  'HeartbeatResponseHeader',
]);
/** Values that Java checks while it decodes. */
const CHECKED: Readonly<Record<string, unknown>> = { topicFilterType: 'MULTI_TAG', commitOrRollback: 8 };
const SAMPLES = { string: 'größe', int: -7, long: 2 ** 53 - 1, boolean: true, boundary: 'UPPER' };

interface AnyHeader {
  readonly name: string;
  readonly fields: readonly HeaderField[];
  encode(values: Record<string, unknown>): ExtFields;
}

function isHeader(value: unknown): value is AnyHeader {
  return typeof value === 'object' && value !== null && 'fields' in value && 'decode' in value;
}

const headerAnswers = Object.values<unknown>(protocol)
  .filter((value) => isHeader(value))
  .filter(({ name }) => !NOT_IN_JAVA.has(name))
  .map((header) => {
    const values = Object.fromEntries(
      header.fields.map(({ property, kind }) => [property, CHECKED[property] ?? SAMPLES[kind]]),
    );
    const extFields = header.encode(values);
    const fields = header.fields.filter(({ key }) => !BESIDE_THE_CLASS.has(key));
    const { name } = header;
    return {
      name,
      fields,
      extFields,
      answer: ask('header', name, encodeFrame(requestCommand(0, { extFields }))),
    };
  });

const bodyAnswers = ourBodies.map(({ javaClass, bytes, read, expected }) => ({
  javaClass,
  read,
  expected,
  answer: ask('body', javaClass, bytes),
}));
const registrationAnswer = ask('registration', '', encodeCompressedRegisterBrokerBody(registration));
const recordAnswers = records.map(([name, record, appendCrc]) => {
  const bytes = encodeRecord(record, { appendCrc });
  return { name, record, bytes, answer: ask('record', '', bytes) };
});
const frameAnswers = commands.flatMap((command) =>
  Object.entries(SerializeType).map(([codec, serializeType]) => ({
    codec,
    command,
    answer: ask('frame', '', encodeFrame({ ...command, serializeType })),
  })),
);
const batchAnswer = ask('batch', '', encodeBatch(batch));
const compressedAnswers: { name: string; plain: Buffer; answer: () => Record<string, unknown> }[] = [];

beforeAll(async () => {
  await loadZstd();
  for (const [name, type] of Object.entries(CompressionType)) {
    for (const plain of plains) {
      compressedAnswers.push({ name, plain, answer: ask('compressed', name, compressBody(plain, type)) });
    }
  }
  writeFileSync(join(folder, 'questions.tsv'), `${questions.join('\n')}\n`);
  const java = new JavaProcess({
    name: 'ReadBack',
    classpath: await classpath('servers', ['launcher', 'read-back']),
    mainClass: 'ReadBack',
    args: [join(folder, 'questions.tsv'), join(folder, 'answers.jsonl')],
    heapMegabytes: 256,
    folder,
  });
  expect(await java.finish(60_000), java.output).toEqual({ code: 0, signal: null });
  const lines = readFileSync(join(folder, 'answers.jsonl'), 'utf8').trim().split('\n');
  answers = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(answers).toHaveLength(questions.length);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.each(bodyAnswers)('Java reads our $javaClass whole', ({ answer, read, expected }) => {
  const { text, error } = answer();
  expect(error).toBeUndefined();
  expect(read(Buffer.from(String(text)))).toEqual(expected);
});

it('compares the field tables of all headers but those that Java has not', () => {
  expect(headerAnswers.length).toBeGreaterThan(90);
});

describe('our field table is what Java declares:', () => {
  it.each(headerAnswers)('$name', ({ fields, extFields, answer }) => {
    const { values, required, error } = answer() as {
      values: Record<string, string | null>;
      required: string[];
      error?: string;
    };
    expect(error).toBeUndefined();
    expect(values).toEqual(Object.fromEntries(fields.map(({ key }) => [key, extFields[key]])));
    const requiredHere = fields.filter((field) => field.required).map(({ key }) => key);
    expect(requiredHere.toSorted()).toEqual(
      required.filter((key) => !REQUIRED_BY_JAVA_ONLY.has(key)).toSorted(),
    );
  });
});

it('Java reads our compressed registration', () => {
  const read = RegisterBrokerBody.decode(Buffer.from(String(registrationAnswer()['text'])));
  const { topicConfigTable, dataVersion } = read.topicConfigSerializeWrapper;
  expect(dataVersion).toEqual(registration.topicConfigSerializeWrapper.dataVersion);
  const sent = registration.topicConfigSerializeWrapper.topicConfigTable.get('T');
  // The compressed form has no place for these two.
  expect(topicConfigTable.get('T')).toEqual({ ...sent, order: false, topicSysFlag: 0 });
});

describe('Java reads our records', () => {
  it.each(recordAnswers)('$name', ({ record, bytes, answer }) => {
    const { properties: read, body, msgId, sysFlag, ...fields } = answer();
    const { bornHost, storeHost, body: _body, properties: _properties, sysFlag: _sysFlag, ...sent } = record;
    expect(fields).toEqual({ ...sent, storeSize: bytes.length, bodyCrc: crc32(record.body) });
    expect(body).toBe(Buffer.from(record.body).toString('hex'));
    expect(read).toMatchObject(Object.fromEntries(properties));
    expect(msgId).toBe(offsetMessageId(storeHost, record.commitLogOffset));
    const isIpv6 = (host: string): boolean => host.includes(':');
    expect(sysFlag).toBe((isIpv6(bornHost.host) ? 0x10 : 0) | (isIpv6(storeHost.host) ? 0x20 : 0));
  });
});

describe('Java reads our frames', () => {
  it.each(frameAnswers)('$codec, code $command.code', ({ codec, command, answer }) => {
    const read = answer();
    expect(read['error']).toBeUndefined();
    const { code, version, opaque, flag, remark } = command;
    expect(read).toMatchObject({ code, version, opaque, flag, remark, language: 'NODE_JS' });
    // Java reads an empty value of a binary header as null.
    const empty = codec === 'ROCKETMQ' ? null : '';
    const fields = Object.entries(command.extFields).map(([key, value]) => [
      key,
      value === '' ? empty : value,
    ]);
    expect(read['extFields'] ?? {}).toEqual(Object.fromEntries(fields));
    expect(read['body']).toBe(Buffer.from(command.body).toString('hex'));
  });
});

it('Java reads our batches', () => {
  expect(batchAnswer()['elements']).toEqual(
    batch.map(({ flag, properties: sent, body }) => ({
      flag,
      properties: Object.fromEntries(sent),
      body: body.toString('hex'),
    })),
  );
});

it('Java decompresses our bodies', () => {
  expect(compressedAnswers).toHaveLength(12);
  for (const { name, plain, answer } of compressedAnswers) {
    expect([name, plain.length, answer()]).toEqual([name, plain.length, { hex: plain.toString('hex') }]);
  }
});

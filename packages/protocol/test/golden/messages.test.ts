import { beforeAll, describe, expect, it } from 'vitest';
import {
  RecordError,
  compressBody,
  createUniqueKeyGenerator,
  decodeBatch,
  decodeProperties,
  decodeRecord,
  decompressBody,
  encodeBatch,
  encodeRecord,
  hostAddressBytes,
  javaHashCode,
  loadZstd,
  offsetMessageId,
  parseOffsetMessageId,
  readHostAddress,
  recordCrcMatches,
  TopicRules,
  tagsCode,
} from '../../src/index.ts';
import { golden } from '../support/golden.ts';
import { assertRejectsEveryPrefix } from '../support/prefixes.ts';

interface GoldenHost {
  readonly addressHex: string;
  readonly port: number;
}
interface GoldenRecord {
  readonly name: string;
  readonly topic: string;
  readonly queueId: number;
  readonly flag: number;
  readonly sysFlag: number;
  readonly bornTimestamp: number;
  readonly bornHost: GoldenHost;
  readonly storeTimestamp: number;
  readonly storeHost: GoldenHost;
  readonly queueOffset: number;
  readonly commitLogOffset: number;
  readonly reconsumeTimes: number;
  readonly preparedTransactionOffset: number;
  readonly bodyCrc: number;
  readonly storeSize: number;
  readonly offsetMessageId: string;
  readonly properties: Record<string, string>;
  /** Decompressed. */
  readonly bodyHex: string;
  readonly storedBodyHex: string;
  readonly recordHex: string;
}
interface GoldenBatch {
  readonly elements: readonly { flag: number; properties: Record<string, string>; bodyHex: string }[];
  readonly batchHex: string;
}
interface GoldenCompression {
  readonly name: string;
  readonly compressionType: 'LZ4' | 'ZSTD' | 'ZLIB';
  readonly sysFlag: number;
  readonly plainHex: string;
  readonly compressedHex: string;
}
interface GoldenIdentifiers {
  readonly offsetMessageIds: readonly (GoldenHost & { commitLogOffset: number; id: string })[];
  readonly uniqueKeys: readonly {
    id: string;
    ip: string;
    pid: number;
    classLoaderHash: string;
    sinceMonthStartMillis: number;
    counter: number;
  }[];
  readonly hashCodes: readonly { text: string; hashCode: number }[];
  readonly tagsCodes: readonly { tag: string | null; tagsCode: number }[];
  readonly topicNames: readonly {
    topic: string;
    valid: boolean;
    system: boolean;
    notAllowedToSend: boolean;
  }[];
}

function unhex(hex: string): Buffer {
  return Buffer.from(hex, 'hex');
}

function hostOf({ addressHex, port }: GoldenHost): { host: string; port: number } {
  const bytes = unhex(addressHex);
  const portBytes = Buffer.alloc(4);
  portBytes.writeInt32BE(port);
  return readHostAddress(Buffer.concat([bytes, portBytes]), 0, bytes.length === 4 ? 4 : 16);
}

/** Properties as they stand in the record: Java's order is a hash map's. */
function propertiesText(record: Buffer, properties: ReadonlyMap<string, string>): string {
  const length = [...properties].reduce((sum, [name, value]) => sum + Buffer.byteLength(name + value) + 2, 0);
  return record.toString('utf8', record.length - length);
}

describe('records as CommitLog writes them', () => {
  const records = golden('records') as GoldenRecord[];

  it.each(records)('$name', (expected) => {
    const bytes = unhex(expected.recordHex);
    const decoded = decodeRecord(bytes);
    const { name, offsetMessageId: id, bodyHex, storedBodyHex, recordHex, properties, ...fields } = expected;
    expect(decoded).toMatchObject({
      ...fields,
      bornHost: hostOf(expected.bornHost),
      storeHost: hostOf(expected.storeHost),
    });
    expect(Object.fromEntries(decoded.properties), name).toEqual(properties);
    expect(Buffer.from(decoded.body).toString('hex')).toBe(storedBodyHex);
    expect(Buffer.from(decompressBody(decoded.body, decoded.sysFlag)).toString('hex')).toBe(bodyHex);
    expect(offsetMessageId(decoded.storeHost, decoded.commitLogOffset)).toBe(id);

    const appendCrc = decoded.properties.delete('__CRC32#');
    expect(recordCrcMatches(bytes)).toBe(appendCrc ? true : null);
    const text = propertiesText(appendCrc ? bytes.subarray(0, bytes.length - 20) : bytes, decoded.properties);
    expect(encodeRecord({ ...decoded, properties: text }, { appendCrc }).toString('hex')).toBe(recordHex);
    assertRejectsEveryPrefix(bytes, decodeRecord, [RecordError]);
  });
});

it('batches as MessageDecoder writes them', () => {
  const { elements, batchHex } = golden('batches') as GoldenBatch;
  const decoded = decodeBatch(unhex(batchHex));
  expect(
    decoded.map(({ flag, properties, body }) => ({
      flag,
      properties: Object.fromEntries(properties),
      bodyHex: Buffer.from(body).toString('hex'),
    })),
  ).toEqual(elements);
  expect(encodeBatch(decoded).toString('hex')).toBe(batchHex);
});

it('a batch is refused when any of its end is missing, unless a whole message is', () => {
  const { batchHex } = golden('batches') as GoldenBatch;
  const batch = unhex(batchHex);
  const first = batch.readInt32BE(0);
  assertRejectsEveryPrefix(batch.subarray(0, first), decodeBatch, [RecordError], 1);
  assertRejectsEveryPrefix(
    batch.subarray(first, first + batch.readInt32BE(first)),
    decodeBatch,
    [RecordError],
    1,
  );
});

describe("bodies as Java's producers compress them", () => {
  beforeAll(loadZstd);

  it.each(golden('compression') as GoldenCompression[])('$compressionType, $name', (body) => {
    const plain = decompressBody(unhex(body.compressedHex), body.sysFlag);
    expect(Buffer.from(plain).toString('hex')).toBe(body.plainHex);
    const type = body.sysFlag >> 8;
    expect(Buffer.from(decompressBody(compressBody(plain, type as 1), body.sysFlag)).toString('hex')).toBe(
      body.plainHex,
    );
  });
});

it.each(golden('properties') as { readable: string; textHex: string; properties: Record<string, string> }[])(
  'properties $readable',
  ({ textHex, properties }) => {
    expect(Object.fromEntries(decodeProperties(unhex(textHex).toString('utf8')))).toEqual(properties);
  },
);

describe('identifiers', () => {
  const identifiers = golden('identifiers') as GoldenIdentifiers;

  it.each(identifiers.offsetMessageIds)(
    'offset message id $id',
    ({ id, addressHex, port, commitLogOffset }) => {
      const storeHost = hostOf({ addressHex, port });
      expect(offsetMessageId(storeHost, commitLogOffset)).toBe(id);
      expect(parseOffsetMessageId(id)).toEqual({ storeHost, commitLogOffset });
      expect(hostAddressBytes(storeHost).toString('hex')).toBe(
        addressHex + port.toString(16).padStart(8, '0'),
      );
    },
  );

  it.each(identifiers.uniqueKeys)(
    'unique key $id',
    ({ id, ip, pid, classLoaderHash, sinceMonthStartMillis, counter }) => {
      const monthStart = new Date(2026, 1, 1).getTime();
      let now = monthStart;
      const next = createUniqueKeyGenerator({
        ip,
        pid,
        now: () => now,
        random: { below: () => Number.parseInt(classLoaderHash, 16) },
      });
      for (let count = 0; count < counter; count += 1) next();
      // A month has 31 days at most; the golden key only shows the layout of 32 bits.
      now = monthStart + (sinceMonthStartMillis % 2_000_000_000);
      expect(next().slice(0, -12)).toBe(id.slice(0, -12));
      expect(next().length).toBe(id.length);
    },
  );

  it.each(identifiers.hashCodes)('hash code of "$text"', ({ text, hashCode }) => {
    expect(javaHashCode(text)).toBe(hashCode);
  });

  it.each(identifiers.tagsCodes)('tags code of $tag', ({ tag, tagsCode: expected }) => {
    expect(tagsCode(tag)).toBe(expected);
  });

  it.each(identifiers.topicNames)('topic name "$topic"', ({ topic, valid, system, notAllowedToSend }) => {
    expect(TopicRules.validateTopic(topic) === null).toBe(valid);
    expect(TopicRules.isSystemTopic(topic)).toBe(system);
    expect(TopicRules.isNotAllowedSendTopic(topic)).toBe(notAllowedToSend);
  });
});

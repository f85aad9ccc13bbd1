import { deflateSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  CompressionError,
  CompressionType,
  MessageSysFlag,
  compressBody,
  decompressBody,
  loadZstd,
  withCompression,
} from '../../src/index.ts';
import { encodeZstd } from '../../src/compression/zstd.ts';
import { xxhash32 } from '../../src/compression/xxhash32.ts';
import { assertRejectsEveryPrefix } from '../support/prefixes.ts';
import { Seeded, mutate, seedOfRun } from '../support/seeded.ts';

const types = Object.entries(CompressionType);
const random = new Seeded(seedOfRun());
const plains: [string, Buffer][] = [
  ['nothing', Buffer.alloc(0)],
  ['one byte', Buffer.from('a')],
  ['a short text', Buffer.from('Hello RocketMQ, hello RocketMQ')],
  ['one byte very often', Buffer.alloc(300_000, 0x61)],
  [
    'text with distant repetitions',
    Buffer.concat([random.bytes(70_000), Buffer.from('needle'.repeat(50)), random.bytes(99)]),
  ],
  ['noise', random.bytes(5000)],
  [
    'words',
    Buffer.from(
      Array.from({ length: 20_000 }, () => random.pick(['order ', 'paid ', 'müde ', '42,'])).join(''),
    ),
  ],
  ['more than one LZ4 block', Buffer.alloc(4_194_304 + 1000, 'abcdefgh')],
];

function hash(text: string): number {
  return xxhash32(Buffer.from(text), 0, Buffer.byteLength(text));
}

function unhex(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(' ', ''), 'hex');
}

it('knows XXH32', () => {
  expect(hash('')).toBe(0x02cc_5d05);
  expect(hash('a')).toBe(0x550d_7456);
  expect(hash('abc')).toBe(0x32d1_53ff);
  expect(hash('Nobody inspects the spammish repetition')).toBe(0xe229_3b2f);
});

it('asks for the zstd compressor to be loaded first, where Node has none', () => {
  if ('zstdCompressSync' in process.getBuiltinModule('node:zlib')) return;
  expect(() => encodeZstd(Buffer.from('x'), 3)).toThrow(/loadZstd/);
});

describe.each(types)('%s', (_name, type) => {
  const sysFlag = withCompression(0, type);
  beforeAll(loadZstd);

  it.each(plains)('gives back %s', (_what, plain) => {
    const compressed = compressBody(plain, type);
    expect(Buffer.compare(Buffer.from(decompressBody(compressed, sysFlag)), plain)).toBe(0);
    if (plain.length > 100_000) expect(compressed.length).toBeLessThan(plain.length);
  });

  it('reads a body that is a view on more', () => {
    const compressed = compressBody(Buffer.from('x'.repeat(99)), type);
    const memory = Buffer.concat([Buffer.alloc(3), compressed, Buffer.alloc(5, 0xff)]);
    expect(Buffer.from(decompressBody(memory.subarray(3, 3 + compressed.length), sysFlag)).toString()).toBe(
      'x'.repeat(99),
    );
  });

  it('refuses a body whose end is missing', () => {
    const compressed = compressBody(Buffer.from('Hello RocketMQ '.repeat(40)), type);
    assertRejectsEveryPrefix(compressed, (prefix) => decompressBody(prefix, sysFlag), [CompressionError]);
  });

  it('stops a bomb at the limit', { timeout: 60_000 }, () => {
    const bomb = compressBody(Buffer.alloc(20_000_000), type);
    expect(bomb.length).toBeLessThan(100_000);
    expect(() => decompressBody(bomb, sysFlag, 1_000_000)).toThrow(CompressionError);
    expect(decompressBody(bomb, sysFlag, 20_000_000).length).toBe(20_000_000);
  });

  it('survives mutations', { timeout: 60_000 }, () => {
    const originals = plains.slice(0, 7).map(([, plain]) => compressBody(plain.subarray(0, 3000), type));
    for (let round = 0; round < 1000; round += 1) {
      const mutant = mutate(random.pick(originals), random);
      try {
        expect(decompressBody(mutant, sysFlag, 100_000).length).toBeLessThanOrEqual(100_000);
      } catch (error) {
        if (!(error instanceof CompressionError)) throw error;
      }
    }
  });
});

describe('LZ4', () => {
  const sysFlag = withCompression(0, CompressionType.LZ4);

  it('refuses damage that only a checksum can see', () => {
    const content = Buffer.from('abc');
    const header = unhex('04224d18 74 40');
    const body = Buffer.alloc(4 + 3 + 4 + 4 + 4);
    body.writeUInt32LE(0x8000_0003, 0);
    content.copy(body, 4);
    body.writeUInt32LE(xxhash32(content, 0, 3), 7);
    body.writeUInt32LE(0, 11);
    body.writeUInt32LE(xxhash32(content, 0, 3), 15);
    const frame = Buffer.concat([header, Buffer.from([(xxhash32(header, 4, 6) >>> 8) & 0xff]), body]);
    expect(Buffer.from(decompressBody(frame, sysFlag)).toString()).toBe('abc');
    for (const at of [6, 7 + 4, 7 + 8, 7 + 16]) {
      const damaged = Buffer.from(frame);
      damaged[at] = (damaged[at] ?? 0) ^ 1;
      expect(() => decompressBody(damaged, sysFlag), `byte ${at}`).toThrow(/checksum/);
    }
  });

  it('reads frames that follow each other, and skips what is to be skipped', () => {
    const skippable = unhex('502a4d18 03000000 010203');
    const frames = [compressBody(Buffer.from('one '), 1), skippable, compressBody(Buffer.from('two'), 1)];
    expect(Buffer.from(decompressBody(Buffer.concat(frames), sysFlag)).toString()).toBe('one two');
  });

  it('refuses a match that reaches before the frame', () => {
    const block = unhex('10 61 0200 00');
    const length = Buffer.alloc(4);
    length.writeUInt32LE(block.length);
    const frame = Buffer.concat([unhex('04224d18 60 70 73'), length, block, Buffer.alloc(4)]);
    expect(() => decompressBody(frame, sysFlag)).toThrow(/a match 2 bytes back/);
  });
});

describe('zstd', () => {
  const sysFlag = withCompression(0, CompressionType.ZSTD);
  it.each([
    ['a window', '28b52ffd 00 a0 010000', 1_073_741_824],
    ['a content of four bytes', '28b52ffd a0 00000040 010000', 1_073_741_824],
    ['a content of eight bytes', '28b52ffd e0 0000000000000010 010000', 2 ** 60],
  ])('refuses a frame that asks for a huge window before it allocates it: %s', (_what, hex, bytes) => {
    expect(() => decompressBody(unhex(hex), sysFlag)).toThrow(`a window of ${bytes} bytes`);
  });

  it('reads raw and repeated blocks, with and without a checksum, and frames that follow each other', () => {
    const raw = unhex('28b52ffd 20 03 190000 616263');
    const rle = unhex('28b52ffd 20 05 2b0000 7a');
    const skippable = unhex('502a4d18 02000000 ffff');
    expect(Buffer.from(decompressBody(Buffer.concat([raw, rle, skippable]), sysFlag)).toString()).toBe(
      'abczzzzz',
    );
    assertRejectsEveryPrefix(rle, (prefix) => decompressBody(prefix, sysFlag), [CompressionError]);
  });

  it('refuses a reserved block and another magic', () => {
    expect(() => decompressBody(unhex('28b52ffd 20 03 070000 616263'), sysFlag)).toThrow('reserved type');
    expect(() => decompressBody(unhex('28b52ffe 20 03 190000 616263'), sysFlag)).toThrow(
      'the magic of a zstd frame',
    );
  });
});

it('reads what no compression type names as zlib, and leaves a plain body alone', () => {
  const plain = Buffer.from('plain');
  expect(Buffer.from(decompressBody(deflateSync(plain), MessageSysFlag.COMPRESSED_FLAG)).toString()).toBe(
    'plain',
  );
  expect(decompressBody(plain, 0x300)).toBe(plain);
  expect(() => decompressBody(plain, 0x401)).toThrow(CompressionError);
  expect(() => compressBody(plain, 7 as 3)).toThrow(CompressionError);
});

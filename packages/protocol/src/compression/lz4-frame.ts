import { CompressionError } from './compression-error.ts';
import { BoundedOutput, decodeLz4Block, encodeLz4Block, lz4BlockLengthMax } from './lz4-block.ts';
import { xxhash32 } from './xxhash32.ts';

// The LZ4 frame format, as Java's LZ4FrameOutputStream writes it. Own code, because the published packages that need no
// native build either read truncated frames as whole or know blocks only.

const MAGIC = 0x184d_2204;
const SKIPPABLE_MAGIC = 0x184d_2a50;
const FLAG_VERSION = 0x40;
const FLAG_VERSION_MASK = 0xc0;
const FLAG_BLOCKS_INDEPENDENT = 0x20;
const FLAG_BLOCK_CHECKSUM = 0x10;
const FLAG_CONTENT_SIZE = 0x08;
const FLAG_CONTENT_CHECKSUM = 0x04;
const FLAG_DICTIONARY = 0x01;
const BLOCK_UNCOMPRESSED = 0x8000_0000;
/** Block size code 7, which is what Java writes. */
const BLOCK_LENGTH_MAX = 4_194_304;
const BLOCK_SIZE_CODE = 0x70;
const EXPANSION_GUESS = 4;

/** One frame of independent blocks of 4 MiB, without checksums beyond the header's own. */
export function encodeLz4Frame(plain: Uint8Array): Buffer {
  const source = Buffer.from(plain.buffer, plain.byteOffset, plain.byteLength);
  const blockCount = Math.ceil(source.length / BLOCK_LENGTH_MAX);
  const target = Buffer.allocUnsafe(11 + blockCount * 4 + lz4BlockLengthMax(source.length) + blockCount * 16);
  let at = target.writeUInt32LE(MAGIC, 0);
  target[at++] = FLAG_VERSION | FLAG_BLOCKS_INDEPENDENT;
  target[at++] = BLOCK_SIZE_CODE;
  target[at] = (xxhash32(target, 4, at) >>> 8) & 0xff;
  at += 1;
  for (let start = 0; start < source.length; start += BLOCK_LENGTH_MAX) {
    const end = Math.min(start + BLOCK_LENGTH_MAX, source.length);
    const blockEnd = encodeLz4Block(source, start, end, target, at + 4);
    if (blockEnd - at - 4 < end - start) {
      target.writeUInt32LE(blockEnd - at - 4, at);
      at = blockEnd;
    } else {
      at = target.writeUInt32LE((BLOCK_UNCOMPRESSED | (end - start)) >>> 0, at);
      at += source.copy(target, at, start, end);
    }
  }
  at = target.writeUInt32LE(0, at);
  return target.subarray(0, at);
}

/**
 * All frames there are, one after the other; every checksum they carry is verified.
 *
 * @throws CompressionError when a frame is damaged or torn, or the result would pass the limit
 */
export function decodeLz4Frames(compressed: Uint8Array, lengthMax: number): Buffer {
  const source = Buffer.from(compressed.buffer, compressed.byteOffset, compressed.byteLength);
  const output = new BoundedOutput(source.length * EXPANSION_GUESS, lengthMax);
  let at = 0;
  do {
    const magic = readWord(source, at);
    if (magic === MAGIC) at = decodeFrame(source, at + 4, output);
    else if ((magic & 0xffff_fff0) >>> 0 === SKIPPABLE_MAGIC)
      at = skip(source, at + 8, readWord(source, at + 4));
    else throw damaged(at, `0x${magic.toString(16)}`, 'the magic of an LZ4 frame, 0x184d2204');
  } while (at < source.length);
  return output.view();
}

interface FrameDescriptor {
  readonly flags: number;
  readonly blockLengthMax: number;
  readonly end: number;
}

function decodeFrame(source: Buffer, start: number, output: BoundedOutput): number {
  const { flags, blockLengthMax, end } = readDescriptor(source, start);
  const frameStart = output.length;
  let at = end;
  for (;;) {
    const word = readWord(source, at);
    at += 4;
    if (word === 0) break;
    const length = word & ~BLOCK_UNCOMPRESSED;
    if (length > blockLengthMax)
      throw damaged(at - 4, `a block of ${length} bytes`, `at most ${blockLengthMax}`);
    const blockEnd = skip(source, at, length);
    const before = output.length;
    if (word >= BLOCK_UNCOMPRESSED) output.append(source, at, blockEnd);
    else
      decodeLz4Block(
        source,
        at,
        blockEnd,
        output,
        (flags & FLAG_BLOCKS_INDEPENDENT) === 0 ? frameStart : before,
      );
    if (output.length - before > blockLengthMax) {
      throw damaged(
        at,
        `a block of ${output.length - before} bytes decompressed`,
        `at most ${blockLengthMax}`,
      );
    }
    if ((flags & FLAG_BLOCK_CHECKSUM) !== 0)
      verify(source, blockEnd, xxhash32(source, at, blockEnd), 'block');
    at = blockEnd + ((flags & FLAG_BLOCK_CHECKSUM) === 0 ? 0 : 4);
  }
  if ((flags & FLAG_CONTENT_CHECKSUM) === 0) return at;
  const content = output.view(frameStart);
  verify(source, at, xxhash32(content, 0, content.length), 'content');
  return at + 4;
}

function readDescriptor(source: Buffer, start: number): FrameDescriptor {
  const flags = source[start] ?? 0;
  const sizeCode = ((source[start + 1] ?? 0) >> 4) & 7;
  const end = start + 2 + ((flags & FLAG_CONTENT_SIZE) === 0 ? 0 : 8);
  if (end >= source.length) throw torn(source.length);
  if ((flags & FLAG_VERSION_MASK) !== FLAG_VERSION || (flags & FLAG_DICTIONARY) !== 0 || sizeCode < 4) {
    throw damaged(
      start,
      `frame flags 0x${flags.toString(16)}, block size code ${sizeCode}`,
      'version 1 without a dictionary',
    );
  }
  const checksum = (xxhash32(source, start, end) >>> 8) & 0xff;
  if (source[end] !== checksum) throw damaged(end, `header checksum ${source[end]}`, String(checksum));
  return { flags, blockLengthMax: 1 << (8 + 2 * sizeCode), end: end + 1 };
}

function verify(source: Buffer, at: number, computed: number, what: string): void {
  const stored = readWord(source, at);
  if (stored !== computed) throw damaged(at, `${what} checksum ${stored}`, String(computed));
}

function readWord(source: Buffer, at: number): number {
  if (source.length - at < 4) throw torn(at);
  return source.readUInt32LE(at);
}

function skip(source: Buffer, at: number, length: number): number {
  if (length > source.length - at) throw torn(source.length);
  return at + length;
}

function torn(at: number): CompressionError {
  return damaged(at, 'the end', 'the rest of the frame');
}

function damaged(at: number, found: string, expected: string): CompressionError {
  return new CompressionError('LZ4', `${found} at byte ${at}`, expected);
}

import { CompressionError } from './compression-error.ts';

const MAGIC = 0xfd2f_b528;
const SKIPPABLE_MAGIC = 0x184d_2a50;
const DESCRIPTOR_SINGLE_SEGMENT = 0x20;
const DESCRIPTOR_CHECKSUM = 0x04;
const BLOCK_HEADER_BYTES = 3;
const RLE_BLOCK = 1;
const RESERVED_BLOCK = 3;
/** What a decoder must offer at least, by the format's recommendation. */
const WINDOW_BYTES_MIN = 8_388_608;

/**
 * Finds the frames by walking their blocks without decompressing: everything that the headers promise must be there, and no
 * window may be huge. The decoders need it, because Node's takes a torn frame for a whole one and stops after the first,
 * and the one in script allocates the window that a header of six bytes asks for.
 *
 * @returns a view on each frame that has content
 * @throws CompressionError
 */
export function wholeZstdFrames(bytes: Buffer, lengthMax: number): Buffer[] {
  const windowMax = Math.max(WINDOW_BYTES_MIN, lengthMax);
  const frames: Buffer[] = [];
  let at = 0;
  do {
    requireBytes(bytes, at, 8);
    const magic = bytes.readUInt32LE(at);
    if ((magic & 0xffff_fff0) >>> 0 === SKIPPABLE_MAGIC) {
      at = requireBytes(bytes, at + 8, bytes.readUInt32LE(at + 4));
    } else {
      const end = walkFrame(bytes, at, magic, windowMax);
      frames.push(bytes.subarray(at, end));
      at = end;
    }
  } while (at < bytes.length);
  return frames;
}

function walkFrame(bytes: Buffer, start: number, magic: number, windowMax: number): number {
  if (magic !== MAGIC)
    throw damaged(start, `0x${magic.toString(16)}`, 'the magic of a zstd frame, 0xfd2fb528');
  const descriptor = bytes.readUInt8(start + 4);
  let at = start + 5;
  const window = windowBytes(bytes, at, descriptor);
  if (window > windowMax) throw damaged(at, `a window of ${window} bytes`, `at most ${windowMax}`);
  at += headerFieldBytes(descriptor);
  for (;;) {
    const end = requireBytes(bytes, at, BLOCK_HEADER_BYTES);
    const header = bytes.readUIntLE(at, BLOCK_HEADER_BYTES);
    const type = (header >> 1) & 3;
    if (type === RESERVED_BLOCK) throw damaged(at, 'a block of the reserved type', 'type 0 to 2');
    at = requireBytes(bytes, end, type === RLE_BLOCK ? 1 : header >> 3);
    if ((header & 1) !== 0) break;
  }
  return (descriptor & DESCRIPTOR_CHECKSUM) === 0 ? at : requireBytes(bytes, at, 4);
}

/** Bytes of window descriptor, dictionary id and content size. */
function headerFieldBytes(descriptor: number): number {
  const window = (descriptor & DESCRIPTOR_SINGLE_SEGMENT) === 0 ? 1 : 0;
  return window + dictionaryIdBytes(descriptor) + contentSizeBytes(descriptor);
}

function dictionaryIdBytes(descriptor: number): number {
  return [0, 1, 2, 4][descriptor & 3] ?? 0;
}

function contentSizeBytes(descriptor: number): number {
  const code = descriptor >> 6;
  if (code === 0) return (descriptor & DESCRIPTOR_SINGLE_SEGMENT) === 0 ? 0 : 1;
  return 1 << code;
}

/** In a single segment the whole content is the window. */
function windowBytes(bytes: Buffer, at: number, descriptor: number): number {
  requireBytes(bytes, at, headerFieldBytes(descriptor));
  if ((descriptor & DESCRIPTOR_SINGLE_SEGMENT) === 0) {
    const window = bytes.readUInt8(at);
    const base = 2 ** (10 + (window >> 3));
    return base + (base / 8) * (window & 7);
  }
  const sizeAt = at + dictionaryIdBytes(descriptor);
  const size = contentSizeBytes(descriptor);
  if (size === 8) return Number(bytes.readBigUInt64LE(sizeAt));
  return bytes.readUIntLE(sizeAt, size) + (size === 2 ? 256 : 0);
}

/** The end of so many bytes, which must be there. */
function requireBytes(bytes: Buffer, at: number, count: number): number {
  if (count > bytes.length - at) throw damaged(bytes.length, 'the end', `${count} bytes from byte ${at} on`);
  return at + count;
}

function damaged(at: number, found: string, expected: string): CompressionError {
  return new CompressionError('ZSTD', `${found} at byte ${at}`, expected);
}

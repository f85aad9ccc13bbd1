import { CompressionError } from './compression-error.ts';

const MATCH_LENGTH_MIN = 4;
const LENGTH_IN_TOKEN_MAX = 15;
const OFFSET_MAX = 0xffff;
/** The format's rules for the end of a block: the last bytes are literals, and no match begins near them. */
const LAST_LITERALS = 5;
const MATCH_START_LIMIT = 12;
const HASH_BITS = 16;

/** Bytes that grow while they are written, up to a limit. */
export class BoundedOutput {
  #bytes: Buffer;
  #length = 0;
  readonly #lengthMax: number;

  constructor(expectedLength: number, lengthMax: number) {
    this.#bytes = Buffer.allocUnsafe(Math.min(expectedLength, lengthMax));
    this.#lengthMax = lengthMax;
  }

  get length(): number {
    return this.#length;
  }

  append(source: Buffer, start: number, end: number): void {
    const at = this.#reserve(end - start);
    source.copy(this.#bytes, at, start, end);
  }

  /** Repeats what was written `distance` bytes ago; the two may overlap, as LZ77 has it. */
  repeat(distance: number, count: number): void {
    const at = this.#reserve(count);
    const bytes = this.#bytes;
    if (distance >= count) {
      bytes.copyWithin(at, at - distance, at - distance + count);
      return;
    }
    for (let to = at; to < at + count; to += 1) bytes[to] = bytes[to - distance] ?? 0;
  }

  /** What was written from `start` on. */
  view(start: number = 0): Buffer {
    return this.#bytes.subarray(start, this.#length);
  }

  #reserve(count: number): number {
    const at = this.#length;
    const length = at + count;
    if (length > this.#lengthMax) {
      throw new CompressionError(
        'LZ4',
        `more than ${this.#lengthMax} bytes decompressed`,
        'no more than that',
      );
    }
    if (length > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(Math.min(this.#lengthMax, Math.max(length, this.#bytes.length * 2)));
      this.#bytes.copy(grown, 0, 0, at);
      this.#bytes = grown;
    }
    this.#length = length;
    return at;
  }
}

/**
 * Decompresses one LZ4 block. Matches may reach back into earlier blocks of the same frame, which begins at
 * `frameStart` of the output.
 *
 * @throws CompressionError
 */
export function decodeLz4Block(
  source: Buffer,
  start: number,
  end: number,
  output: BoundedOutput,
  frameStart: number,
): void {
  let at = start;
  const readLength = (inToken: number): number => {
    let length = inToken;
    if (inToken < LENGTH_IN_TOKEN_MAX) return length;
    let more: number;
    do {
      if (at >= end) throw tornBlock(at);
      more = source[at++] ?? 0;
      length += more;
    } while (more === 255);
    return length;
  };
  while (at < end) {
    const token = source[at++] ?? 0;
    const literals = readLength(token >> 4);
    if (literals > end - at) throw tornBlock(at);
    output.append(source, at, at + literals);
    at += literals;
    // Only the last sequence ends after its literals.
    if (at === end) return;
    if (end - at < 2) throw tornBlock(at);
    const distance = source.readUInt16LE(at);
    at += 2;
    if (distance === 0 || distance > output.length - frameStart) {
      throw new CompressionError(
        'LZ4',
        `a match ${distance} bytes back at byte ${at - 2}`,
        'one inside the frame',
      );
    }
    output.repeat(distance, readLength(token & LENGTH_IN_TOKEN_MAX) + MATCH_LENGTH_MIN);
  }
  throw tornBlock(at);
}

function tornBlock(at: number): CompressionError {
  return new CompressionError('LZ4', `the end of a block at byte ${at}`, 'the rest of its last sequence');
}

/** Position of the last occurrence of each hash, plus one; one table serves all calls, each of which clears it. */
const positions = new Int32Array(1 << HASH_BITS);

/** Largest a block of this length can become. */
export function lz4BlockLengthMax(length: number): number {
  return length + Math.ceil(length / 255) + 16;
}

/** Compresses one block greedily into `target` and gives its end. */
export function encodeLz4Block(
  source: Buffer,
  start: number,
  end: number,
  target: Buffer,
  targetStart: number,
): number {
  positions.fill(0);
  let anchor = start;
  let at = start;
  let to = targetStart;
  const matchStartMax = end - MATCH_START_LIMIT;
  const matchEndMax = end - LAST_LITERALS;
  while (at <= matchStartMax) {
    const sequence = source.readInt32LE(at);
    const hash = Math.imul(sequence, 0x9e37_79b1) >>> (32 - HASH_BITS);
    const candidate = (positions[hash] ?? 0) - 1;
    positions[hash] = at + 1;
    if (candidate < start || at - candidate > OFFSET_MAX || source.readInt32LE(candidate) !== sequence) {
      at += 1 + ((at - anchor) >> 6);
      continue;
    }
    let matchEnd = at + MATCH_LENGTH_MIN;
    while (matchEnd < matchEndMax && source[matchEnd] === source[candidate + matchEnd - at]) matchEnd += 1;
    to = writeSequence(source, anchor, at, at - candidate, matchEnd - at, target, to);
    at = matchEnd;
    anchor = matchEnd;
  }
  return writeSequence(source, anchor, end, 0, 0, target, to);
}

/** Literals, and a match unless its length is 0. */
function writeSequence(
  source: Buffer,
  literalStart: number,
  literalEnd: number,
  distance: number,
  matchLength: number,
  target: Buffer,
  targetStart: number,
): number {
  const literals = literalEnd - literalStart;
  const match = matchLength === 0 ? 0 : matchLength - MATCH_LENGTH_MIN;
  let at = targetStart + 1;
  target[targetStart] = (Math.min(literals, LENGTH_IN_TOKEN_MAX) << 4) | Math.min(match, LENGTH_IN_TOKEN_MAX);
  at = writeLength(literals, target, at);
  at += source.copy(target, at, literalStart, literalEnd);
  if (matchLength === 0) return at;
  at = target.writeUInt16LE(distance, at);
  return writeLength(match, target, at);
}

function writeLength(length: number, target: Buffer, start: number): number {
  if (length < LENGTH_IN_TOKEN_MAX) return start;
  let at = start;
  let rest = length - LENGTH_IN_TOKEN_MAX;
  for (; rest >= 255; rest -= 255) target[at++] = 255;
  target[at++] = rest;
  return at;
}

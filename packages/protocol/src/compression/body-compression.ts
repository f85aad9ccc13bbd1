import { deflateSync, inflateSync } from 'node:zlib';
import { MessageSysFlag } from '../message/message-sys-flag.ts';
import { CompressionError } from './compression-error.ts';
import { decodeLz4Frames, encodeLz4Frame } from './lz4-frame.ts';
import { decodeZstd, encodeZstd } from './zstd.ts';

/** How a body is compressed (Java: `CompressionType`); what producers do without being told is ZLIB. */
export const CompressionType = { LZ4: 1, ZSTD: 2, ZLIB: 3 } as const;
export type CompressionType = (typeof CompressionType)[keyof typeof CompressionType];

/** Level that Java's producers use. */
export const COMPRESSION_LEVEL_DEFAULT = 5;
/** Largest body that {@link decompressBody} makes unless told: eight times the largest that brokers accept compressed. */
export const DECOMPRESSED_BODY_BYTES_MAX = 33_554_432;

const COMPRESSION_TYPE_SHIFT = 8;

/** `sysFlag` of a message whose body has been compressed so. */
export function withCompression(sysFlag: number, type: CompressionType): number {
  const cleared = sysFlag & ~MessageSysFlag.COMPRESSION_TYPE_MASK;
  return cleared | MessageSysFlag.COMPRESSED_FLAG | (type << COMPRESSION_TYPE_SHIFT);
}

/**
 * @param level 1 to 9; LZ4 has none
 * @throws CompressionError for ZSTD before `loadZstd()`, where Node has none of its own (before 22.15)
 */
export function compressBody(
  body: Uint8Array,
  type: CompressionType = CompressionType.ZLIB,
  level: number = COMPRESSION_LEVEL_DEFAULT,
): Buffer {
  switch (type) {
    case CompressionType.LZ4:
      return encodeLz4Frame(body);
    case CompressionType.ZSTD:
      return encodeZstd(body, level);
    case CompressionType.ZLIB:
      return deflateSync(body, { level });
    default:
      throw new CompressionError(
        `type ${String(type)}`,
        'an unknown compression type',
        '1 (LZ4), 2 (ZSTD) or 3 (ZLIB)',
      );
  }
}

/**
 * The plain body of a message with this `sysFlag`: the body itself when the flag says that it is not compressed.
 *
 * @throws CompressionError when it is damaged, torn, or larger than allowed: a bomb costs no more than the limit
 */
export function decompressBody(
  body: Uint8Array,
  sysFlag: number,
  lengthMax: number = DECOMPRESSED_BODY_BYTES_MAX,
): Uint8Array {
  if ((sysFlag & MessageSysFlag.COMPRESSED_FLAG) === 0) return body;
  const type = (sysFlag & MessageSysFlag.COMPRESSION_TYPE_MASK) >> COMPRESSION_TYPE_SHIFT;
  switch (type) {
    case CompressionType.LZ4:
      return decodeLz4Frames(body, lengthMax);
    case CompressionType.ZSTD:
      return decodeZstd(body, lengthMax);
    // Producers before 5.0 did not name their compression.
    case 0:
    case CompressionType.ZLIB:
      return inflate(body, lengthMax);
    default:
      throw new CompressionError(
        `type ${type}`,
        'an unknown compression type',
        '0, 1 (LZ4), 2 (ZSTD) or 3 (ZLIB)',
      );
  }
}

function inflate(body: Uint8Array, lengthMax: number): Buffer {
  try {
    return inflateSync(body, { maxOutputLength: lengthMax });
  } catch (error) {
    throw new CompressionError(
      'ZLIB',
      (error as Error).message,
      `zlib data of at most ${lengthMax} bytes decompressed`,
      {
        cause: error,
      },
    );
  }
}

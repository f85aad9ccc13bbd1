import { CompressionType, compressBody, loadZstd, withCompression } from '@centaurmq/protocol';
import { MqError, MqErrorCode } from '../errors.ts';

/** How large bodies are compressed. */
export interface Compression {
  readonly type: keyof typeof CompressionType;
  /** 1 (fast) to 9 (small); LZ4 has none. Apache RocketMQ's default is 5. */
  readonly level: number;
}

/** Sends need no waiting after this. @throws MqError INVALID_ARGUMENT for a type or level that does not exist */
export async function prepareCompression({ type, level }: Compression): Promise<void> {
  if (!(type in CompressionType) || !Number.isInteger(level) || level < 1 || level > 9) {
    throw new MqError(MqErrorCode.INVALID_ARGUMENT, `compression is ${type} at level ${level}`, {
      advice: `Expected ${Object.keys(CompressionType).join(', ')} at a level from 1 to 9`,
    });
  }
  if (type === 'ZSTD') await loadZstd();
}

/** @returns the body to send, and the bits of its sysFlag */
export function compress(
  body: Uint8Array,
  { type, level }: Compression,
): { body: Uint8Array; sysFlag: number } {
  const code = CompressionType[type];
  return { body: compressBody(body, code, level), sysFlag: withCompression(0, code) };
}

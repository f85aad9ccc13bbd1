import { deflateSync } from 'node:zlib';
import { MessageSysFlag } from '@centaurmq/protocol';

/** How long bodies are compressed. */
export interface Compression {
  readonly type: 'ZLIB' | 'LZ4' | 'ZSTD';
  readonly level: number;
}

export function compressedBody(
  body: Uint8Array,
  { level }: Compression,
): { body: Uint8Array; flags: number } {
  return { body: deflateSync(body, { level }), flags: MessageSysFlag.COMPRESSION_ZLIB_TYPE };
}

import { crc32 as zlibCrc32 } from 'node:zlib';

/** CRC-32 without its top bit, as RocketMQ keeps it in records and registrations (Java: `UtilAll.crc32`). */
export function crc32(bytes: Uint8Array): number {
  return bytes.length === 0 ? 0 : zlibCrc32(bytes) & 0x7fff_ffff;
}

import { hostAddressBytes, readHostAddress } from './host-address.ts';
import type { HostAddress } from './message.ts';

/** Where a message lies: the broker to ask, and the record's position in its commit log. */
export interface MessageLocation {
  readonly storeHost: HostAddress;
  readonly commitLogOffset: number;
}

const OFFSET_MESSAGE_ID = /^(?:[0-9A-Fa-f]{32}|[0-9A-Fa-f]{56})$/;

/** The broker's message id: upper-case hex of store host and commit log offset, 32 characters, 56 with IPv6. */
export function offsetMessageId(storeHost: HostAddress, commitLogOffset: number): string {
  return hostPrefix(storeHost) + offsetHex(commitLogOffset);
}

/** The ids of one broker's messages begin alike, and one broker's messages come together. */
const last = { host: '', port: 0, prefix: '' };

function hostPrefix({ host, port }: HostAddress): string {
  if (port !== last.port || host !== last.host || last.prefix === '') {
    last.prefix = hostAddressBytes({ host, port }).toString('hex').toUpperCase();
    last.host = host;
    last.port = port;
  }
  return last.prefix;
}

function offsetHex(commitLogOffset: number): string {
  const high = Math.floor(commitLogOffset / 0x1_0000_0000);
  return hex32(high) + hex32(commitLogOffset - high * 0x1_0000_0000);
}

/** Each consumed message gets such an id, and looking bytes up is cheaper than formatting and padding a number. */
const hexOfByte: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, '0').toUpperCase(),
);

function hex32(value: number): string {
  return hexAt(value, 24) + hexAt(value, 16) + hexAt(value, 8) + hexAt(value, 0);
}

function hexAt(value: number, bit: number): string {
  return hexOfByte[(value >>> bit) & 0xff] ?? '';
}

/**
 * The inverse of {@link offsetMessageId}; null when the text cannot be one. A client's unique key of the same length reads
 * as some address too: only asking tells.
 */
export function parseOffsetMessageId(id: string): MessageLocation | null {
  if (!OFFSET_MESSAGE_ID.test(id)) return null;
  const bytes = Buffer.from(id, 'hex');
  const ipLength = bytes.length === 16 ? 4 : 16;
  const commitLogOffset = Number(bytes.readBigInt64BE(ipLength + 4));
  if (!Number.isSafeInteger(commitLogOffset) || commitLogOffset < 0) return null;
  return { storeHost: readHostAddress(bytes, 0, ipLength), commitLogOffset };
}

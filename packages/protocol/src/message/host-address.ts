import type { HostAddress } from './message.ts';

/** Bytes of an address with its port as in records: 8 for IPv4, 20 for IPv6. */
export function hostAddressBytes(address: HostAddress): Buffer {
  const ip = ipBytes(address.host);
  const bytes = Buffer.allocUnsafe(ip.length + 4);
  ip.copy(bytes);
  bytes.writeInt32BE(address.port, ip.length);
  return bytes;
}

/** The inverse of {@link hostAddressBytes}; `ipLength` is 4 or 16. */
export function readHostAddress(bytes: Buffer, offset: number, ipLength: 4 | 16): HostAddress {
  const host = ipLength === 4 ? ipv4Text(bytes, offset) : ipv6Text(bytes, offset);
  return { host, port: bytes.readInt32BE(offset + ipLength) };
}

export function isIpv6(host: string): boolean {
  return host.includes(':');
}

/**
 * 4 or 16 bytes of an IP literal; a zone (`%eth0`) is dropped, and IPv4 mapped into IPv6 is IPv4, as Java reads it.
 *
 * @throws RangeError when it is no IP literal
 */
export function ipBytes(host: string): Buffer {
  const bytes = isIpv6(host) ? parseIpv6(host) : parseIpv4(host);
  if (bytes === null)
    throw new RangeError(`address: found ${JSON.stringify(host)}, expected an IPv4 or IPv6 literal`);
  return isMappedIpv4(bytes) ? bytes.subarray(12) : bytes;
}

function isMappedIpv4(bytes: Buffer): boolean {
  return bytes.length === 16 && bytes.readUInt32BE(8) === 0xffff && bytes.readBigUInt64BE(0) === 0n;
}

function parseIpv4(text: string): Buffer | null {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number);
  return parts !== undefined && parts.every((part) => part <= 255) ? Buffer.from(parts) : null;
}

function parseIpv6(text: string): Buffer | null {
  const halves = (text.split('%')[0] ?? '').split('::');
  if (halves.length > 2) return null;
  const head = parseGroups(halves[0] ?? '');
  const tail = parseGroups(halves[1] ?? '');
  if (head === null || tail === null) return null;
  const missing = 16 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 2) return null;
  return Buffer.from([...head, ...Array.from({ length: missing }, () => 0), ...tail]);
}

function parseGroups(text: string): number[] | null {
  if (text === '') return [];
  const bytes: number[] = [];
  const groups = text.split(':');
  for (const [index, group] of groups.entries()) {
    if (index === groups.length - 1 && group.includes('.')) {
      const ipv4 = parseIpv4(group);
      if (ipv4 === null) return null;
      bytes.push(...ipv4);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return null;
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
    }
  }
  return bytes;
}

function ipv4Text(bytes: Buffer, offset: number): string {
  return `${bytes[offset]}.${bytes[offset + 1]}.${bytes[offset + 2]}.${bytes[offset + 3]}`;
}

/** RFC 5952: the longest run of zero groups becomes `::`. */
function ipv6Text(bytes: Buffer, offset: number): string {
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(offset + index * 2).toString(16));
  const zeros = /(?:^|:)0(?::0)+(?=:|$)/g;
  const text = groups.join(':');
  let longest: RegExpExecArray | null = null;
  for (const run of text.matchAll(zeros)) {
    if (longest === null || run[0].replace(/^:/, '').length > longest[0].replace(/^:/, '').length)
      longest = run;
  }
  if (longest === null) return text;
  const before = text.slice(0, longest.index);
  const after = text.slice(longest.index + longest[0].length).replace(/^:/, '');
  return `${before}::${after}`;
}

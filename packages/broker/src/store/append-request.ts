import type { MessageToAppend } from './message-store.ts';

const FIXED_BYTES = 4 + 4 + 4 + 4 + 8 + 4 + 8 + 1 + 8 + 1 + 1 + 4 + 4;
const TAGS_CODE_FROM_PROPERTIES = 0;
const TAGS_CODE_GIVEN = 1;
const KIND_SINGLE = 0;
const KIND_BATCH = 1;

/**
 * Writes what the engine's `append` reads, big-endian:
 *
 * | topic u32 | queueId i32 | flag i32 | sysFlag i32 | bornTimestamp i64 | reconsumeTimes i32 |
 * | preparedTransactionOffset i64 | tagsCodeMode u8 | tagsCode i64 | kind u8 | bornHostLength u8 | bornHost |
 * | propertiesLength u32 | properties | bodyLength u32 | body |
 */
export function encodeAppendRequest(topicHandle: number, message: MessageToAppend): Buffer {
  const bornHost = encodeHost(message.bornHost.host, message.bornHost.port);
  const { properties, body } = message;
  const request = Buffer.allocUnsafe(FIXED_BYTES + bornHost.length + properties.length + body.length);
  let at = request.writeUInt32BE(topicHandle, 0);
  at = request.writeInt32BE(message.queueId, at);
  at = request.writeInt32BE(message.flag, at);
  at = request.writeInt32BE(message.sysFlag, at);
  at = request.writeBigInt64BE(BigInt(message.bornTimestamp), at);
  at = request.writeInt32BE(message.reconsumeTimes, at);
  at = request.writeBigInt64BE(BigInt(message.preparedTransactionOffset), at);
  const given = message.tagsCode !== null;
  at = request.writeUInt8(given ? TAGS_CODE_GIVEN : TAGS_CODE_FROM_PROPERTIES, at);
  at = request.writeBigInt64BE(BigInt(message.tagsCode ?? 0), at);
  at = request.writeUInt8(message.kind === 'batch' ? KIND_BATCH : KIND_SINGLE, at);
  at = request.writeUInt8(bornHost.length, at);
  at += bornHost.copy(request, at);
  at = request.writeUInt32BE(properties.length, at);
  request.set(properties, at);
  at = request.writeUInt32BE(body.length, at + properties.length);
  request.set(body, at);
  return request;
}

/** An address as records have it: 4 or 16 bytes, then the port as i32. */
export function encodeHost(host: string, port: number): Buffer {
  const address = host.includes(':') ? encodeIPv6(host) : encodeIPv4(host);
  const bytes = Buffer.alloc(address.length + 4);
  address.copy(bytes);
  bytes.writeInt32BE(port, address.length);
  return bytes;
}

function encodeIPv4(host: string): Buffer {
  return Buffer.from(host.split('.').map(Number));
}

function encodeIPv6(host: string): Buffer {
  const zoneAt = host.indexOf('%');
  const literal = zoneAt < 0 ? host : host.slice(0, zoneAt);
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(literal);
  if (dotted?.[1] !== undefined && dotted[2] !== undefined) {
    const tail = encodeIPv4(dotted[2]);
    // An IPv4 client of a dual-stack listener is an IPv4 client, as in Java.
    if (/^(::ffff:|0{0,4}(:0{0,4}){4}:ffff:)$/i.test(dotted[1])) return tail;
    return encodeIPv6(
      `${dotted[1]}${tail.readUInt16BE(0).toString(16)}:${tail.readUInt16BE(2).toString(16)}`,
    );
  }
  const [head = '', rest] = literal.split('::');
  const front = head === '' ? [] : head.split(':');
  const back = rest === undefined || rest === '' ? [] : rest.split(':');
  const groups = [...front, ...Array.from({ length: 8 - front.length - back.length }, () => '0'), ...back];
  const bytes = Buffer.alloc(16);
  for (const [index, group] of groups.entries()) bytes.writeUInt16BE(Number.parseInt(group, 16), index * 2);
  return bytes;
}

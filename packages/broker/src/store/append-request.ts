import { hostAddressBytes } from '@centaurmq/protocol';
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
  const bornHost = hostAddressBytes(message.bornHost);
  const { properties, body } = message;
  const request = Buffer.allocUnsafe(FIXED_BYTES + bornHost.length + properties.length + body.length);
  let at = request.writeUInt32BE(topicHandle, 0);
  at = request.writeInt32BE(message.queueId, at);
  at = request.writeInt32BE(message.flag, at);
  at = request.writeInt32BE(message.sysFlag, at);
  at = request.writeBigInt64BE(toInt64(message.bornTimestamp), at);
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

const INT64_MAX = 9_223_372_036_854_775_807n;
const INT64_MIN = -9_223_372_036_854_775_808n;

/** A producer's clock may say anything; a double may lie beyond what a record holds. */
function toInt64(value: number): bigint {
  const exact = BigInt(value);
  if (exact > INT64_MAX) return INT64_MAX;
  return exact < INT64_MIN ? INT64_MIN : exact;
}

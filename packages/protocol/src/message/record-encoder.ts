import { crc32 } from './crc32.ts';
import { hostAddressBytes } from './host-address.ts';
import type { StoredMessage } from './message.ts';
import { MessageProperty } from './message-property.ts';
import { MessageSysFlag } from './message-sys-flag.ts';
import { encodeProperties } from './properties-codec.ts';
import { RecordError } from './record-error.ts';
import {
  CRC_PROPERTY_LENGTH,
  MESSAGE_MAGIC_V1,
  MESSAGE_MAGIC_V2,
  PROPERTIES_LENGTH_MAX,
  RECORD_LENGTH_MIN,
  RecordOffset,
  TOPIC_LENGTH_MAX_V1,
} from './record-layout.ts';

const PROPERTY_SEPARATOR = 2;

/** A message to encode; its properties may be given as the string they are stored as. */
export type MessageToEncode = Omit<StoredMessage, 'storeSize' | 'bodyCrc' | 'properties'> & {
  readonly properties: ReadonlyMap<string, string> | string;
};

export interface RecordEncodeOptions {
  /** End the record with the `__CRC32#` property over all its other bytes (Java: `enabledAppendPropCRC`). */
  readonly appendCrc?: boolean;
}

/**
 * One record, byte for byte as Java's `MessageExtEncoder` and `CommitLog` write it. The IPv6 bits of `sysFlag` follow the
 * hosts, the form of the topic length follows the topic.
 *
 * @throws RecordError when the topic or the properties are too long
 */
export function encodeRecord(message: MessageToEncode, options: RecordEncodeOptions = {}): Buffer {
  const appendCrc = options.appendCrc === true;
  const topic = Buffer.from(message.topic);
  const properties = propertyBytes(message.properties, appendCrc);
  const bornHost = hostAddressBytes(message.bornHost);
  const storeHost = hostAddressBytes(message.storeHost);
  const topicLengthBytes = topic.length > TOPIC_LENGTH_MAX_V1 ? 2 : 1;
  if (topic.length > 0x7fff) throw new RecordError('topic length', 0, topic.length, 'at most 32767');
  const length =
    RECORD_LENGTH_MIN -
    17 +
    bornHost.length +
    storeHost.length +
    message.body.length +
    topicLengthBytes +
    topic.length +
    properties.length;
  const record = Buffer.alloc(length);
  record.writeInt32BE(length, RecordOffset.TOTAL_SIZE);
  record.writeInt32BE(topicLengthBytes === 1 ? MESSAGE_MAGIC_V1 : MESSAGE_MAGIC_V2, RecordOffset.MAGIC);
  record.writeInt32BE(crc32(message.body), RecordOffset.BODY_CRC);
  record.writeInt32BE(message.queueId, RecordOffset.QUEUE_ID);
  record.writeInt32BE(message.flag, RecordOffset.FLAG);
  record.writeBigInt64BE(BigInt(message.queueOffset), RecordOffset.QUEUE_OFFSET);
  record.writeBigInt64BE(BigInt(message.commitLogOffset), RecordOffset.COMMIT_LOG_OFFSET);
  record.writeInt32BE(sysFlagFor(message.sysFlag, bornHost.length, storeHost.length), RecordOffset.SYS_FLAG);
  record.writeBigInt64BE(BigInt(message.bornTimestamp), RecordOffset.BORN_TIMESTAMP);
  let at = RecordOffset.BORN_HOST + bornHost.copy(record, RecordOffset.BORN_HOST);
  at = record.writeBigInt64BE(BigInt(message.storeTimestamp), at);
  at += storeHost.copy(record, at);
  at = record.writeInt32BE(message.reconsumeTimes, at);
  at = record.writeBigInt64BE(BigInt(message.preparedTransactionOffset), at);
  at = record.writeInt32BE(message.body.length, at);
  record.set(message.body, at);
  at += message.body.length;
  at = topicLengthBytes === 1 ? record.writeInt8(topic.length, at) : record.writeInt16BE(topic.length, at);
  at += topic.copy(record, at);
  at = record.writeInt16BE(properties.length, at);
  properties.copy(record, at);
  if (appendCrc) writeCrcProperty(record);
  return record;
}

/** With room for the CRC property at the end when it is asked for. */
function propertyBytes(properties: ReadonlyMap<string, string> | string, appendCrc: boolean): Buffer {
  const text = typeof properties === 'string' ? properties : encodeProperties(properties);
  const bytes = Buffer.from(text);
  const separator = appendCrc && bytes.length > 0 && bytes.at(-1) !== PROPERTY_SEPARATOR ? 1 : 0;
  const length = bytes.length + separator + (appendCrc ? CRC_PROPERTY_LENGTH : 0);
  if (length > PROPERTIES_LENGTH_MAX) {
    throw new RecordError('properties length', 0, length, `at most ${PROPERTIES_LENGTH_MAX}`);
  }
  const padded = Buffer.alloc(length, PROPERTY_SEPARATOR);
  bytes.copy(padded);
  return padded;
}

function sysFlagFor(sysFlag: number, bornHostLength: number, storeHostLength: number): number {
  const hostBits = MessageSysFlag.BORNHOST_V6_FLAG | MessageSysFlag.STOREHOSTADDRESS_V6_FLAG;
  return (
    (sysFlag & ~hostBits) |
    (bornHostLength === 20 ? MessageSysFlag.BORNHOST_V6_FLAG : 0) |
    (storeHostLength === 20 ? MessageSysFlag.STOREHOSTADDRESS_V6_FLAG : 0)
  );
}

function writeCrcProperty(record: Buffer): void {
  const start = record.length - CRC_PROPERTY_LENGTH;
  record.write(crcProperty(crc32(record.subarray(0, start))), start, 'latin1');
}

/** `__CRC32#` with ten digits, the least significant first. */
function crcProperty(crc: number): string {
  const digits = String(crc).padStart(10, '0').split('').toReversed().join('');
  return `${MessageProperty.CRC32}\u0001${digits}\u0002`;
}

/** Whether a record that carries its own checksum passes it; null when it carries none. */
export function recordCrcMatches(record: Uint8Array): boolean | null {
  const start = record.length - CRC_PROPERTY_LENGTH;
  if (start < RECORD_LENGTH_MIN) return null;
  const tail = Buffer.from(record.buffer, record.byteOffset + start, CRC_PROPERTY_LENGTH).toString('latin1');
  if (!tail.startsWith(`${MessageProperty.CRC32}\u0001`)) return null;
  return tail === crcProperty(crc32(record.subarray(0, start)));
}

import { crc32 } from './crc32.ts';
import { readHostAddress } from './host-address.ts';
import type { HostAddress, StoredMessage } from './message.ts';
import { MessageSysFlag } from './message-sys-flag.ts';
import { decodeProperties } from './properties-codec.ts';
import { RecordError } from './record-error.ts';
import { MESSAGE_MAGIC_V1, MESSAGE_MAGIC_V2, RECORD_LENGTH_MIN, RecordOffset } from './record-layout.ts';

export interface RecordDecodeOptions {
  /** Compare the body with its CRC; true unless told. */
  readonly verifyBodyCrc?: boolean;
}

/** All records of a pull answer, one after the other. @throws RecordError */
export function decodeRecords(bytes: Uint8Array, options: RecordDecodeOptions = {}): StoredMessage[] {
  const messages: StoredMessage[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    const message = decodeRecord(bytes, offset, options);
    messages.push(message);
    offset += message.storeSize;
  }
  return messages;
}

/**
 * The record that starts at `offset` (Java: `MessageDecoder.decode`). The body stays as stored, compressed or not, and is a
 * view on `bytes`.
 *
 * @throws RecordError when it is torn, its lengths contradict each other, or its body fails the CRC
 */
export function decodeRecord(
  bytes: Uint8Array,
  offset: number = 0,
  options: RecordDecodeOptions = {},
): StoredMessage {
  const record = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).subarray(Math.max(0, offset));
  const storeSize = readTotalSize(record, offset);
  const sysFlag = record.readInt32BE(RecordOffset.SYS_FLAG);
  const cursor = new RecordCursor(record, offset, storeSize);
  const topicLengthBytes = cursor.topicLengthBytes();
  const head = readHead(record, offset);
  cursor.at = RecordOffset.BORN_HOST;
  const bornHost = cursor.host(sysFlag & MessageSysFlag.BORNHOST_V6_FLAG);
  const storeTimestamp = cursor.long();
  const storeHost = cursor.host(sysFlag & MessageSysFlag.STOREHOSTADDRESS_V6_FLAG);
  const reconsumeTimes = cursor.int();
  const preparedTransactionOffset = cursor.long();
  const body = cursor.bytes('body length', cursor.int());
  const topic = cursor.text('topic length', topicLengthBytes === 1 ? cursor.byte() : cursor.short());
  const properties = decodeProperties(cursor.text('properties length', cursor.short()));
  if (cursor.at !== storeSize) {
    throw new RecordError('record length', offset, storeSize, `${cursor.at}, the sum of its fields`);
  }
  if (options.verifyBodyCrc !== false && body.length > 0) verifyBodyCrc(body, head.bodyCrc, offset);
  return {
    storeSize,
    topic,
    flag: head.flag,
    properties,
    body,
    bodyCrc: head.bodyCrc,
    queueId: head.queueId,
    queueOffset: head.queueOffset,
    commitLogOffset: head.commitLogOffset,
    sysFlag,
    bornTimestamp: readLong(record, RecordOffset.BORN_TIMESTAMP),
    bornHost,
    storeTimestamp,
    storeHost,
    reconsumeTimes,
    preparedTransactionOffset,
  };
}

function readTotalSize(record: Buffer, offset: number): number {
  if (record.length < RECORD_LENGTH_MIN) {
    throw new RecordError('record', offset, `${record.length} bytes`, `at least ${RECORD_LENGTH_MIN}`);
  }
  const totalSize = record.readInt32BE(RecordOffset.TOTAL_SIZE);
  if (totalSize < RECORD_LENGTH_MIN || totalSize > record.length) {
    throw new RecordError(
      'record length',
      offset,
      totalSize,
      `${RECORD_LENGTH_MIN} to ${record.length}, the bytes there are`,
    );
  }
  return totalSize;
}

function readHead(
  record: Buffer,
  offset: number,
): { bodyCrc: number; queueId: number; flag: number; queueOffset: number; commitLogOffset: number } {
  return {
    bodyCrc: record.readInt32BE(RecordOffset.BODY_CRC),
    queueId: record.readInt32BE(RecordOffset.QUEUE_ID),
    flag: record.readInt32BE(RecordOffset.FLAG),
    queueOffset: readOffset(record, offset, RecordOffset.QUEUE_OFFSET, 'queue offset'),
    commitLogOffset: readOffset(record, offset, RecordOffset.COMMIT_LOG_OFFSET, 'commit log offset'),
  };
}

function readOffset(record: Buffer, offset: number, at: number, what: string): number {
  const value = readLong(record, at);
  if (!Number.isSafeInteger(value)) throw new RecordError(what, offset + at, value, 'less than 2^53');
  return value;
}

/** Exact up to 2^53; beyond, the nearest double. */
function readLong(record: Buffer, at: number): number {
  return record.readInt32BE(at) * 0x1_0000_0000 + record.readUInt32BE(at + 4);
}

function verifyBodyCrc(body: Uint8Array, expected: number, offset: number): void {
  const found = crc32(body);
  if (found !== expected) {
    throw new RecordError(
      'body CRC',
      offset + RecordOffset.BODY_CRC,
      expected,
      `${found}, the CRC of the body's bytes`,
    );
  }
}

/** Walks the fields whose places depend on earlier ones, never past the record's end. */
class RecordCursor {
  at = 0;
  readonly #record: Buffer;
  readonly #offset: number;
  readonly #end: number;

  constructor(record: Buffer, offset: number, end: number) {
    this.#record = record;
    this.#offset = offset;
    this.#end = end;
  }

  topicLengthBytes(): 1 | 2 {
    const magic = this.#record.readInt32BE(RecordOffset.MAGIC);
    if (magic === MESSAGE_MAGIC_V1) return 1;
    if (magic === MESSAGE_MAGIC_V2) return 2;
    throw new RecordError(
      'magic',
      this.#offset + RecordOffset.MAGIC,
      `0x${(magic >>> 0).toString(16)}`,
      '0xdaa320a7 or 0xdaa320ab',
    );
  }

  byte(): number {
    return this.#record.readInt8(this.#take('topic length', 1));
  }

  short(): number {
    return this.#record.readInt16BE(this.#take('length', 2));
  }

  int(): number {
    return this.#record.readInt32BE(this.#take('field', 4));
  }

  long(): number {
    return readLong(this.#record, this.#take('field', 8));
  }

  host(isIpv6: number): HostAddress {
    const ipLength = isIpv6 === 0 ? 4 : 16;
    return readHostAddress(this.#record, this.#take('host', ipLength + 4), ipLength);
  }

  bytes(what: string, length: number): Buffer {
    const start = this.#take(what, length);
    return this.#record.subarray(start, this.at);
  }

  text(what: string, length: number): string {
    const start = this.#take(what, length);
    return length === 0 ? '' : this.#record.toString('utf8', start, this.at);
  }

  #take(what: string, length: number): number {
    const start = this.at;
    if (length < 0 || length > this.#end - start) {
      throw new RecordError(
        what,
        this.#offset + start,
        length,
        `0 to ${this.#end - start}, what is left of the record`,
      );
    }
    this.at = start + length;
    return start;
  }
}

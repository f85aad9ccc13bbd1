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
  const reader = new RecordReader(bytes);
  const messages: StoredMessage[] = [];
  while (!reader.isAtEnd) messages.push(reader.next(options));
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
  return new RecordReader(bytes, offset).next(options);
}

/**
 * Reads record after record. Neighbours come from the same hosts as a rule: they share one {@link HostAddress}, so what is
 * made of it can be kept by identity.
 */
export class RecordReader {
  readonly #bytes: Buffer;
  /** The engine reads numbers through it in one instruction; the buffer puts them together byte by byte. */
  readonly #view: DataView;
  /** Where the record being read begins and ends, and where its next field is. */
  #start: number;
  #end = 0;
  #at: number;
  readonly #bornHosts = new LastHost();
  readonly #storeHosts = new LastHost();

  constructor(bytes: Uint8Array, offset: number = 0) {
    this.#bytes = Buffer.isBuffer(bytes)
      ? bytes
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#start = Math.max(0, offset);
    this.#at = this.#start;
  }

  /** Nothing follows the record read last. */
  get isAtEnd(): boolean {
    return this.#start >= this.#bytes.length;
  }

  /**
   * The next record, as {@link decodeRecord}. After an error the reader stands where it stood.
   * @throws RecordError
   */
  next(options: RecordDecodeOptions = {}): StoredMessage {
    const bytes = this.#bytes;
    const view = this.#view;
    const start = this.#start;
    const storeSize = this.#totalSize();
    this.#end = start + storeSize;
    const topicLengthBytes = this.#topicLengthBytes();
    const sysFlag = view.getInt32(start + RecordOffset.SYS_FLAG);
    const bodyCrc = view.getInt32(start + RecordOffset.BODY_CRC);
    const queueOffset = this.#offset(RecordOffset.QUEUE_OFFSET, 'queue offset');
    const commitLogOffset = this.#offset(RecordOffset.COMMIT_LOG_OFFSET, 'commit log offset');
    this.#at = start + RecordOffset.BORN_HOST;
    const bornHost = this.#host(this.#bornHosts, sysFlag & MessageSysFlag.BORNHOST_V6_FLAG);
    const storeTimestamp = readLong(view, this.#take('field', 8));
    const storeHost = this.#host(this.#storeHosts, sysFlag & MessageSysFlag.STOREHOSTADDRESS_V6_FLAG);
    const reconsumeTimes = this.#int();
    const preparedTransactionOffset = readLong(view, this.#take('field', 8));
    const bodyAt = this.#take('body length', this.#int());
    const body = bytes.subarray(bodyAt, this.#at);
    const topic = this.#text('topic length', topicLengthBytes === 1 ? this.#byte() : this.#short());
    const properties = decodeProperties(this.#text('properties length', this.#short()));
    if (this.#at !== this.#end) {
      throw new RecordError('record length', start, storeSize, `${this.#at - start}, the sum of its fields`);
    }
    if (options.verifyBodyCrc !== false && body.length > 0) verifyBodyCrc(body, bodyCrc, start);
    this.#start = this.#end;
    return {
      storeSize,
      topic,
      flag: view.getInt32(start + RecordOffset.FLAG),
      properties,
      body,
      bodyCrc,
      queueId: view.getInt32(start + RecordOffset.QUEUE_ID),
      queueOffset,
      commitLogOffset,
      sysFlag,
      bornTimestamp: readLong(view, start + RecordOffset.BORN_TIMESTAMP),
      bornHost,
      storeTimestamp,
      storeHost,
      reconsumeTimes,
      preparedTransactionOffset,
    };
  }

  #totalSize(): number {
    const start = this.#start;
    const available = Math.max(0, this.#bytes.length - start);
    if (available < RECORD_LENGTH_MIN) {
      throw new RecordError('record', start, `${available} bytes`, `at least ${RECORD_LENGTH_MIN}`);
    }
    const totalSize = this.#view.getInt32(start + RecordOffset.TOTAL_SIZE);
    if (totalSize < RECORD_LENGTH_MIN || totalSize > available) {
      const expected = `${RECORD_LENGTH_MIN} to ${available}, the bytes there are`;
      throw new RecordError('record length', start, totalSize, expected);
    }
    return totalSize;
  }

  #topicLengthBytes(): 1 | 2 {
    const magicAt = this.#start + RecordOffset.MAGIC;
    const magic = this.#view.getInt32(magicAt);
    if (magic === MESSAGE_MAGIC_V1) return 1;
    if (magic === MESSAGE_MAGIC_V2) return 2;
    throw new RecordError('magic', magicAt, `0x${(magic >>> 0).toString(16)}`, '0xdaa320a7 or 0xdaa320ab');
  }

  #offset(at: number, what: string): number {
    const value = readLong(this.#view, this.#start + at);
    if (!Number.isSafeInteger(value)) throw new RecordError(what, this.#start + at, value, 'less than 2^53');
    return value;
  }

  #byte(): number {
    return this.#view.getInt8(this.#take('topic length', 1));
  }

  #short(): number {
    return this.#view.getInt16(this.#take('length', 2));
  }

  #int(): number {
    return this.#view.getInt32(this.#take('field', 4));
  }

  #host(last: LastHost, isIpv6: number): HostAddress {
    const ipLength = isIpv6 === 0 ? 4 : 16;
    const at = this.#take('host', ipLength + 4);
    return ipLength === 4
      ? last.ipv4(this.#bytes, this.#view, at)
      : readHostAddress(this.#bytes, at, ipLength);
  }

  #text(what: string, length: number): string {
    const at = this.#take(what, length);
    return length === 0 ? '' : this.#bytes.toString('utf8', at, this.#at);
  }

  /** The place of a field whose place depends on earlier ones, never past the record's end. */
  #take(what: string, length: number): number {
    const at = this.#at;
    const left = this.#end - at;
    if (length < 0 || length > left) {
      throw new RecordError(what, at, length, `0 to ${left}, what is left of the record`);
    }
    this.#at = at + length;
    return at;
  }
}

/** The host of one field, made anew only when it is not the one of the record before. */
class LastHost {
  #ip = 0;
  #port = 0;
  #host: HostAddress | null = null;

  ipv4(bytes: Buffer, view: DataView, at: number): HostAddress {
    const ip = view.getInt32(at);
    const port = view.getInt32(at + 4);
    if (this.#host !== null && ip === this.#ip && port === this.#port) return this.#host;
    this.#ip = ip;
    this.#port = port;
    this.#host = readHostAddress(bytes, at, 4);
    return this.#host;
  }
}

/** Exact up to 2^53; beyond, the nearest double. */
function readLong(view: DataView, at: number): number {
  return view.getInt32(at) * 0x1_0000_0000 + view.getUint32(at + 4);
}

function verifyBodyCrc(body: Uint8Array, expected: number, start: number): void {
  const found = crc32(body);
  if (found !== expected) {
    throw new RecordError(
      'body CRC',
      start + RecordOffset.BODY_CRC,
      expected,
      `${found}, the CRC of the body's bytes`,
    );
  }
}

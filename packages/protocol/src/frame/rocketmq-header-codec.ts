import { type ExtFields, type RemotingCommand, SerializeType } from '../command/remoting-command.ts';
import { FrameError } from './frame-error.ts';

/** code i16, language u8, version i16, opaque i32, flag i32, remark length i32, extension length i32. */
const FIXED_BYTES = 21;
const REMARK_LENGTH_AT = 13;

type Header = Omit<RemotingCommand, 'body'>;

/** Bytes that {@link writeRocketmqHeader} will write. */
export function rocketmqHeaderLength(command: RemotingCommand): number {
  let length = FIXED_BYTES;
  if (command.remark !== null) length += Buffer.byteLength(command.remark);
  for (const key in command.extFields) {
    const value = command.extFields[key];
    if (value !== undefined) length += 6 + Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  return length;
}

/**
 * Writes the ROCKETMQ binary header (Java's `RocketMQSerializable`) at `start` and gives its end.
 *
 * @throws FrameError when a code, version or key does not fit its field
 */
export function writeRocketmqHeader(command: RemotingCommand, target: Buffer, start: number): number {
  requireI16('request or response code', command.code, start);
  requireI16('version', command.version, start + 3);
  let at = target.writeInt16BE(command.code, start);
  at = target.writeUInt8(command.language, at);
  at = target.writeInt16BE(command.version, at);
  at = target.writeInt32BE(command.opaque, at);
  at = target.writeInt32BE(command.flag, at);
  const remarkBytes = command.remark === null ? 0 : target.write(command.remark, at + 4);
  at = target.writeInt32BE(remarkBytes, at) + remarkBytes;
  const extensionLengthAt = at;
  at += 4;
  for (const key in command.extFields) {
    const value = command.extFields[key];
    if (value === undefined) continue;
    const keyBytes = target.write(key, at + 2);
    requireI16('length of an extension key', keyBytes, at);
    at = target.writeInt16BE(keyBytes, at) + keyBytes;
    const valueBytes = target.write(value, at + 4);
    at = target.writeInt32BE(valueBytes, at) + valueBytes;
  }
  target.writeInt32BE(at - extensionLengthAt - 4, extensionLengthAt);
  return at;
}

function requireI16(what: string, value: number, offset: number): void {
  if (value < -32_768 || value > 32_767) {
    throw new FrameError(
      what,
      offset,
      value,
      '16 bits, as the ROCKETMQ header has; send this command with a JSON header',
    );
  }
}

/**
 * Reads the ROCKETMQ binary header between two offsets of the frame. A value of length zero reads as the empty string.
 *
 * @throws FrameError when a length lies
 */
export function decodeRocketmqHeader(frame: Buffer, start: number, end: number): Header {
  if (end - start < FIXED_BYTES) {
    throw new FrameError('ROCKETMQ header', start, `${end - start} bytes`, `at least ${FIXED_BYTES}`);
  }
  const remarkAt = start + REMARK_LENGTH_AT + 4;
  const remarkLength = readLength(frame, start + REMARK_LENGTH_AT, end - 4, 'remark length');
  const extensionAt = remarkAt + remarkLength;
  const extensionLength = readLength(frame, extensionAt, end, 'extension length');
  return {
    code: frame.readInt16BE(start),
    language: frame.readUInt8(start + 2),
    version: frame.readInt16BE(start + 3),
    opaque: frame.readInt32BE(start + 5),
    flag: frame.readInt32BE(start + 9),
    remark: remarkLength === 0 ? null : frame.toString('utf8', remarkAt, extensionAt),
    extFields: decodeExtFields(frame, extensionAt + 4, extensionAt + 4 + extensionLength),
    serializeType: SerializeType.ROCKETMQ,
  };
}

/** An i32 length at `at` whose bytes must lie before `end`. */
function readLength(frame: Buffer, at: number, end: number, what: string): number {
  const available = end - at - 4;
  if (available < 0) throw new FrameError(what, at, `${end - at} bytes`, 'four bytes of length');
  const length = frame.readInt32BE(at);
  if (length < 0 || length > available) throw new FrameError(what, at, length, `0 to ${available}`);
  return length;
}

// eslint-disable-next-line no-control-regex -- every byte above 0x7f is looked for, in latin1
const NOT_ASCII = /[^\u0000-\u007f]/;

function decodeExtFields(frame: Buffer, start: number, end: number): ExtFields {
  const fields: ExtFields = {};
  // One call into native code instead of two per field; only where a field is not ASCII is it decoded by itself.
  const latin1 = frame.toString('latin1', start, end);
  const isAscii = !NOT_ASCII.test(latin1);
  const text = (from: number, to: number): string =>
    isAscii ? latin1.slice(from - start, to - start) : frame.toString('utf8', from, to);
  let at = start;
  while (at < end) {
    if (end - at < 2)
      throw new FrameError('extension key length', at, `${end - at} bytes`, 'two bytes of length');
    const keyLength = frame.readInt16BE(at);
    const keyLengthMax = end - at - 6;
    if (keyLength < 0 || keyLength > keyLengthMax) {
      throw new FrameError('extension key length', at, keyLength, `0 to ${keyLengthMax}`);
    }
    const valueLengthAt = at + 2 + keyLength;
    const key = text(at + 2, valueLengthAt);
    const valueLength = readLength(frame, valueLengthAt, end, 'extension value length');
    at = valueLengthAt + 4 + valueLength;
    setField(fields, key, text(valueLengthAt + 4, at));
  }
  return fields;
}

function setField(fields: ExtFields, key: string, value: string): void {
  if (key === '__proto__') {
    Object.defineProperty(fields, key, { value, enumerable: true, writable: true, configurable: true });
  } else {
    fields[key] = value;
  }
}

import { type RemotingCommand, SerializeType } from '../command/remoting-command.ts';
import { FrameError } from './frame-error.ts';
import { FRAME_HEAD_BYTES, FrameLimits, readFrameLength } from './frame-limits.ts';
import { decodeJsonHeader, encodeJsonHeader } from './json-header-codec.ts';
import { decodeRocketmqHeader, rocketmqHeaderLength, writeRocketmqHeader } from './rocketmq-header-codec.ts';

const HEADER_LENGTH_MAX = 0xff_ffff;

/**
 * The whole frame: length word, header word, header, body.
 *
 * @throws FrameError when the frame would pass the limits, which no peer would read
 */
export function encodeFrame(command: RemotingCommand, limits: FrameLimits = FrameLimits): Buffer {
  const frame = frameWithRoomFor(command, command.body.length, limits);
  frame.set(command.body, frame.length - command.body.length);
  return frame;
}

/**
 * The frame up to its body, for a caller that writes the body from where it lies: `command.body` is not looked at.
 *
 * @throws FrameError as {@link encodeFrame}
 */
export function encodeFrameHead(
  command: RemotingCommand,
  bodyLength: number,
  limits: FrameLimits = FrameLimits,
): Buffer {
  return frameWithRoomFor(command, 0, limits, bodyLength);
}

function frameWithRoomFor(
  command: RemotingCommand,
  roomForBody: number,
  limits: FrameLimits,
  bodyLength: number = roomForBody,
): Buffer {
  if (command.serializeType === SerializeType.ROCKETMQ) {
    if (command.extFieldsJson !== undefined) {
      throw new FrameError('extension fields', FRAME_HEAD_BYTES, 'JSON text', 'a JSON header, or extFields');
    }
    const headerLength = rocketmqHeaderLength(command);
    const frame = allocate(headerLength, roomForBody, bodyLength, command.serializeType, limits);
    writeRocketmqHeader(command, frame, FRAME_HEAD_BYTES);
    return frame;
  }
  const header = encodeJsonHeader(command);
  const headerLength = Buffer.byteLength(header);
  const frame = allocate(headerLength, roomForBody, bodyLength, command.serializeType, limits);
  frame.write(header, FRAME_HEAD_BYTES, headerLength === header.length ? 'latin1' : 'utf8');
  return frame;
}

function allocate(
  headerLength: number,
  roomForBody: number,
  bodyLength: number,
  serializeType: number,
  limits: FrameLimits,
): Buffer {
  const frameLength = FRAME_HEAD_BYTES + headerLength + bodyLength;
  if (frameLength > limits.frameLengthMax || headerLength > HEADER_LENGTH_MAX) {
    throw new FrameError('frame to send', 0, `${frameLength} bytes`, `at most ${limits.frameLengthMax}`);
  }
  const frame = Buffer.allocUnsafe(FRAME_HEAD_BYTES + headerLength + roomForBody);
  frame.writeInt32BE(frameLength - 4, 0);
  frame.writeInt32BE((serializeType << 24) | headerLength, 4);
  return frame;
}

/**
 * One whole frame, length word included. The body is a view on the frame's memory: whoever reuses that memory copies the
 * body first.
 *
 * @throws FrameError for anything that is not exactly one well-formed frame
 */
export function decodeFrame(frame: Uint8Array, limits: FrameLimits = FrameLimits): RemotingCommand {
  const buffer = asBuffer(frame);
  const frameLength = readFrameLength(buffer, 0, limits);
  if (frameLength === 0 || frameLength !== buffer.length) {
    throw new FrameError(
      'frame length',
      0,
      `${buffer.length} bytes`,
      frameLength === 0 ? 'a length word' : `${frameLength}`,
    );
  }
  const headerWord = buffer.readUInt32BE(4);
  const serializeType = headerWord >>> 24;
  const headerLength = headerWord & HEADER_LENGTH_MAX;
  const headerEnd = FRAME_HEAD_BYTES + headerLength;
  if (headerEnd > frameLength) {
    throw new FrameError('header length', 4, headerLength, `at most ${frameLength - FRAME_HEAD_BYTES}`);
  }
  const command = decodeHeader(buffer, serializeType, headerEnd) as RemotingCommand;
  command.body = buffer.subarray(headerEnd);
  return command;
}

function decodeHeader(
  buffer: Buffer,
  serializeType: number,
  headerEnd: number,
): Omit<RemotingCommand, 'body'> {
  switch (serializeType) {
    case SerializeType.JSON:
      return decodeJsonHeader(buffer.toString('utf8', FRAME_HEAD_BYTES, headerEnd), FRAME_HEAD_BYTES);
    case SerializeType.ROCKETMQ:
      return decodeRocketmqHeader(buffer, FRAME_HEAD_BYTES, headerEnd);
    default:
      throw new FrameError('serialize type', 4, serializeType, '0 (JSON) or 1 (ROCKETMQ)');
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

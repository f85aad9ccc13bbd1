import { FrameError } from './frame-error.ts';

/** Bytes of the length word and the header word, which every frame has. */
export const FRAME_HEAD_BYTES = 8;

export interface FrameLimits {
  /** Longest whole frame in bytes, length word included. */
  readonly frameLengthMax: number;
}

/** What Apache RocketMQ's peers accept (`com.rocketmq.remoting.frameMaxLength`), on both sides. */
export const FrameLimits: FrameLimits = { frameLengthMax: 16_777_216 };

/**
 * Bytes of the whole frame that starts at `offset`, length word included; 0 when fewer than the four bytes of the length
 * word are there.
 *
 * @throws FrameError for a length that no frame can have, or that the limits forbid
 */
export function readFrameLength(
  bytes: Uint8Array,
  offset: number,
  limits: FrameLimits = FrameLimits,
): number {
  if (bytes.length - offset < 4) return 0;
  const length =
    ((byteAt(bytes, offset) << 24) |
      (byteAt(bytes, offset + 1) << 16) |
      (byteAt(bytes, offset + 2) << 8) |
      byteAt(bytes, offset + 3)) +
    4;
  if (length < FRAME_HEAD_BYTES || length > limits.frameLengthMax) {
    throw new FrameError('frame length', 0, length - 4, `4 to ${limits.frameLengthMax - 4}`);
  }
  return length;
}

function byteAt(bytes: Uint8Array, index: number): number {
  return bytes[index] ?? 0;
}

import { FrameError, readFrameLength } from '@centaurmq/protocol';
import type { FrameLimits } from '@centaurmq/protocol';

/** Start and end of each whole frame from the start of a chunk, in pairs; up to the first length that no frame can have. */
export function wholeFrames(chunk: Uint8Array): readonly number[] {
  const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  const frames: number[] = [];
  let start = 0;
  while (start + 4 <= chunk.length) {
    const end = start + 4 + view.getInt32(start);
    if (end <= start + 4 || end > chunk.length) break;
    frames.push(start, end);
    start = end;
  }
  return frames;
}

/** As {@link readFrameLength}, but a length that no frame can have is returned, not thrown. */
export function frameLengthAt(chunk: Uint8Array, start: number, limits: FrameLimits): number | FrameError {
  try {
    return readFrameLength(chunk, start, limits);
  } catch (error) {
    if (error instanceof FrameError) return error;
    throw error;
  }
}

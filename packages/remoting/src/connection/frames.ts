import { FrameError, readFrameLength } from '@centaurmq/protocol';
import type { FrameLimits } from '@centaurmq/protocol';

/** As {@link readFrameLength}, but a length that no frame can have is returned, not thrown. */
export function frameLengthAt(chunk: Uint8Array, start: number, limits: FrameLimits): number | FrameError {
  try {
    return readFrameLength(chunk, start, limits);
  } catch (error) {
    if (error instanceof FrameError) return error;
    throw error;
  }
}

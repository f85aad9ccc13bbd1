/** What became of one received chunk. */
export interface IngestResult {
  /** Bytes from the start that are done with: whole frames only. */
  readonly consumedBytes: number;
  /** Response frames to write now, or null. */
  readonly responses: Uint8Array | null;
  /** The memory of `responses` may be reused. */
  readonly release: (() => void) | null;
  /** Frames left to the request table: start and end in the chunk, length word included, in pairs. */
  readonly otherFrames: readonly number[];
  /** Set when a frame is malformed: the connection is closed with this reason. */
  readonly violation: string | null;
}

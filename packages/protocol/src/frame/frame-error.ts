/** A frame that cannot be read or written: what is wrong, where, and what was expected instead. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
  /** Byte offset from the frame's length word. */
  readonly offset: number;
  readonly found: string;
  readonly expected: string;

  constructor(what: string, offset: number, found: string | number, expected: string) {
    super(`${what} at byte ${offset} of the frame: found ${found}, expected ${expected}`);
    this.offset = offset;
    this.found = String(found);
    this.expected = expected;
  }
}

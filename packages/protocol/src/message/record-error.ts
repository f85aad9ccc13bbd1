/** Bytes that are no message record (or batch element): what is wrong, where, and what was expected. */
export class RecordError extends Error {
  override readonly name = 'RecordError';
  /** Byte offset in what was handed to the decoder. */
  readonly offset: number;
  readonly found: string;
  readonly expected: string;

  constructor(what: string, offset: number, found: string | number, expected: string) {
    super(`${what} at byte ${offset}: found ${found}, expected ${expected}`);
    this.offset = offset;
    this.found = String(found);
    this.expected = expected;
  }
}

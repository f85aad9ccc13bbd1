/** Text that is no JSON, nor fastjson's dialect of it. */
export class JsonError extends Error {
  override readonly name = 'JsonError';
  /** UTF-16 index into the text. */
  readonly offset: number;
  readonly found: string;
  readonly expected: string;

  constructor(offset: number, found: string, expected: string) {
    super(`JSON at character ${offset}: found ${found}, expected ${expected}`);
    this.offset = offset;
    this.found = found;
    this.expected = expected;
  }
}

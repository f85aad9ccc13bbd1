/** A header field that is missing or unreadable: which header, which wire key, what came, what was expected. */
export class HeaderError extends Error {
  override readonly name = 'HeaderError';
  readonly header: string;
  /** The wire key. */
  readonly field: string;
  /** Null when the field is missing. */
  readonly value: string | null;
  readonly expected: string;

  constructor(header: string, field: string, value: string | null, expected: string, where?: string) {
    const found =
      value === null ? 'nothing' : JSON.stringify(value.length > 100 ? `${value.slice(0, 100)}…` : value);
    super(
      `${header}.${field}${where === undefined ? '' : ` of ${where}`}: found ${found}, expected ${expected}`,
    );
    this.header = header;
    this.field = field;
    this.value = value;
    this.expected = expected;
  }
}

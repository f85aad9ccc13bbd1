/** Text that is no JSON (nor fastjson's dialect of it), or JSON of another shape than a body has. */
export class JsonError extends Error {
  override readonly name = 'JsonError';
  /** `character 17` of the text, or the path of a member such as `TopicConfig.perm`. */
  readonly where: string;
  readonly found: string;
  readonly expected: string;

  constructor(where: string, found: string, expected: string) {
    super(`JSON at ${where}: found ${found}, expected ${expected}`);
    this.where = where;
    this.found = found;
    this.expected = expected;
  }
}

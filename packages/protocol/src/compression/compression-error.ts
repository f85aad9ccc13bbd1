/** A body that cannot be compressed or decompressed: damaged, larger than allowed, or of an unknown kind. */
export class CompressionError extends Error {
  override readonly name = 'CompressionError';
  /** LZ4, ZSTD, ZLIB, or what was found in their place. */
  readonly compression: string;
  readonly found: string;
  readonly expected: string;

  constructor(compression: string, found: string, expected: string, options?: ErrorOptions) {
    super(`${compression} body: found ${found}, expected ${expected}`, options);
    this.compression = compression;
    this.found = found;
    this.expected = expected;
  }
}

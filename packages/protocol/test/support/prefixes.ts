import { expect } from 'vitest';

/**
 * Every proper prefix of the bytes must be refused with one of the errors that the decoder promises: neither accepted nor
 * failing in a way nobody planned.
 */
export function assertRejectsEveryPrefix(
  bytes: Uint8Array,
  decode: (prefix: Uint8Array) => unknown,
  errors: readonly (abstract new (...args: never[]) => Error)[],
  shortest: number = 0,
): void {
  for (let length = shortest; length < bytes.length; length += 1) {
    let failure: unknown;
    try {
      decode(bytes.subarray(0, length));
      expect.fail(`a prefix of ${length} of ${bytes.length} bytes was accepted`);
    } catch (error) {
      failure = error;
    }
    if (!errors.some((type) => failure instanceof type)) throw failure;
  }
}

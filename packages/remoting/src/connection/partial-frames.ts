/**
 * Bytes of frames that have begun to arrive, over all connections of a server: many peers that each send the most of a large
 * frame and then nothing must not fill the memory.
 */
export class PartialFrames {
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** @returns null, or why the connection that keeps more now has to go */
  change(differenceBytes: number): string | null {
    this.#bytes += differenceBytes;
    if (differenceBytes <= 0 || this.#bytes <= this.#bytesMax) return null;
    return `incomplete frames of all connections are ${this.#bytes} bytes; ${this.#bytesMax} are allowed (partialFrameBytesTotalMax)`;
  }
}

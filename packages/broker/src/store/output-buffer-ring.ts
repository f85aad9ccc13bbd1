export interface OutputBufferRingOptions {
  readonly bufferBytes: number;
  /** How many may be out at the same time. */
  readonly buffersMax: number;
  /** How many stay allocated while nobody uses them. */
  readonly idleBuffersMax: number;
}

/** Reused buffers that the engine fills and the socket empties. */
export class OutputBufferRing {
  readonly bufferBytes: number;
  readonly #options: OutputBufferRingOptions;
  readonly #idle: Buffer[] = [];
  #inUseCount = 0;

  constructor(options: OutputBufferRingOptions) {
    this.#options = options;
    this.bufferBytes = options.bufferBytes;
  }

  get inUseCount(): number {
    return this.#inUseCount;
  }

  /** Null when `buffersMax` are out: the caller answers busy instead of growing. */
  take(): Buffer | null {
    if (this.#inUseCount >= this.#options.buffersMax) return null;
    this.#inUseCount += 1;
    return this.#idle.pop() ?? Buffer.allocUnsafeSlow(this.#options.bufferBytes);
  }

  /** Gives a taken buffer back; exactly once. */
  release(buffer: Buffer): void {
    this.#inUseCount -= 1;
    if (this.#idle.length < this.#options.idleBuffersMax) this.#idle.push(buffer);
  }
}

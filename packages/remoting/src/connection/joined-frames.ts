/** Memory of one size that is used again: new memory for every answer keeps the collector busy. */
class BufferPool {
  readonly bufferBytes: number;
  readonly #inUseMax: number;
  readonly #idleMax: number;
  readonly #idle: Buffer[] = [];
  #inUse = 0;

  constructor(limits: { readonly bufferBytes: number; readonly inUseMax: number; readonly idleMax: number }) {
    this.bufferBytes = limits.bufferBytes;
    this.#inUseMax = limits.inUseMax;
    this.#idleMax = limits.idleMax;
  }

  /** Null when too many are in use. */
  take(): Buffer | null {
    if (this.#inUse >= this.#inUseMax) return null;
    this.#inUse += 1;
    return this.#idle.pop() ?? Buffer.allocUnsafeSlow(this.bufferBytes);
  }

  give(buffer: Buffer): void {
    this.#inUse -= 1;
    if (this.#idle.length < this.#idleMax) this.#idle.push(buffer);
  }
}

/** Shared by all connections. After one flush hundreds of them may be answered at once, each with one small frame. */
const smallBuffers = new BufferPool({ bufferBytes: 4 * 1024, inUseMax: 4096, idleMax: 512 });
const largeBuffers = new BufferPool({ bufferBytes: 64 * 1024, inUseMax: 256, idleMax: 16 });

/** Small frames, copied one behind the other. */
export class JoinedFrames {
  /** Null: the memory is its own. */
  #pool: BufferPool | null;
  #buffer: Buffer;
  #length = 0;

  /** @param roomBytes at least */
  constructor(roomBytes: number) {
    this.#pool = roomBytes <= smallBuffers.bufferBytes ? smallBuffers : largeBuffers;
    const taken = roomBytes <= this.#pool.bufferBytes ? this.#pool.take() : null;
    if (taken === null) this.#pool = null;
    this.#buffer = taken ?? Buffer.allocUnsafe(Math.max(roomBytes, smallBuffers.bufferBytes));
  }

  get length(): number {
    return this.#length;
  }

  /** False when there is no room. */
  add(frame: Uint8Array): boolean {
    if (!this.#hasRoom(this.#length + frame.length)) return false;
    this.#buffer.set(frame, this.#length);
    this.#length += frame.length;
    return true;
  }

  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** Once, when the bytes are not needed any more. */
  release(): void {
    this.#pool?.give(this.#buffer);
    this.#pool = null;
  }

  /** Goes on in larger memory when there is some. */
  #hasRoom(bytes: number): boolean {
    if (bytes <= this.#buffer.length) return true;
    const larger = bytes <= largeBuffers.bufferBytes ? largeBuffers.take() : null;
    if (larger === null) return false;
    larger.set(this.bytes());
    this.release();
    this.#buffer = larger;
    this.#pool = largeBuffers;
    return true;
  }
}

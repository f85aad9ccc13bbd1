const BUFFER_BYTES = 64 * 1024;
/** Of all connections, at sockets at the same time. */
const BUFFERS_MAX = 256;
const IDLE_BUFFERS_MAX = 16;
/** Beyond that. */
const SPARE_BUFFER_BYTES = 4 * 1024;

/** Memory for small frames on their way out, shared by all connections: new memory for every answer keeps the collector busy. */
const idleBuffers: Buffer[] = [];
let buffersInUse = 0;

/** Small frames, copied one behind the other. */
export class JoinedFrames {
  readonly #buffer: Buffer;
  readonly #isReused: boolean;
  #length = 0;

  /** @param roomBytes at least */
  constructor(roomBytes: number) {
    this.#isReused = buffersInUse < BUFFERS_MAX && roomBytes <= BUFFER_BYTES;
    if (this.#isReused) {
      buffersInUse += 1;
      this.#buffer = idleBuffers.pop() ?? Buffer.allocUnsafeSlow(BUFFER_BYTES);
    } else {
      this.#buffer = Buffer.allocUnsafe(Math.max(roomBytes, SPARE_BUFFER_BYTES));
    }
  }

  get length(): number {
    return this.#length;
  }

  /** False when there is no room. */
  add(frame: Uint8Array): boolean {
    if (this.#length + frame.length > this.#buffer.length) return false;
    this.#buffer.set(frame, this.#length);
    this.#length += frame.length;
    return true;
  }

  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** Once, when the bytes are not needed any more. */
  release(): void {
    if (!this.#isReused) return;
    buffersInUse -= 1;
    if (idleBuffers.length < IDLE_BUFFERS_MAX) idleBuffers.push(this.#buffer);
  }
}

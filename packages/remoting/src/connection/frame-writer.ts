import type { ByteStream } from '../environment/transport.ts';

/** A frame up to this size is copied together with its neighbours rather than written by itself. */
const JOINED_FRAME_MAX_BYTES = 16 * 1024;

/**
 * Writes frames in order and joins the small ones: those that come while a received chunk is worked on, and those that
 * come in one turn of the event loop. One write per response costs two thirds of the throughput.
 */
export class FrameWriter {
  readonly #stream: ByteStream;
  #small: Uint8Array[] = [];
  #smallBytes = 0;
  #held = false;
  #flushScheduled = false;
  #awaitsWritable = false;

  constructor(stream: ByteStream) {
    this.#stream = stream;
  }

  /** Bytes that the peer has not been sent yet. */
  get unsentBytes(): number {
    return this.#smallBytes + this.#stream.unsentBytes;
  }

  /** More than the limit is unsent, and the stream will tell when it is taken. */
  isCongested(limitBytes: number): boolean {
    if (this.unsentBytes <= limitBytes) return false;
    this.flush();
    return this.#awaitsWritable && this.unsentBytes > limitBytes;
  }

  /** The stream has told. */
  writable(): void {
    this.#awaitsWritable = false;
  }

  /** Until {@link release} small frames only gather. */
  hold(): void {
    this.#held = true;
  }

  release(): void {
    this.#held = false;
    this.flush();
  }

  /** @param done the memory may be reused; without it the bytes must stay untouched */
  write(frame: Uint8Array, done?: () => void): void {
    if (done !== undefined || frame.length > JOINED_FRAME_MAX_BYTES) {
      this.flush();
      this.#awaitsWritable = !this.#stream.write(frame, done);
      return;
    }
    this.#small.push(frame);
    this.#smallBytes += frame.length;
    if (!this.#held) this.#scheduleFlush();
  }

  flush(): void {
    if (this.#small.length === 0) return;
    const [first] = this.#small;
    const joined =
      this.#small.length === 1 && first !== undefined ? first : Buffer.concat(this.#small, this.#smallBytes);
    this.#small = [];
    this.#smallBytes = 0;
    this.#awaitsWritable = !this.#stream.write(joined);
  }

  #scheduleFlush(): void {
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    // From inside a microtask this runs after all microtasks: answers of handlers that awaited the same thing go out together.
    process.nextTick(() => {
      this.#flushScheduled = false;
      if (!this.#held) this.flush();
    });
  }
}

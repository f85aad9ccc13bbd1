import type { ByteStream } from '../environment/transport.ts';
import { JoinedFrames } from './joined-frames.ts';

/** A frame up to this size is copied together with its neighbours rather than written by itself. */
const JOINED_FRAME_MAX_BYTES = 16 * 1024;

/**
 * Writes frames in order and joins the small ones: those that come while a received chunk is worked on, and those that
 * come in one turn of the event loop. One write per response costs two thirds of the throughput.
 */
export class FrameWriter {
  readonly #stream: ByteStream;
  #joined: JoinedFrames | null = null;
  #held = false;
  #flushScheduled = false;
  #awaitsWritable = false;

  constructor(stream: ByteStream) {
    this.#stream = stream;
  }

  /** Bytes that the peer has not been sent yet. */
  get unsentBytes(): number {
    return (this.#joined?.length ?? 0) + this.#stream.unsentBytes;
  }

  /** More than the limit is unsent, and the stream will tell when it is taken. */
  isCongested(limitBytes: number): boolean {
    if (this.unsentBytes <= limitBytes) return false;
    this.flush();
    return this.#awaitsWritable && this.unsentBytes > limitBytes;
  }

  /** Others have written to the stream what the peer does not take at once. */
  congested(): void {
    this.#awaitsWritable = true;
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
    if (frame.length > JOINED_FRAME_MAX_BYTES) {
      this.flush();
      this.#awaitsWritable = !this.#stream.write(frame, done);
      return;
    }
    if (this.#joined?.add(frame) !== true) {
      this.flush();
      this.#joined = new JoinedFrames(frame.length);
      this.#joined.add(frame);
    }
    done?.();
    if (!this.#held) this.#scheduleFlush();
  }

  flush(): void {
    const joined = this.#joined;
    if (joined === null) return;
    this.#joined = null;
    this.#awaitsWritable = !this.#stream.write(joined.bytes(), () => joined.release());
  }

  /** Forgets what waits to be joined: the connection is closed. */
  discard(): void {
    this.#joined?.release();
    this.#joined = null;
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

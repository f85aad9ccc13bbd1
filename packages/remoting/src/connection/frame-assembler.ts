const ROOM_MIN_BYTES = 64 * 1024;
/** A larger rest's memory is given back once the connection is drained. */
const KEPT_IDLE_MAX_BYTES = 16 * 1024;

/** Memory that many connections receive into, one after the other. */
export interface SharedReceiveBuffer {
  readonly bytes: Buffer;
}

/** 256 KiB: large enough that a pipelining peer's requests arrive as one chunk. */
export function createSharedReceiveBuffer(lengthBytes: number = 256 * 1024): SharedReceiveBuffer {
  return { bytes: Buffer.allocUnsafeSlow(lengthBytes) };
}

/**
 * Puts the bytes of one connection together. Reads go to the shared buffer; what a read leaves over is kept aside, only as
 * large as it is, and put in front of the next read. Only a frame larger than half of the shared buffer gets a buffer of its own, which grows as
 * bytes arrive: a peer that announces 16 MiB and sends ten bytes costs ten bytes.
 */
export class FrameAssembler {
  readonly #shared: Buffer;
  #offered: Uint8Array;
  /** Small rest, waiting to be put in front of the next read. */
  #kept: Buffer | null = null;
  #keptLength = 0;
  /** Large rest, received into directly. */
  #own: Buffer | null = null;
  #ownLength = 0;

  constructor(shared: SharedReceiveBuffer) {
    this.#shared = shared.bytes;
    this.#offered = shared.bytes;
  }

  /** Bytes received and not consumed. */
  get restLength(): number {
    return this.#own === null ? this.#keptLength : this.#ownLength;
  }

  receiveBuffer(): Uint8Array {
    if (this.#own !== null) this.#offered = this.#own.subarray(this.#ownLength);
    else this.#offered = this.#keptLength === 0 ? this.#shared : this.#shared.subarray(this.#keptLength);
    return this.#offered;
  }

  /** Everything not consumed yet, the `length` bytes just received included. Valid until the next call. */
  received(length: number): Buffer {
    const offered = this.#offered;
    if (this.#own === null && this.#keptLength + length > this.#shared.length) {
      this.#moveToOwn(this.#takeKept(), this.#keptLength + length);
    }
    if (this.#own !== null) {
      this.#growOwn(this.#ownLength + length);
      if (!standsAt(offered, this.#own, this.#ownLength)) {
        this.#own.set(offered.subarray(0, length), this.#ownLength);
      }
      this.#ownLength += length;
      return this.#own.subarray(0, this.#ownLength);
    }
    if (!standsAt(offered, this.#shared, this.#keptLength)) {
      this.#shared.set(offered.subarray(0, length), this.#keptLength);
    }
    if (this.#kept !== null && this.#keptLength > 0) {
      this.#kept.copy(this.#shared, 0, 0, this.#keptLength);
    }
    return this.#shared.subarray(0, this.#keptLength + length);
  }

  /** What was kept, without a new read. Valid until the next call. */
  rest(): Buffer {
    return this.#own === null ? this.#takeKept() : this.#own.subarray(0, this.#ownLength);
  }

  /**
   * Keeps the unconsumed end of what `received` or `rest` returned.
   * @param frameLength of the first frame in it, when its length word is there, else 0
   */
  keep(rest: Buffer, frameLength: number): void {
    if (rest.length === 0) {
      this.keepNothing();
      return;
    }
    if (Math.max(rest.length, frameLength) > this.#shared.length / 2) {
      this.#keepInOwn(rest, frameLength);
      return;
    }
    if (this.#kept === null || this.#kept.length < rest.length) {
      const moved = Buffer.allocUnsafeSlow(Math.max(rest.length, 256));
      rest.copy(moved);
      this.#kept = moved;
    } else {
      rest.copy(this.#kept);
    }
    this.#keptLength = rest.length;
    this.#own = null;
    this.#ownLength = 0;
  }

  /** Everything was consumed. */
  keepNothing(): void {
    this.#own = null;
    this.#ownLength = 0;
    this.#keptLength = 0;
    if (this.#kept !== null && this.#kept.length > KEPT_IDLE_MAX_BYTES) this.#kept = null;
  }

  #takeKept(): Buffer {
    return this.#kept === null ? this.#shared.subarray(0, 0) : this.#kept.subarray(0, this.#keptLength);
  }

  #keepInOwn(rest: Buffer, frameLength: number): void {
    const missing = frameLength > rest.length ? frameLength - rest.length : ROOM_MIN_BYTES;
    const needed = rest.length + Math.min(missing, ROOM_MIN_BYTES);
    if (this.#own === null || this.#own.length < needed) {
      this.#moveToOwn(rest, Math.max(needed, Math.min(frameLength, rest.length * 2)));
      return;
    }
    rest.copy(this.#own);
    this.#ownLength = rest.length;
  }

  #moveToOwn(rest: Buffer, capacity: number): void {
    const own = Buffer.allocUnsafeSlow(capacity);
    rest.copy(own);
    this.#own = own;
    this.#ownLength = rest.length;
    this.#kept = null;
    this.#keptLength = 0;
  }

  #growOwn(length: number): void {
    if (this.#own !== null && this.#own.length < length) {
      this.#moveToOwn(this.#own.subarray(0, this.#ownLength), length);
    }
  }
}

function standsAt(bytes: Uint8Array, memory: Buffer, start: number): boolean {
  return bytes.buffer === memory.buffer && bytes.byteOffset === memory.byteOffset + start;
}

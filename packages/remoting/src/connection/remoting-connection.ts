import type { Clock, Timer } from '../environment/clock.ts';
import type { ByteStream, SocketAddress } from '../environment/transport.ts';
import { PeerFaultError } from '../errors.ts';
import type { IngestResult } from '../environment/ingest-result.ts';
import type { Connection } from '../server/request-handler.ts';
import type { SharedReceiveBuffer } from './frame-assembler.ts';
import { FrameAssembler } from './frame-assembler.ts';
import { frameLengthAt } from './frames.ts';
import { FrameWriter } from './frame-writer.ts';
import type { PartialFrames } from './partial-frames.ts';
import { PendingCalls } from './pending-calls.ts';

/** Who works on what a connection receives. */
export interface ConnectionOwner {
  /**
   * Works on whole frames from the start of the chunk and returns how many bytes are done with; stops early at will
   * (see {@link RemotingConnection.pauseReading}). `ingested`: what the hot path has done with the chunk already.
   */
  chunkReceived(connection: RemotingConnection, chunk: Buffer, ingested: IngestResult | null): number;
  /** Whether the hot path may see chunks before they are received; absent: never. */
  mayIngest?(connection: RemotingConnection): boolean;
  /** Responses were written that the owner did not write. */
  released?(connection: RemotingConnection): void;
  /** The peer has taken all that was written. */
  writable(connection: RemotingConnection): void;
  /** Once. */
  connectionClosed(connection: RemotingConnection, reason: Error | null): void;
}

export interface ConnectionOptions {
  readonly clock: Clock;
  readonly sharedReceiveBuffer: SharedReceiveBuffer;
  readonly partialFrames: PartialFrames;
  /** Whole frame, length word included, bytes. */
  readonly frameLengthMax: number;
  /** Closed after this long without a read and without a write. */
  readonly idleMillisMax: number;
}

let lastConnectionId = 0;

/** One peer: frames in, frames out, calls of this side that wait, and the idle clock. */
export class RemotingConnection implements Connection {
  readonly id: number = ++lastConnectionId;
  readonly pendingCalls: PendingCalls;
  /** Bytes of requests that handlers work on. */
  inFlightBytes = 0;
  /** Set while unsent bytes stand above the maximum. */
  unsentGraceTimer: Timer | null = null;
  readonly #stream: ByteStream;
  readonly #owner: ConnectionOwner;
  readonly #options: ConnectionOptions;
  readonly #assembler: FrameAssembler;
  readonly #writer: FrameWriter;
  #open = true;
  #paused = false;
  #working = false;
  #lastActivityMillis: number;
  /** As counted in partialFrames. */
  #partialBytes = 0;
  #silentSinceMillis: number | null = null;
  #idleTimer: Timer;

  constructor(stream: ByteStream, owner: ConnectionOwner, options: ConnectionOptions) {
    this.#stream = stream;
    this.#owner = owner;
    this.#options = options;
    this.pendingCalls = new PendingCalls(options.clock);
    this.#assembler = new FrameAssembler(options.sharedReceiveBuffer);
    this.#writer = new FrameWriter(stream);
    this.#lastActivityMillis = options.clock.monotonicMillis();
    this.#idleTimer = options.clock.setTimer(options.idleMillisMax, () => this.#idleDue());
  }

  get remote(): SocketAddress {
    return this.#stream.remote;
  }

  get local(): SocketAddress {
    return this.#stream.local;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  get unsentBytes(): number {
    return this.#writer.unsentBytes;
  }

  /** More than the limit is unsent; {@link ConnectionOwner.writable} comes when it is taken. */
  isCongested(limitBytes: number): boolean {
    return this.#writer.isCongested(limitBytes);
  }

  /** How long a call has waited without a byte from the peer. */
  get silentMillis(): number {
    return this.#silentSinceMillis === null
      ? 0
      : this.#options.clock.monotonicMillis() - this.#silentSinceMillis;
  }

  /** A call was written: the peer owes bytes. */
  expectAnswer(): void {
    this.#silentSinceMillis ??= this.#lastActivityMillis;
  }

  get isReadingPaused(): boolean {
    return this.#paused;
  }

  start(): void {
    this.#stream.start({
      receiveBuffer: () => this.#assembler.receiveBuffer(),
      received: (length) => this.#received(length),
      mayIngest: () => this.#mayIngest(),
      ingested: (chunk, result) => this.#ingested(chunk, result),
      released: (responses) => {
        this.write(responses);
        this.#owner.released?.(this);
      },
      congested: () => {
        this.#writer.congested();
        this.#owner.released?.(this);
      },
      writable: () => {
        this.#writer.writable();
        this.#owner.writable(this);
      },
      closed: (reason) => this.#closed(reason),
    });
  }

  /** Frames are written in order of their calls, small ones joined. Nothing happens once closed, except `done`. */
  write(frame: Uint8Array, done?: () => void): void {
    if (!this.#open) {
      done?.();
      return;
    }
    this.#lastActivityMillis = this.#options.clock.monotonicMillis();
    this.#writer.write(frame, done);
  }

  /** Sends what waits to be joined. */
  flush(): void {
    if (this.#open) this.#writer.flush();
  }

  /** Whether the hot path has heard of the peer, without a word to this side, since this was asked last. */
  takeHeard(): boolean {
    if (this.#stream.takeHeard?.() !== true) return false;
    this.#lastActivityMillis = this.#options.clock.monotonicMillis();
    return true;
  }

  pauseReading(): void {
    if (this.#paused || !this.#open) return;
    this.#paused = true;
    this.#stream.pauseReading();
  }

  /** Works on what was left over, then reads on, unless that pauses again. */
  resumeReading(): void {
    if (!this.#paused || !this.#open) return;
    this.#paused = false;
    if (this.#working) return;
    if (this.#assembler.restLength > 0) this.#work(this.#assembler.rest(), null);
    if (!this.#paused && this.#open) this.#stream.resumeReading();
  }

  /** Sends what is queued, then closes. */
  end(): void {
    if (!this.#open) return;
    this.#writer.flush();
    this.#stream.end();
  }

  destroy(reason: Error): void {
    if (!this.#open) return;
    this.#stream.destroy(reason);
    this.#closed(reason);
  }

  #received(length: number): void {
    if (!this.#open) return;
    this.#lastActivityMillis = this.#options.clock.monotonicMillis();
    this.#silentSinceMillis = null;
    this.#work(this.#assembler.received(length), null);
  }

  #mayIngest(): boolean {
    return this.#open && this.#assembler.restLength === 0 && this.#owner.mayIngest?.(this) === true;
  }

  #ingested(chunk: Buffer, result: IngestResult): void {
    if (!this.#open) return;
    this.#lastActivityMillis = this.#options.clock.monotonicMillis();
    this.#silentSinceMillis = null;
    this.#work(chunk, result);
  }

  #work(chunk: Buffer, ingested: IngestResult | null): void {
    this.#working = true;
    this.#writer.hold();
    const consumed = this.#owner.chunkReceived(this, chunk, ingested);
    this.#working = false;
    if (!this.#open) return;
    this.#writer.release();
    if (consumed === chunk.length) {
      this.#assembler.keepNothing();
      this.#countPartial(0);
      return;
    }
    const rest = chunk.subarray(consumed);
    const frameLength = frameLengthAt(rest, 0, this.#options);
    if (typeof frameLength !== 'number') {
      this.destroy(new PeerFaultError(`malformed frame: ${frameLength.message}`, { cause: frameLength }));
      return;
    }
    this.#assembler.keep(rest, frameLength);
    this.#countPartial(rest.length);
  }

  #countPartial(restLength: number): void {
    if (restLength === this.#partialBytes) return;
    const excess = this.#options.partialFrames.change(restLength - this.#partialBytes);
    this.#partialBytes = restLength;
    if (excess !== null) this.destroy(new PeerFaultError(excess));
  }

  #idleDue(): void {
    this.takeHeard();
    const idleMillis = this.#options.clock.monotonicMillis() - this.#lastActivityMillis;
    const missingMillis = this.#options.idleMillisMax - idleMillis;
    if (missingMillis <= 0) {
      this.destroy(new Error(`idle: neither read nor written for ${Math.floor(idleMillis)} ms`));
      return;
    }
    this.#idleTimer = this.#options.clock.setTimer(missingMillis, () => this.#idleDue());
  }

  #closed(reason: Error | null): void {
    if (!this.#open) return;
    this.#open = false;
    this.#writer.discard();
    this.#options.partialFrames.change(-this.#partialBytes);
    this.#idleTimer.cancel();
    this.unsentGraceTimer?.cancel();
    this.unsentGraceTimer = null;
    this.#owner.connectionClosed(this, reason);
    this.pendingCalls.failAll(reason ?? new Error('the peer closed the connection'));
  }
}

import { crc32 } from '@centaurmq/protocol';
import type { ByteStream, SocketAddress, StreamEvents } from '@centaurmq/remoting';
import type { Packet } from './packet-pipe.ts';

/** What a stream needs of the connection it is an end of. */
export interface StreamEnd {
  /** Hands a packet to the network. */
  send(packet: Packet): void;
  /** This end is gone: nothing it sent before is taken back. */
  closed(): void;
  /** Runs after this turn, or a little later: the system takes written bytes when it gets to it. */
  soon(callback: () => void): void;
  /** Where the next arrival of so many bytes is cut in two; null: not. */
  cut(length: number): number | null;
  /** Whether the system takes more bytes while the peer has not read those before. */
  hasRoom(): boolean;
  /** This side has read so many. */
  read(byteCount: number): void;
  readonly windowBytes: number;
}

interface Written {
  readonly bytes: Uint8Array;
  readonly done: (() => void) | undefined;
}

/** One end of a simulated connection. Memory that a writer gave away is copied late, so that using it before `done` shows. */
export class SimulatedStream implements ByteStream {
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  readonly #end: StreamEnd;
  #events: StreamEvents | null = null;
  readonly #written: Written[] = [];
  #unsentBytes = 0;
  #takingScheduled = false;
  #wantsWritable = false;
  readonly #arrived: Uint8Array[] = [];
  #arrivedEnd: { readonly reason: Error | null } | null = null;
  #isReadingPaused = false;
  #isEnding = false;
  #isClosed = false;
  #closeReason: Error | null = null;
  /** Its process died: it tells nobody anything. */
  #isSilent = false;

  constructor(local: SocketAddress, remote: SocketAddress, end: StreamEnd) {
    this.local = local;
    this.remote = remote;
    this.#end = end;
  }

  get unsentBytes(): number {
    return this.#unsentBytes;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  start(events: StreamEvents): void {
    this.#events = events;
    if (this.#isClosed) queueMicrotask(() => events.closed(this.#closeReason));
    else queueMicrotask(() => this.#read());
  }

  write(bytes: Uint8Array, done?: () => void): boolean {
    if (this.#isClosed || this.#isEnding) {
      if (done !== undefined) queueMicrotask(done);
      return false;
    }
    this.#written.push({ bytes, done });
    this.#unsentBytes += bytes.length;
    this.#takeSoon();
    if (this.#unsentBytes <= this.#end.windowBytes) return true;
    this.#wantsWritable = true;
    return false;
  }

  pauseReading(): void {
    this.#isReadingPaused = true;
  }

  resumeReading(): void {
    if (!this.#isReadingPaused) return;
    this.#isReadingPaused = false;
    queueMicrotask(() => this.#read());
  }

  end(): void {
    if (this.#isEnding || this.#isClosed) return;
    this.#isEnding = true;
    this.#takeSoon();
  }

  destroy(reason?: Error): void {
    if (this.#isClosed) return;
    this.#end.send({ kind: 'end', reason: reason === undefined ? null : systemError('ECONNRESET', 'read') });
    this.close(reason ?? null);
  }

  /** Ends this side and tells its owner. */
  close(reason: Error | null): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#closeReason = reason;
    this.#end.closed();
    for (const { done } of this.#written.splice(0)) done?.();
    this.#unsentBytes = 0;
    const events = this.#events;
    if (events === null) return;
    queueMicrotask(() => {
      if (!this.#isSilent) events.closed(reason);
    });
  }

  /** The process behind it died: whatever happens now, nobody is told. */
  silence(): void {
    this.#isSilent = true;
    this.#isClosed = true;
    this.#events = null;
    this.#written.length = 0;
  }

  /** The peer has read: the system may take more. */
  roomAgain(): void {
    if (this.#written.length > 0 && !this.#isClosed) this.#takeSoon();
  }

  arrive(packet: Packet): void {
    if (this.#isClosed) return;
    if (packet.kind === 'end') this.#arrivedEnd = packet;
    else this.#arrived.push(packet.bytes);
    this.#read();
  }

  #takeSoon(): void {
    if (this.#takingScheduled) return;
    this.#takingScheduled = true;
    this.#end.soon(() => {
      this.#takingScheduled = false;
      this.#take();
    });
  }

  #take(): void {
    while (!this.#isClosed && this.#end.hasRoom()) {
      const next = this.#written.shift();
      if (next === undefined) break;
      // A Buffer's own slice would share the memory.
      this.#end.send({ kind: 'bytes', bytes: Uint8Array.from(next.bytes) });
      this.#unsentBytes -= next.bytes.length;
      next.done?.();
    }
    if (this.#isClosed || this.#written.length > 0) return;
    if (this.#isEnding) {
      this.#end.send({ kind: 'end', reason: null });
      this.close(null);
    } else if (this.#wantsWritable) {
      this.#wantsWritable = false;
      this.#events?.writable();
    }
  }

  #read(): void {
    const events = this.#events;
    if (events === null) return;
    while (!this.#isReadingPaused && !this.#isClosed) {
      const [next] = this.#arrived;
      if (next === undefined) break;
      const target = events.receiveBuffer();
      const length = Math.min(next.length, target.length, this.#end.cut(next.length) ?? next.length);
      target.set(next.subarray(0, length));
      if (length === next.length) this.#arrived.shift();
      else this.#arrived[0] = next.subarray(length);
      this.#end.read(length);
      events.received(length);
    }
    if (this.#arrived.length === 0 && this.#arrivedEnd !== null) this.close(this.#arrivedEnd.reason);
  }
}

export function describePacket(packet: Packet): string {
  if (packet.kind === 'end') return packet.reason === null ? 'end' : `reset (${packet.reason.message})`;
  return `${packet.bytes.length} bytes, crc ${crc32(packet.bytes).toString(16)}`;
}

/** As the system's errors: with a `code`. */
export function systemError(code: string, call: string, where = ''): Error {
  return Object.assign(new Error(`${call} ${code}${where === '' ? '' : ` ${where}`}`), { code });
}

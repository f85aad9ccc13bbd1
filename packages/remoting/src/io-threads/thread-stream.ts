import type {
  AcceptedDescriptor,
  ByteStream,
  SocketAddress,
  StreamEvents,
} from '../environment/transport.ts';
import { PeerFaultError } from '../errors.ts';
import type { FromIoThread, ToIoThread } from './io-messages.ts';
import { type Outbox, ownCopy } from './outbox.ts';

/** Bytes posted to the thread and not yet written; above, `write` asks to wait. */
const UNSENT_HIGH_WATER_BYTES = 64 * 1024;

/**
 * A connection whose socket another thread serves. What arrives here are the frames that the thread's hot path left; what is written
 * here goes out there.
 */
export class ThreadStream implements ByteStream {
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  readonly #id: number;
  readonly #outbox: Outbox<ToIoThread>;
  #events: StreamEvents | null = null;
  #unsentBytes = 0;
  #awaitsWritable = false;
  #paused = false;
  #closed = false;
  /** Received while paused; the thread forwards no more than its limit before it hears that something was taken. */
  readonly #received: Uint8Array[] = [];

  constructor(id: number, { local, remote }: AcceptedDescriptor, outbox: Outbox<ToIoThread>) {
    this.#id = id;
    this.local = local;
    this.remote = remote;
    this.#outbox = outbox;
  }

  get unsentBytes(): number {
    return this.#unsentBytes;
  }

  start(events: StreamEvents): void {
    this.#events = events;
    this.#outbox.post({ kind: 'start', id: this.#id });
  }

  write(bytes: Uint8Array, done?: () => void): boolean {
    if (done !== undefined) process.nextTick(done);
    if (this.#closed) return false;
    const copy = ownCopy(bytes);
    this.#unsentBytes += copy.length;
    this.#outbox.postWith(copy, { kind: 'write', id: this.#id, bytes: copy });
    this.#awaitsWritable = this.#unsentBytes > UNSENT_HIGH_WATER_BYTES;
    return !this.#awaitsWritable;
  }

  pauseReading(): void {
    this.#paused = true;
  }

  resumeReading(): void {
    this.#paused = false;
    this.#deliver();
  }

  end(): void {
    this.#outbox.post({ kind: 'end', id: this.#id });
  }

  destroy(reason?: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#received.length = 0;
    this.#outbox.post({ kind: 'destroy', id: this.#id, reason: reason?.message ?? null });
    const events = this.#events;
    if (events !== null) process.nextTick(() => events.closed(reason ?? null));
  }

  /** The thread's messages about this connection. */
  told(message: Extract<FromIoThread, { readonly id: number }>): void {
    if (this.#closed) return;
    switch (message.kind) {
      case 'frames':
        this.#received.push(message.bytes);
        this.#deliver();
        break;
      case 'written':
        this.#written(message.length);
        break;
      case 'alive':
        if (!this.#paused) this.#feed(new Uint8Array(0));
        break;
      case 'closed': {
        this.#closed = true;
        const { reason } = message;
        this.#events?.closed(reason === null ? null : toReason(reason));
        break;
      }
    }
  }

  #written(length: number): void {
    this.#unsentBytes -= length;
    if (!this.#awaitsWritable || this.#unsentBytes > 0) return;
    this.#awaitsWritable = false;
    this.#events?.writable();
  }

  #deliver(): void {
    while (!this.#paused && !this.#closed) {
      const bytes = this.#received.shift();
      if (bytes === undefined) return;
      const fed = this.#feed(bytes);
      if (fed < bytes.length) this.#received.unshift(bytes.subarray(fed));
      this.#outbox.post({ kind: 'taken', id: this.#id, length: fed });
    }
  }

  /** @returns bytes fed: fewer when the connection was paused or closed meanwhile */
  #feed(bytes: Uint8Array): number {
    const events = this.#events;
    if (events === null) return 0;
    let fed = 0;
    do {
      const target = events.receiveBuffer();
      const part = bytes.subarray(fed, fed + target.length);
      target.set(part);
      fed += part.length;
      events.received(part.length);
    } while (fed < bytes.length && !this.#paused && !this.#closed);
    return fed;
  }
}

function toReason({ message, peerFault }: { readonly message: string; readonly peerFault: boolean }): Error {
  return peerFault ? new PeerFaultError(message) : new Error(message);
}

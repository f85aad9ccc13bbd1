import { addressToString } from '../environment/address.ts';
import type { Clock } from '../environment/clock.ts';
import type {
  ByteStream,
  ConnectOptions,
  Listener,
  ListenOptions,
  SocketAddress,
  StreamEvents,
  Transport,
} from '../environment/transport.ts';

export interface MemoryTransportOptions {
  readonly clock: Clock;
  /** How long bytes, connects and closes travel in each direction; 0 delivers in the same turn of the event loop. */
  readonly latencyMillis?: number;
  /** Above this many unread bytes `write` returns false; 64 KiB when not given. */
  readonly windowBytes?: number;
}

const WINDOW_BYTES = 64 * 1024;
const EPHEMERAL_PORT_FIRST = 49_152;
const LOOPBACK = '127.0.0.1';
const ANY_HOST = ['0.0.0.0', '::'];

/**
 * A network inside the process, for tests: the same interfaces, order kept per connection, no copy before delivery (so that memory
 * reused before `done` shows), delivery always after the writer has returned. TLS is only checked for agreement of both sides.
 */
export function memoryTransport(options: MemoryTransportOptions): Transport {
  const wire = new Wire(options);
  const listeners = new Listeners();
  let lastPort = EPHEMERAL_PORT_FIRST;

  function listen(listening: ListenOptions): Promise<Listener> {
    const address = { host: listening.host, port: listening.port === 0 ? ++lastPort : listening.port };
    if (listeners.at(address) !== undefined) {
      return Promise.reject(
        failure('EADDRINUSE', `listen EADDRINUSE: address already in use ${addressToString(address)}`),
      );
    }
    listeners.add(address, listening);
    return Promise.resolve({
      address,
      close: () => {
        listeners.delete(address);
        return Promise.resolve();
      },
    });
  }

  async function connect({ address, tls }: ConnectOptions): Promise<ByteStream> {
    await wire.travel();
    const name = addressToString(address);
    const listening = listeners.at(address);
    if (listening === undefined) throw failure('ECONNREFUSED', `connect ECONNREFUSED ${name}`);
    if (tls !== undefined && listening.tlsMode === 'disabled') throw new Error(`${name} does not speak TLS`);
    if (tls === undefined && listening.tlsMode === 'enforcing') throw new Error(`${name} speaks TLS only`);
    const near: SocketAddress = { host: LOOPBACK, port: ++lastPort };
    const client = new MemoryStream(wire, near, address);
    const server = new MemoryStream(wire, address, near);
    client.join(server);
    listening.accepted(server);
    await wire.travel();
    return client;
  }

  return { listen, connect };
}

/** Who listens where: one host, or every host of a port. */
class Listeners {
  readonly #listeners = new Map<string, ListenOptions>();

  add(address: SocketAddress, listening: ListenOptions): void {
    this.#listeners.set(key(address), listening);
  }

  delete(address: SocketAddress): void {
    this.#listeners.delete(key(address));
  }

  at(address: SocketAddress): ListenOptions | undefined {
    const everywhere = ANY_HOST.map((host) => this.#listeners.get(key({ host, port: address.port })));
    return this.#listeners.get(key(address)) ?? everywhere.find((listening) => listening !== undefined);
  }
}

function key({ host, port }: SocketAddress): string {
  return `${host === 'localhost' ? LOOPBACK : host} ${port}`;
}

/** As the system's errors: with a `code`. */
function failure(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

class Wire {
  readonly #clock: Clock;
  readonly #latencyMillis: number;
  readonly windowBytes: number;

  constructor(options: MemoryTransportOptions) {
    this.#clock = options.clock;
    this.#latencyMillis = options.latencyMillis ?? 0;
    this.windowBytes = options.windowBytes ?? WINDOW_BYTES;
  }

  later(deliver: () => void): void {
    if (this.#latencyMillis === 0) queueMicrotask(deliver);
    else this.#clock.setTimer(this.#latencyMillis, deliver);
  }

  travel(): Promise<void> {
    return new Promise((resolve) => {
      this.later(resolve);
    });
  }
}

interface Parcel {
  readonly bytes: Uint8Array;
  readonly done: (() => void) | undefined;
  sent: number;
}

class MemoryStream implements ByteStream {
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  readonly #wire: Wire;
  #peer: MemoryStream | null = null;
  #events: StreamEvents | null = null;
  /** Written by this side, not yet read by the peer. */
  #outgoing: Parcel[] = [];
  #unsentBytes = 0;
  #arrivedParcels = 0;
  #wantsWritable = false;
  #readingPaused = false;
  #ending = false;
  #closed = false;
  #closeReason: Error | null = null;

  constructor(wire: Wire, local: SocketAddress, remote: SocketAddress) {
    this.#wire = wire;
    this.local = local;
    this.remote = remote;
  }

  join(peer: MemoryStream): void {
    this.#peer = peer;
    peer.#peer = this;
  }

  get unsentBytes(): number {
    return this.#unsentBytes;
  }

  start(events: StreamEvents): void {
    this.#events = events;
    if (this.#closed) {
      queueMicrotask(() => events.closed(this.#closeReason));
      return;
    }
    this.#pull();
  }

  write(bytes: Uint8Array, done?: () => void): boolean {
    if (this.#closed || this.#ending) {
      if (done !== undefined) queueMicrotask(done);
      return false;
    }
    this.#outgoing.push({ bytes, done, sent: 0 });
    this.#unsentBytes += bytes.length;
    this.#wire.later(() => {
      this.#arrivedParcels += 1;
      const peer = this.#peer;
      if (peer !== null) peer.#pull();
    });
    if (this.#unsentBytes <= this.#wire.windowBytes) return true;
    this.#wantsWritable = true;
    return false;
  }

  pauseReading(): void {
    this.#readingPaused = true;
  }

  resumeReading(): void {
    if (!this.#readingPaused) return;
    this.#readingPaused = false;
    queueMicrotask(() => this.#pull());
  }

  end(): void {
    if (this.#ending || this.#closed) return;
    this.#ending = true;
    this.#wire.later(() => this.#endWhenSent());
  }

  destroy(reason?: Error): void {
    if (this.#closed) return;
    const peer = this.#peer;
    this.#close(reason ?? null);
    this.#wire.later(() => {
      if (peer !== null) peer.#close(reason === undefined ? null : new Error('read ECONNRESET'));
    });
  }

  /** Takes what has arrived from the peer, as long as this side reads. */
  #pull(): void {
    const peer = this.#peer;
    const events = this.#events;
    if (peer === null || events === null) return;
    while (peer.#arrivedParcels > 0 && !this.#readingPaused && !this.#closed) {
      const [parcel] = peer.#outgoing;
      if (parcel === undefined) break;
      const target = events.receiveBuffer();
      const part = parcel.bytes.subarray(parcel.sent, parcel.sent + target.length);
      target.set(part);
      parcel.sent += part.length;
      peer.#unsentBytes -= part.length;
      if (parcel.sent === parcel.bytes.length) {
        peer.#outgoing.shift();
        peer.#arrivedParcels -= 1;
        parcel.done?.();
      }
      events.received(part.length);
    }
    peer.#drained();
  }

  #drained(): void {
    if (this.#unsentBytes > 0) return;
    if (this.#wantsWritable) {
      this.#wantsWritable = false;
      queueMicrotask(() => {
        if (!this.#closed) this.#events?.writable();
      });
    }
    if (this.#ending) this.#endWhenSent();
  }

  #endWhenSent(): void {
    if (this.#outgoing.length > 0 || this.#closed) return;
    const peer = this.#peer;
    this.#close(null);
    if (peer !== null) peer.#close(null);
  }

  #close(reason: Error | null): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#closeReason = reason;
    const abandoned = this.#outgoing;
    this.#outgoing = [];
    this.#unsentBytes = 0;
    for (const parcel of abandoned) parcel.done?.();
    const events = this.#events;
    if (events !== null) queueMicrotask(() => events.closed(reason));
  }
}

import type { Socket } from 'node:net';
import type { ByteStream, SocketAddress, StreamEvents } from '../environment/transport.ts';

/** Replaces the plain socket once the first bytes (a copy) say TLS; returns the socket to use from then on, or null for plain. */
export type TlsSniffer = (socket: Socket, first: Buffer) => Socket | null;

/** Where reads land before the owner has started: copied from there at once. */
const firstReadBuffer: Buffer = Buffer.allocUnsafeSlow(64 * 1024);

/**
 * A TCP socket as a {@link ByteStream}. Plain sockets made with {@link onreadOf} are read by libuv straight into the owner's
 * buffer; TLS sockets hand out their own chunks, which are copied.
 */
export class NodeStream implements ByteStream {
  #socket: Socket | null = null;
  #events: StreamEvents | null = null;
  #local: SocketAddress = { host: '', port: 0 };
  #remote: SocketAddress = { host: '', port: 0 };
  #sniffer: TlsSniffer | null = null;
  #started = false;
  #paused = false;
  #readsDirectly = false;
  #offered: Uint8Array = firstReadBuffer;
  /** Received while paused: only from sockets that hand out their own chunks. */
  #leftOver: Uint8Array | null = null;
  #error: Error | null = null;

  /** The `onread` option for the socket that will be given to {@link adopt}. */
  onreadOf(): { buffer: () => Uint8Array; callback: (length: number, buffer: Uint8Array) => boolean } {
    this.#readsDirectly = true;
    return {
      buffer: () => {
        this.#offered = this.#events?.receiveBuffer() ?? firstReadBuffer;
        return this.#offered;
      },
      callback: (length, buffer) => {
        this.#directlyRead(length, buffer);
        return true;
      },
    };
  }

  adopt(socket: Socket, sniffer: TlsSniffer | null): void {
    this.#socket = socket;
    this.#sniffer = sniffer;
    this.#local = addressOf(socket.localAddress, socket.localPort);
    this.#remote = addressOf(socket.remoteAddress, socket.remotePort);
    socket.setNoDelay(true);
    socket.on('error', (error) => {
      this.#error ??= error;
    });
    this.#listen(socket);
  }

  get local(): SocketAddress {
    return this.#local;
  }

  get remote(): SocketAddress {
    return this.#remote;
  }

  get unsentBytes(): number {
    return this.#socket?.writableLength ?? 0;
  }

  start(events: StreamEvents): void {
    this.#events = events;
    const socket = this.#socket;
    if (socket === null || socket.destroyed) {
      process.nextTick(() => events.closed(this.#error));
      return;
    }
    this.#started = true;
    if (!this.#readsDirectly) socket.on('data', (chunk: Buffer) => this.#feed(chunk));
    socket.resume();
  }

  write(bytes: Uint8Array, done?: () => void): boolean {
    const socket = this.#socket;
    if (socket === null || !socket.writable) {
      if (done !== undefined) process.nextTick(done);
      return false;
    }
    return done === undefined ? socket.write(bytes) : socket.write(bytes, () => done());
  }

  pauseReading(): void {
    this.#paused = true;
    this.#socket?.pause();
  }

  resumeReading(): void {
    if (!this.#paused) return;
    this.#paused = false;
    const leftOver = this.#leftOver;
    this.#leftOver = null;
    if (leftOver !== null) this.#feed(leftOver);
    if (!this.#paused) this.#socket?.resume();
  }

  end(): void {
    const socket = this.#socket;
    if (socket === null) return;
    socket.end();
    // The peer's end is only seen by one who reads.
    socket.resume();
  }

  destroy(reason?: Error): void {
    this.#error ??= reason ?? null;
    this.#socket?.destroy();
  }

  #listen(socket: Socket): void {
    socket.on('drain', () => this.#events?.writable());
    socket.on('close', () => {
      if (this.#socket !== socket) return;
      const events = this.#events;
      if (this.#started && events !== null) events.closed(this.#error);
    });
  }

  #directlyRead(length: number, buffer: Uint8Array): void {
    if (this.#sniffer !== null) {
      const sniffer = this.#sniffer;
      this.#sniffer = null;
      const plain = this.#socket;
      const first = Buffer.from(buffer.subarray(0, length));
      const secured = plain === null ? null : sniffer(plain, first);
      if (secured !== null) {
        this.#secure(secured);
        return;
      }
    }
    const events = this.#events;
    if (buffer === this.#offered && buffer !== firstReadBuffer && events !== null) events.received(length);
    else this.#feed(buffer.subarray(0, length));
  }

  #secure(secured: Socket): void {
    this.#socket = secured;
    this.#readsDirectly = false;
    secured.on('error', (error) => {
      this.#error ??= error;
    });
    this.#listen(secured);
    secured.on('data', (chunk: Buffer) => this.#feed(chunk));
    if (this.#paused) secured.pause();
  }

  #feed(chunk: Uint8Array): void {
    const events = this.#events;
    if (events === null) return;
    let fed = 0;
    while (fed < chunk.length && !this.#paused) {
      const target = events.receiveBuffer();
      const part = chunk.subarray(fed, fed + target.length);
      target.set(part);
      fed += part.length;
      events.received(part.length);
    }
    if (fed < chunk.length) {
      const rest = Buffer.from(chunk.subarray(fed));
      this.#leftOver = this.#leftOver === null ? rest : Buffer.concat([this.#leftOver, rest]);
    }
  }
}

/** IPv4 addresses that a dual-stack socket reports in IPv6's form are given as IPv4. */
export function addressOf(host: string | undefined, port: number | undefined): SocketAddress {
  const literal = host ?? '';
  return { host: literal.startsWith('::ffff:') ? literal.slice('::ffff:'.length) : literal, port: port ?? 0 };
}

import type {
  AcceptedDescriptor,
  ByteStream,
  SocketAddress,
  StreamEvents,
} from '../environment/transport.ts';
import { toError } from '../errors.ts';
import type { IngestResult } from '../environment/ingest-result.ts';
import type { HotSocket, HotSocketEvents, HotSockets, SocketReader } from './hot-sockets.ts';

/**
 * A plain TCP socket that the hot path reads whenever it may: between whole frames, while nothing is paused. Otherwise it is read
 * here, straight into the owner's buffer.
 */
export class HotStream implements ByteStream {
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  readonly #socket: HotSocket;
  readonly #closedListener: (stream: HotStream) => void;
  #events: StreamEvents | null = null;
  #reader: SocketReader = 'nobody';
  #paused = false;
  /** Bytes that waited when last looked at. */
  #unsentBytes = 0;
  #ending = false;
  #peerEnded = false;
  #closed = false;
  #reason: Error | null = null;

  constructor(sockets: HotSockets, accepted: AcceptedDescriptor, closed: (stream: HotStream) => void) {
    this.local = accepted.local;
    this.remote = accepted.remote;
    this.#closedListener = closed;
    this.#socket = sockets.add(accepted, this.#socketEvents);
  }

  get unsentBytes(): number {
    if (this.#unsentBytes > 0 && !this.#closed) this.#unsentBytes = this.#socket.unsentBytes;
    return this.#unsentBytes;
  }

  takeHeard(): boolean {
    return !this.#closed && this.#socket.takeHeard();
  }

  start(events: StreamEvents): void {
    this.#events = events;
    if (this.#closed) process.nextTick(() => events.closed(this.#reason));
    else this.#try(() => this.chooseReader());
  }

  write(bytes: Uint8Array, done?: () => void): boolean {
    if (!this.#closed && !this.#ending)
      this.#try(() => {
        this.#unsentBytes = this.#socket.send(bytes);
      });
    done?.();
    return !this.#closed && !this.#ending && this.#unsentBytes === 0;
  }

  pauseReading(): void {
    this.#paused = true;
    this.#try(() => this.chooseReader());
  }

  resumeReading(): void {
    this.#paused = false;
    this.#try(() => this.chooseReader());
  }

  end(): void {
    if (this.#ending || this.#closed) return;
    this.#ending = true;
    // The peer's end is only seen by one who reads.
    this.#paused = false;
    this.#try(() => {
      this.chooseReader();
      if (this.unsentBytes === 0) this.#socket.end();
    });
  }

  destroy(reason?: Error): void {
    this.#close(reason ?? null);
  }

  /** To be called when the owner's mind about the hot path may have changed. */
  chooseReader(): void {
    const reader = this.#wantedReader();
    if (reader === this.#reader || this.#closed) return;
    this.#reader = reader;
    this.#socket.setReader(reader);
  }

  #wantedReader(): SocketReader {
    if (this.#paused || this.#peerEnded || this.#events === null) return 'nobody';
    return this.#events.mayIngest?.() === true ? 'hotPath' : 'owner';
  }

  readonly #socketEvents: HotSocketEvents = {
    readable: () => this.#try(() => this.#read()),
    ingested: (chunk, result) => this.#try(() => this.#ingested(chunk, result)),
    released: (responses) => this.#events?.released?.(responses),
    congested: () => this.#try(() => this.#congested()),
    drained: () => this.#try(() => this.#drained()),
    ended: () => this.#try(() => this.#ended()),
    failed: (error) => this.#close(error),
  };

  #read(): void {
    const events = this.#events;
    if (events === null || this.#reader === 'nobody') return;
    const length = this.#socket.receive(events.receiveBuffer());
    if (length === null) return;
    if (length === 0) return this.#ended();
    events.received(length);
    this.chooseReader();
  }

  #ingested(chunk: Buffer, result: IngestResult): void {
    this.#events?.ingested?.(chunk, result);
    this.chooseReader();
  }

  #congested(): void {
    this.#unsentBytes = this.#socket.unsentBytes;
    this.#events?.congested?.();
  }

  #drained(): void {
    this.#unsentBytes = 0;
    if (this.#peerEnded) this.#close(null);
    else if (this.#ending) this.#socket.end();
    else this.#events?.writable();
  }

  /** As sockets of Node: what waits is still written, nothing new is. */
  #ended(): void {
    this.#peerEnded = true;
    this.#ending = true;
    this.chooseReader();
    if (this.unsentBytes === 0) this.#close(null);
  }

  #try(work: () => void): void {
    if (this.#closed) return;
    try {
      work();
    } catch (error) {
      this.#close(toError(error));
    }
  }

  #close(reason: Error | null): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#reason = reason;
    this.#socket.close();
    this.#closedListener(this);
    const events = this.#events;
    if (events !== null) process.nextTick(() => events.closed(reason));
  }
}

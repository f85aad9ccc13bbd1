import type { SecureContext } from 'node:tls';
import { ChunkWalk } from '../dispatch/chunk-walk.ts';
import { UnsentGuard } from '../dispatch/unsent-guard.ts';
import { createSharedReceiveBuffer } from '../connection/frame-assembler.ts';
import { HotStream } from '../hot-sockets/hot-stream.ts';
import type { HotSockets } from '../hot-sockets/hot-sockets.ts';
import { PartialFrames } from '../connection/partial-frames.ts';
import { type ConnectionOwner, RemotingConnection } from '../connection/remoting-connection.ts';
import type { Clock } from '../environment/clock.ts';
import type { Logger } from '../environment/logger.ts';
import type { AcceptedDescriptor, ByteStream, ListenOptions } from '../environment/transport.ts';
import { PeerFaultError, toError } from '../errors.ts';
import type { ChunkIngestor } from '../server/chunk-ingestor.ts';
import { type RemotingServerLimits, remotingServerLimits } from '../server/remoting-server-limits.ts';
import type { Connection } from '../server/request-handler.ts';
import { descriptorStream, secureContextOf } from '../transport/node-transport.ts';
import { ForwardedFrames } from './forwarded-frames.ts';
import type { FromIoThread, ThreadPort, ToIoThread } from './io-messages.ts';
import { Outbox, ownCopy } from './outbox.ts';

/** What a thread's hot path is given. */
export interface IoThreadServices {
  readonly logger: Logger;
  /** Writes frames; nothing happens when the connection is gone. */
  readonly sendFrames: (connection: Connection, bytes: Uint8Array) => void;
  /** Tells the broker's thread something of the hot path's own. */
  readonly note: (note: unknown) => void;
}

/** A thread's hot path. */
export interface IoThreadHotPath {
  readonly ingestor: ChunkIngestor;
  /** Serve plain connections; null: Node's do. */
  readonly sockets: HotSockets | null;
  /** What the broker's thread answers. */
  noted(note: unknown): void;
}

export interface IoThreadOptions {
  readonly port: ThreadPort<FromIoThread, ToIoThread>;
  readonly clock: Clock;
  readonly limits?: Partial<RemotingServerLimits>;
  readonly hotPath: (services: IoThreadServices) => IoThreadHotPath;
}

interface Served {
  readonly id: number;
  readonly connection: RemotingConnection;
  readonly forwarded: ForwardedFrames;
  /** Heard of since the broker's thread was last told so. */
  isAlive: boolean;
}

/** How often within the idle time the broker's thread is told of peers that only the hot path hears of. */
const ALIVE_REPORTS_PER_IDLE_TIME = 4;

/** Serves the sockets that are handed to this thread: the other end of {@link ThreadedTransport}. */
export function serveIoThread(options: IoThreadOptions): void {
  const thread = new IoThread(options);
  options.port.on('message', (messages) => {
    for (const message of messages) thread.told(message);
  });
}

class IoThread {
  readonly #options: IoThreadOptions;
  readonly #limits: RemotingServerLimits;
  readonly #outbox: Outbox<FromIoThread>;
  readonly #logger: Logger;
  readonly #hotPath: IoThreadHotPath;
  readonly #unsentGuard: UnsentGuard;
  readonly #owner: ConnectionOwner;
  readonly #sharedReceiveBuffer = createSharedReceiveBuffer();
  readonly #partialFrames: PartialFrames;
  readonly #listeners = new Map<
    number,
    { tlsMode: ListenOptions['tlsMode']; secure: SecureContext | null }
  >();
  readonly #hotStreams = new Set<HotStream>();
  /** Between the hand-over and the start. */
  readonly #streams = new Map<number, ByteStream>();
  readonly #byId = new Map<number, Served>();
  readonly #served = new Map<Connection, Served>();
  #draining = false;

  constructor(options: IoThreadOptions) {
    this.#options = options;
    this.#limits = { ...remotingServerLimits, ...options.limits };
    this.#outbox = new Outbox(options.port);
    this.#logger = this.#loggerToBroker();
    this.#unsentGuard = new UnsentGuard(this.#limits, options.clock);
    this.#partialFrames = new PartialFrames(this.#limits.partialFrameBytesTotalMax);
    this.#hotPath = options.hotPath({
      logger: this.#logger,
      sendFrames: (connection, bytes) => this.#served.get(connection)?.connection.write(bytes),
      note: (note) => this.#outbox.post({ kind: 'note', note }),
    });
    const walk = new ChunkWalk({
      logger: this.#logger,
      limits: this.#limits,
      ingestor: () => (this.#draining ? null : this.#orderedHotPath),
      frame: (connection, frame) => this.#forward(connection, frame),
      mustPause: (connection) => this.#mustPause(connection),
      written: (connection) => this.#unsentGuard.written(connection),
    });
    this.#owner = {
      chunkReceived: (connection, chunk, ingested) => {
        if (ingested !== null) this.#served.get(connection)?.forwarded.ingested(ingested);
        return walk.chunkReceived(connection, chunk, ingested);
      },
      mayIngest: (connection) =>
        !this.#draining && this.#served.get(connection)?.forwarded.mayIngest === true,
      released: (connection) => this.#unsentGuard.written(connection),
      writable: (connection) => this.#resumeIfRelieved(connection),
      connectionClosed: (connection, reason) => this.#connectionClosed(connection, reason),
    };
    this.#reportAlive();
    this.#outbox.post({ kind: 'ready' });
  }

  told(message: ToIoThread): void {
    switch (message.kind) {
      case 'listening': {
        const { listener, tlsMode, tlsIdentity } = message;
        const tls = tlsIdentity === null ? { tlsMode } : { tlsMode, tlsIdentity };
        this.#listeners.set(listener, { tlsMode, secure: secureContextOf({ host: '', port: 0, ...tls }) });
        break;
      }
      case 'accepted':
        this.#accepted(message);
        break;
      case 'start':
        this.#start(message.id);
        break;
      case 'write':
        this.#write(message.id, message.bytes);
        break;
      case 'taken':
        this.#taken(message.id, message.length);
        break;
      case 'end':
        this.#byId.get(message.id)?.connection.end();
        break;
      case 'destroy':
        this.#destroy(message.id, message.reason);
        break;
      case 'draining':
        this.#draining = true;
        for (const stream of this.#hotStreams) stream.chooseReader();
        break;
      case 'note':
        this.#hotPath.noted(message.note);
        break;
    }
  }

  /** Behind a frame that was forwarded and may be a send, everything is forwarded until it has been worked on. */
  readonly #orderedHotPath: ChunkIngestor = {
    ingest: (connection, chunk) => {
      const served = this.#served.get(connection);
      if (served === undefined) throw new Error('the connection is not served by this thread');
      served.isAlive = true;
      return served.forwarded.ingest(this.#hotPath.ingestor, connection, chunk);
    },
    connectionClosed: (connection) => this.#hotPath.ingestor.connectionClosed(connection),
  };

  #accepted({ id, listener, accepted }: Extract<ToIoThread, { kind: 'accepted' }>): void {
    const { tlsMode = 'disabled', secure = null } = this.#listeners.get(listener) ?? {};
    const { sockets } = this.#hotPath;
    try {
      const stream =
        sockets === null || tlsMode !== 'disabled'
          ? descriptorStream(accepted.descriptor, tlsMode, secure)
          : this.#hotStream(sockets, accepted);
      this.#streams.set(id, stream);
    } catch (error) {
      const message = `the socket could not be taken over: ${toError(error).message}`;
      this.#outbox.post({ kind: 'closed', id, reason: { message, peerFault: false } });
    }
  }

  #hotStream(sockets: HotSockets, accepted: AcceptedDescriptor): HotStream {
    const stream = new HotStream(sockets, accepted, (closed) => this.#hotStreams.delete(closed));
    this.#hotStreams.add(stream);
    return stream;
  }

  #start(id: number): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    this.#streams.delete(id);
    const connection = new RemotingConnection(stream, this.#owner, {
      clock: this.#options.clock,
      sharedReceiveBuffer: this.#sharedReceiveBuffer,
      partialFrames: this.#partialFrames,
      frameLengthMax: this.#limits.frameLengthMax,
      idleMillisMax: this.#limits.idleMillisMax,
    });
    const served = { id, connection, forwarded: new ForwardedFrames(), isAlive: false };
    this.#byId.set(id, served);
    this.#served.set(connection, served);
    connection.start();
  }

  #write(id: number, bytes: Uint8Array): void {
    const served = this.#byId.get(id);
    const written = (): void => this.#outbox.post({ kind: 'written', id, length: bytes.length });
    if (served === undefined) return;
    served.connection.write(bytes, written);
    this.#unsentGuard.written(served.connection);
  }

  #forward(connection: RemotingConnection, frames: Buffer): void {
    const served = this.#served.get(connection);
    if (served === undefined) return;
    served.forwarded.forwarded(frames.length);
    const bytes = ownCopy(frames);
    this.#outbox.postWith(bytes, { kind: 'frames', id: served.id, bytes });
  }

  #taken(id: number, length: number): void {
    const served = this.#byId.get(id);
    if (served === undefined) return;
    served.forwarded.taken(length);
    this.#resumeIfRelieved(served.connection);
  }

  #destroy(id: number, reason: string | null): void {
    this.#streams.get(id)?.destroy();
    this.#streams.delete(id);
    this.#byId.get(id)?.connection.destroy(new Error(reason ?? 'closed'));
  }

  #mustPause(connection: RemotingConnection): boolean {
    return this.#unsentGuard.mustPause(connection) || this.#served.get(connection)?.forwarded.isFull === true;
  }

  #resumeIfRelieved(connection: RemotingConnection): void {
    if (connection.isReadingPaused && !this.#mustPause(connection)) connection.resumeReading();
  }

  #connectionClosed(connection: RemotingConnection, reason: Error | null): void {
    const served = this.#served.get(connection);
    if (served === undefined) return;
    this.#served.delete(connection);
    this.#byId.delete(served.id);
    this.#hotPath.ingestor.connectionClosed(connection);
    const told =
      reason === null ? null : { message: reason.message, peerFault: reason instanceof PeerFaultError };
    this.#outbox.post({ kind: 'closed', id: served.id, reason: told });
  }

  #reportAlive(): void {
    const { clock } = this.#options;
    clock.setTimer(this.#limits.idleMillisMax / ALIVE_REPORTS_PER_IDLE_TIME, () => {
      for (const served of this.#byId.values()) {
        if (served.connection.takeHeard() || served.isAlive)
          this.#outbox.post({ kind: 'alive', id: served.id });
        served.isAlive = false;
      }
      this.#reportAlive();
    });
  }

  #loggerToBroker(): Logger {
    const log = (level: keyof Logger) => (fields: object, message: string) =>
      this.#outbox.post({ kind: 'log', level, fields, message });
    return { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') };
  }
}

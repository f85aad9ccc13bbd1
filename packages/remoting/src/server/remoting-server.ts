import { encodeFrame, isOneway, MqVersion, ResponseCode, responseTo } from '@centaurmq/protocol';
import type { RemotingCommand } from '@centaurmq/protocol';
import type { ConnectionOwner } from '../connection/remoting-connection.ts';
import { RemotingConnection } from '../connection/remoting-connection.ts';
import { callOn } from '../connection/call.ts';
import type { SharedReceiveBuffer } from '../connection/frame-assembler.ts';
import { createSharedReceiveBuffer } from '../connection/frame-assembler.ts';
import { PartialFrames } from '../connection/partial-frames.ts';
import type { Clock, Timer } from '../environment/clock.ts';
import type { Logger } from '../environment/logger.ts';
import type {
  ByteStream,
  Listener,
  ListenOptions,
  SocketAddress,
  TlsIdentity,
  Transport,
} from '../environment/transport.ts';
import { PeerFaultError, RemotingSendError, RemotingTooMuchRequestError, toError } from '../errors.ts';
import { addressToString } from '../environment/address.ts';
import type { ChunkIngestor } from './chunk-ingestor.ts';
import { ChunkWalk } from '../dispatch/chunk-walk.ts';
import { FrameDispatcher } from '../dispatch/frame-dispatcher.ts';
import { InFlightRequests } from '../dispatch/in-flight-requests.ts';
import type { RemotingServerLimits } from './remoting-server-limits.ts';
import { remotingServerLimits } from './remoting-server-limits.ts';
import type { Connection, RequestHandler } from './request-handler.ts';
import { RequestTable } from '../dispatch/request-table.ts';
import { UnsentGuard } from '../dispatch/unsent-guard.ts';

export interface RemotingServerOptions {
  /** For logs: 'namesrv', 'broker', … */
  readonly name: string;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly listen: {
    readonly host: string;
    /** 0: any free port. */
    readonly port: number;
    readonly tlsMode: ListenOptions['tlsMode'];
    readonly tlsIdentity?: TlsIdentity;
  };
  readonly limits?: Partial<RemotingServerLimits>;
  readonly chunkIngestor?: ChunkIngestor;
}

/**
 * Serves commands on one port: frames in, handlers by request code, responses out, and calls to clients on their own
 * connections. Apache RocketMQ: NettyRemotingServer.
 */
export class RemotingServer {
  readonly #options: RemotingServerOptions;
  readonly #limits: RemotingServerLimits;
  readonly #logger: Logger;
  readonly #table: RequestTable;
  readonly #connections = new Map<Connection, RemotingConnection>();
  readonly #openedListeners: ((connection: Connection) => void)[] = [];
  readonly #closedListeners: ((connection: Connection) => void)[] = [];
  readonly #sharedReceiveBuffer: SharedReceiveBuffer = createSharedReceiveBuffer();
  readonly #partialFrames: PartialFrames;
  readonly #inFlight: InFlightRequests;
  readonly #unsentGuard: UnsentGuard;
  readonly #owner: ConnectionOwner;
  #listener: Listener | null = null;
  #draining = false;
  #allClosed: (() => void) | null = null;

  constructor(options: RemotingServerOptions) {
    this.#options = options;
    this.#logger = options.logger;
    this.#limits = { ...remotingServerLimits, ...options.limits };
    this.#table = new RequestTable(options.logger);
    this.#partialFrames = new PartialFrames(this.#limits.partialFrameBytesTotalMax);
    this.#inFlight = new InFlightRequests(this.#limits);
    this.#unsentGuard = new UnsentGuard(this.#limits, options.clock);
    const dispatcher = new FrameDispatcher({
      clock: options.clock,
      logger: options.logger,
      limits: this.#limits,
      inFlight: this.#inFlight,
      handle: (request, context) =>
        this.#draining && request.version > MqVersion.V5_3_1 && !isOneway(request)
          ? responseTo(request, ResponseCode.GO_AWAY, { remark: 'please go away' })
          : this.#table.handle(request, context),
      respond: (connection, request, response) => this.#respond(connection, request, response),
    });
    const walk = new ChunkWalk({
      logger: options.logger,
      limits: this.#limits,
      ingestor: () => (this.#draining ? null : (options.chunkIngestor ?? null)),
      frame: (connection, frame) => dispatcher.dispatch(connection, frame),
      mustPause: (connection) => this.#mustPause(connection),
      written: (connection) => this.#unsentGuard.written(connection),
    });
    this.#owner = {
      chunkReceived: (connection, chunk, ingested) => walk.chunkReceived(connection, chunk, ingested),
      mayIngest: () => !this.#draining && options.chunkIngestor !== undefined,
      released: (connection) => this.#unsentGuard.written(connection),
      writable: (connection) => this.#resumeIfRelieved(connection),
      connectionClosed: (connection, reason) => this.#connectionClosed(connection, reason),
    };
    this.#inFlight.onRelieved = (connection) => this.#resumeIfRelieved(connection);
  }

  /** @throws Error when a code has a handler already */
  register(codes: number | readonly number[], handler: RequestHandler): void {
    this.#table.register(codes, handler);
  }

  /** For every code without a handler; without it they are answered with REQUEST_CODE_NOT_SUPPORTED. */
  registerDefault(handler: RequestHandler): void {
    this.#table.registerDefault(handler);
  }

  onConnectionOpened(listener: (connection: Connection) => void): void {
    this.#openedListeners.push(listener);
  }

  onConnectionClosed(listener: (connection: Connection) => void): void {
    this.#closedListeners.push(listener);
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  /** Calls to clients that wait for their answer, over all connections. */
  get pendingCallCount(): number {
    let count = 0;
    for (const connection of this.#connections.values()) count += connection.pendingCalls.size;
    return count;
  }

  /** @returns the bound address; the port is real even when 0 was asked for */
  async start(): Promise<SocketAddress> {
    const { transport, listen, name } = this.#options;
    this.#listener = await transport.listen({ ...listen, accepted: (stream) => this.#accepted(stream) });
    this.#logger.info({ name, address: this.#listener.address, tlsMode: listen.tlsMode }, 'listening');
    return this.#listener.address;
  }

  /** A late answer, as of a held pull. Dropped when the connection is gone or the request was one-way. */
  respond(connection: Connection, request: RemotingCommand, response: RemotingCommand): void {
    const open = this.#connections.get(connection);
    if (open !== undefined) this.#respond(open, request, response);
  }

  /**
   * Asks the client at the other end.
   * @throws RemotingTimeoutError, RemotingSendError (connection closed), RemotingTooMuchRequestError (`pendingCallsMax`)
   */
  call(connection: Connection, command: RemotingCommand, timeoutMillis: number): Promise<RemotingCommand> {
    const address = addressToString(connection.remote);
    const open = this.#connections.get(connection);
    if (open === undefined) {
      return Promise.reject(
        new RemotingSendError(`${address} is not connected`, { address, elapsedMillis: 0, limit: null }),
      );
    }
    const { pendingCallsMax } = this.#limits;
    if (open.pendingCalls.size >= pendingCallsMax) {
      const message = `${address} has not answered ${pendingCallsMax} calls (pendingCallsMax)`;
      return Promise.reject(
        new RemotingTooMuchRequestError(message, { address, elapsedMillis: 0, limit: pendingCallsMax }),
      );
    }
    return callOn(open, command, { address, clock: this.#options.clock }, timeoutMillis);
  }

  /** A one-way request to the client; dropped when the connection is gone. */
  notify(connection: Connection, command: RemotingCommand): void {
    const open = this.#connections.get(connection);
    if (open === undefined) return;
    const ONEWAY_BIT = 2;
    const opaque = open.pendingCalls.nextOpaque();
    this.#write(open, encodeFrame({ ...command, opaque, flag: command.flag | ONEWAY_BIT }));
  }

  /** Already encoded frames; `done` says that the memory may be reused, also when the connection is gone. */
  sendFrames(connection: Connection, bytes: Uint8Array, done?: () => void): void {
    const open = this.#connections.get(connection);
    if (open === undefined) done?.();
    else this.#write(open, bytes, done);
  }

  /** Closes a connection; nothing happens when it is gone already. */
  disconnect(connection: Connection, reason: string): void {
    this.#connections.get(connection)?.destroy(new Error(reason));
  }

  /**
   * Stops accepting, answers new requests with GO_AWAY (clients newer than 5.3.1), waits for handlers that work, sends what is
   * queued, closes. What is not done after `drainMillis` is cut off.
   */
  async stop({ drainMillis }: { readonly drainMillis: number }): Promise<void> {
    const { clock, name } = this.#options;
    this.#draining = true;
    const listener = this.#listener;
    this.#listener = null;
    const listenerClosed = listener?.close();
    const deadline = deadlineAfter(clock, drainMillis);
    await Promise.race([this.#inFlight.idle(), deadline.passed]);
    const allClosed = new Promise<void>((resolve) => {
      this.#allClosed = resolve;
      if (this.#connections.size === 0) resolve();
    });
    for (const connection of this.#connections.values()) connection.end();
    await Promise.race([allClosed, deadline.passed]);
    deadline.cancel();
    const cutOff = this.#connections.size;
    for (const connection of this.#connections.values()) {
      connection.destroy(new Error(`not drained within ${drainMillis} ms (drainMillis)`));
    }
    await listenerClosed;
    this.#logger.info({ name, cutOff }, 'stopped');
  }

  #accepted(stream: ByteStream): void {
    const { connectionsMax } = this.#limits;
    if (this.#draining || this.#connections.size >= connectionsMax) {
      this.#logger.warn(
        { remote: stream.remote, connectionsMax },
        'connection refused: connectionsMax reached or stopping',
      );
      stream.destroy();
      return;
    }
    const connection = new RemotingConnection(stream, this.#owner, {
      clock: this.#options.clock,
      sharedReceiveBuffer: this.#sharedReceiveBuffer,
      partialFrames: this.#partialFrames,
      frameLengthMax: this.#limits.frameLengthMax,
      idleMillisMax: this.#limits.idleMillisMax,
    });
    this.#connections.set(connection, connection);
    for (const listener of this.#openedListeners) listener(connection);
    connection.start();
  }

  #respond(connection: RemotingConnection, request: RemotingCommand, response: RemotingCommand): void {
    if (isOneway(request) || !connection.isOpen) return;
    const RESPONSE_BIT = 1;
    response.opaque = request.opaque;
    response.flag |= RESPONSE_BIT;
    this.#write(connection, this.#encodeResponse(request, response));
  }

  #encodeResponse(request: RemotingCommand, response: RemotingCommand): Uint8Array {
    try {
      const frame = encodeFrame(response);
      const { frameLengthMax } = this.#limits;
      if (frame.length <= frameLengthMax) return frame;
      throw new Error(`response of ${frame.length} bytes; ${frameLengthMax} are allowed (frameLengthMax)`);
    } catch (thrown) {
      const error = toError(thrown);
      this.#logger.error(
        { code: request.code, opaque: request.opaque, err: error },
        'response cannot be encoded',
      );
      return encodeFrame(responseTo(request, ResponseCode.SYSTEM_ERROR, { remark: error.message }));
    }
  }

  #write(connection: RemotingConnection, frame: Uint8Array, done?: () => void): void {
    connection.write(frame, done);
    this.#unsentGuard.written(connection);
  }

  #resumeIfRelieved(connection: RemotingConnection): void {
    if (connection.isReadingPaused && !this.#mustPause(connection)) connection.resumeReading();
  }

  #mustPause(connection: RemotingConnection): boolean {
    return this.#unsentGuard.mustPause(connection) || this.#inFlight.mustPause(connection);
  }

  #connectionClosed(connection: RemotingConnection, reason: Error | null): void {
    this.#connections.delete(connection);
    this.#inFlight.forget(connection);
    const fields = {
      name: this.#options.name,
      remote: connection.remote,
      reason: reason?.message ?? 'closed by the peer',
    };
    if (reason === null) this.#logger.debug(fields, 'connection closed');
    else if (reason instanceof PeerFaultError) this.#logger.warn(fields, 'connection closed');
    else this.#logger.info(fields, 'connection closed');
    this.#options.chunkIngestor?.connectionClosed(connection);
    for (const listener of this.#closedListeners) listener(connection);
    if (this.#connections.size === 0) this.#allClosed?.();
  }
}

function deadlineAfter(clock: Clock, millis: number): { readonly passed: Promise<void>; cancel(): void } {
  const timers: Timer[] = [];
  const passed = new Promise<void>((resolve) => {
    timers.push(clock.setTimer(millis, resolve));
  });
  return { passed, cancel: () => timers.forEach((timer) => timer.cancel()) };
}

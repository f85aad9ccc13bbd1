import { encodeFrame, isOneway } from '@centaurmq/protocol';
import type { RemotingCommand } from '@centaurmq/protocol';
import type { Caller } from '../connection/call.ts';
import type { SharedReceiveBuffer } from '../connection/frame-assembler.ts';
import { PartialFrames } from '../connection/partial-frames.ts';
import type { ConnectionOwner } from '../connection/remoting-connection.ts';
import { RemotingConnection } from '../connection/remoting-connection.ts';
import { ChunkWalk } from '../dispatch/chunk-walk.ts';
import { FrameDispatcher } from '../dispatch/frame-dispatcher.ts';
import { InFlightRequests } from '../dispatch/in-flight-requests.ts';
import type { RequestTable } from '../dispatch/request-table.ts';
import { parseAddress } from '../environment/address.ts';
import type { Clock } from '../environment/clock.ts';
import type { Logger } from '../environment/logger.ts';
import type { ConnectOptions, SocketAddress, Transport } from '../environment/transport.ts';
import { RemotingConnectError, RemotingTooMuchRequestError, toError } from '../errors.ts';
import type { RemotingClientLimits } from './remoting-client-limits.ts';

export interface PeerOptions {
  readonly name: string;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly tls?: ConnectOptions['tls'];
  readonly limits: RemotingClientLimits;
  readonly table: RequestTable;
  readonly sharedReceiveBuffer: SharedReceiveBuffer;
  /** A connection closed, or could not be made. */
  readonly closed: () => void;
}

interface ReadyOptions {
  readonly timeoutMillis: number;
  readonly signal?: AbortSignal | undefined;
}

interface Waiter {
  ready(connection: RemotingConnection): void;
  failed(reason: Error): void;
}

/** One address: its connection, and the calls that wait for it or for room on it. */
export class Peer implements Caller {
  readonly address: string;
  readonly clock: Clock;
  connection: RemotingConnection | null = null;
  readonly #target: SocketAddress;
  readonly #options: PeerOptions;
  readonly #owner: ConnectionOwner;
  readonly #inFlight: InFlightRequests;
  readonly #waiters = new Set<Waiter>();
  /** Told to go away: waiting calls end on it, new ones take another. */
  readonly #retired = new Set<RemotingConnection>();
  #connecting = false;
  #closeReason: Error | null = null;

  /** @throws Error when the address cannot be read */
  constructor(address: string, options: PeerOptions) {
    this.address = address;
    this.#target = parseAddress(address);
    this.#options = options;
    this.clock = options.clock;
    const { inFlightBytesMax } = options.limits;
    this.#inFlight = new InFlightRequests({ inFlightBytesMax, inFlightBytesTotalMax: inFlightBytesMax });
    this.#inFlight.onRelieved = (connection) => connection.resumeReading();
    const dispatcher = new FrameDispatcher({
      clock: options.clock,
      logger: options.logger,
      limits: options.limits,
      inFlight: this.#inFlight,
      handle: (request, context) => options.table.handle(request, context),
      respond: (connection, request, response) => respond(connection, request, response),
    });
    const walk = new ChunkWalk({
      logger: options.logger,
      limits: options.limits,
      ingestor: () => null,
      frame: (connection, frame) => dispatcher.dispatch(connection, frame),
      // Not for unsent bytes: two sides that both wait for the other to read would wait for ever.
      mustPause: (connection) => this.#inFlight.mustPause(connection),
      written: () => undefined,
    });
    this.#owner = {
      chunkReceived: (connection, chunk, ingested) => walk.chunkReceived(connection, chunk, ingested),
      writable: (connection) => this.#wakeWaiters(connection),
      connectionClosed: (connection, reason) => this.#connectionClosed(connection, reason),
    };
  }

  get pendingCount(): number {
    let count = this.#waiters.size + (this.connection?.pendingCalls.size ?? 0);
    for (const retired of this.#retired) count += retired.pendingCalls.size;
    return count;
  }

  /** Without a connection and without anyone who waits for one. */
  get isForgettable(): boolean {
    return (
      this.connection === null && !this.#connecting && this.#waiters.size === 0 && this.#retired.size === 0
    );
  }

  /** The next call makes a new connection; calls that wait on this one may still be answered. */
  sentAway(connection: RemotingConnection): void {
    if (this.connection !== connection) return;
    this.connection = null;
    this.#retired.add(connection);
  }

  timedOut(connection: RemotingConnection): void {
    const { silentMillisMax } = this.#options.limits;
    if (connection.silentMillis < silentMillisMax) return;
    connection.destroy(
      new Error(
        `${this.address} owes an answer and has been silent for ${silentMillisMax} ms (silentMillisMax)`,
      ),
    );
  }

  /** The open connection when a call can be written now. */
  readyConnection(): RemotingConnection | null {
    const { connection } = this;
    const { unsentBytesPause, pendingCallsMax } = this.#options.limits;
    if (connection === null || this.#waiters.size > 0 || this.pendingCount >= pendingCallsMax) return null;
    return connection.isCongested(unsentBytesPause) ? null : connection;
  }

  /**
   * Waits for a connection that has room.
   * @throws RemotingConnectError, RemotingTooMuchRequestError
   */
  ready({ timeoutMillis, signal }: ReadyOptions): Promise<RemotingConnection> {
    const { clock, limits } = this.#options;
    const { pendingCallsMax, unsentBytesPause } = limits;
    if (this.pendingCount >= pendingCallsMax) {
      return Promise.reject(
        this.#tooMuch(
          `${pendingCallsMax} calls to ${this.address} wait already (pendingCallsMax)`,
          0,
          pendingCallsMax,
        ),
      );
    }
    const startMillis = clock.monotonicMillis();
    return new Promise((resolve, reject) => {
      const settled = (): void => {
        this.#waiters.delete(waiter);
        timer.cancel();
        signal?.removeEventListener('abort', aborted);
      };
      const waiter: Waiter = {
        ready(connection) {
          settled();
          resolve(connection);
        },
        failed(reason) {
          settled();
          reject(reason);
        },
      };
      const aborted = (): void => waiter.failed(toError(signal?.reason));
      const timer = clock.setTimer(timeoutMillis, () => {
        const elapsedMillis = clock.monotonicMillis() - startMillis;
        if (this.connection === null) {
          waiter.failed(
            this.#connectError(`not connected within ${timeoutMillis} ms`, elapsedMillis, timeoutMillis),
          );
          return;
        }
        const message = `${this.address} has not taken ${unsentBytesPause} bytes within ${timeoutMillis} ms (unsentBytesPause)`;
        waiter.failed(this.#tooMuch(message, elapsedMillis, unsentBytesPause));
      });
      signal?.addEventListener('abort', aborted, { once: true });
      this.#waiters.add(waiter);
      if (this.connection === null) void this.#connect();
    });
  }

  close(reason: Error): void {
    if (this.#connecting) this.#closeReason = reason;
    this.#failWaiters(this.#connectError(reason.message, 0, null, reason));
    this.connection?.destroy(reason);
    for (const retired of this.#retired) retired.destroy(reason);
  }

  async #connect(): Promise<void> {
    if (this.#connecting) return;
    this.#connecting = true;
    const { transport, tls, limits, clock, logger, name } = this.#options;
    const startMillis = clock.monotonicMillis();
    try {
      const stream = await transport.connect({
        address: this.#target,
        timeoutMillis: limits.connectTimeoutMillis,
        ...(tls === undefined ? {} : { tls }),
      });
      this.#connecting = false;
      if (this.#closeReason !== null) {
        this.#closeReason = null;
        stream.destroy();
        // Calls that came after the close want a connection of their own.
        if (this.#waiters.size > 0) void this.#connect();
        else this.#options.closed();
        return;
      }
      const connection = new RemotingConnection(stream, this.#owner, {
        clock,
        sharedReceiveBuffer: this.#options.sharedReceiveBuffer,
        // A server that we chose to call is bounded by frameLengthMax.
        partialFrames: new PartialFrames(
          limits.frameLengthMax + this.#options.sharedReceiveBuffer.bytes.length,
        ),
        frameLengthMax: limits.frameLengthMax,
        idleMillisMax: limits.idleMillisMax,
      });
      this.connection = connection;
      connection.start();
      this.#wakeWaiters(connection);
    } catch (cause) {
      this.#connecting = false;
      this.#closeReason = null;
      const elapsedMillis = clock.monotonicMillis() - startMillis;
      const reason = toError(cause);
      logger.warn({ name, address: this.address, err: reason }, 'connect failed');
      this.#failWaiters(
        this.#connectError(reason.message, elapsedMillis, limits.connectTimeoutMillis, reason),
      );
      this.#options.closed();
    }
  }

  #wakeWaiters(connection: RemotingConnection): void {
    for (const waiter of this.#waiters) {
      if (!connection.isOpen || connection.isCongested(this.#options.limits.unsentBytesPause)) return;
      waiter.ready(connection);
    }
  }

  #connectionClosed(connection: RemotingConnection, reason: Error | null): void {
    const { logger, name } = this.#options;
    if (this.connection === connection) this.connection = null;
    this.#retired.delete(connection);
    this.#inFlight.forget(connection);
    logger.info(
      { name, address: this.address, reason: reason?.message ?? 'closed by the peer' },
      'connection closed',
    );
    // Calls that waited for room were not sent: they may use the next connection.
    if (this.#waiters.size > 0) void this.#connect();
    queueMicrotask(() => this.#options.closed());
  }

  #failWaiters(reason: Error): void {
    const waiters = [...this.#waiters];
    for (const waiter of waiters) waiter.failed(reason);
  }

  #connectError(
    message: string,
    elapsedMillis: number,
    limit: number | null,
    cause?: unknown,
  ): RemotingConnectError {
    return new RemotingConnectError(`connect to ${this.address} failed: ${message}`, {
      address: this.address,
      elapsedMillis,
      limit,
      cause,
    });
  }

  #tooMuch(message: string, elapsedMillis: number, limit: number): RemotingTooMuchRequestError {
    return new RemotingTooMuchRequestError(message, { address: this.address, elapsedMillis, limit });
  }
}

function respond(connection: RemotingConnection, request: RemotingCommand, response: RemotingCommand): void {
  if (isOneway(request)) return;
  const RESPONSE_BIT = 1;
  connection.write(encodeFrame({ ...response, opaque: request.opaque, flag: response.flag | RESPONSE_BIT }));
}

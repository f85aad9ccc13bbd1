import { encodeFrame } from '@centaurmq/protocol';
import type { RemotingCommand } from '@centaurmq/protocol';
import { callOn } from '../connection/call.ts';
import type { SharedReceiveBuffer } from '../connection/frame-assembler.ts';
import { createSharedReceiveBuffer } from '../connection/frame-assembler.ts';
import type { RemotingConnection } from '../connection/remoting-connection.ts';
import { RequestTable } from '../dispatch/request-table.ts';
import type { Clock } from '../environment/clock.ts';
import type { Logger } from '../environment/logger.ts';
import type { ConnectOptions, Transport } from '../environment/transport.ts';
import { RemotingConnectError } from '../errors.ts';
import type { RequestHandler } from '../server/request-handler.ts';
import { Peer } from './peer.ts';
import type { RemotingClientLimits } from './remoting-client-limits.ts';
import { remotingClientLimits } from './remoting-client-limits.ts';

export interface RemotingClientOptions {
  /** For logs. */
  readonly name: string;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits?: Partial<RemotingClientLimits>;
  readonly tls?: ConnectOptions['tls'];
}

export interface InvokeOptions {
  /** For everything together: connecting, waiting for room, the answer. */
  readonly timeoutMillis: number;
  /** Aborting rejects with the signal's reason; the request may have been sent. */
  readonly signal?: AbortSignal | undefined;
  /** Written by itself, at once, so that the server works on it while this turn of the loop goes on; otherwise joined with its neighbours. */
  readonly isUrgent?: boolean | undefined;
}

/**
 * Calls servers by address. Concurrent calls share one connection per address, which is made on first use and again on the next
 * use after it closed. Apache RocketMQ: NettyRemotingClient.
 */
export class RemotingClient {
  readonly #options: RemotingClientOptions;
  readonly #limits: RemotingClientLimits;
  readonly #table: RequestTable;
  readonly #sharedReceiveBuffer: SharedReceiveBuffer = createSharedReceiveBuffer();
  readonly #peers = new Map<string, Peer>();
  readonly #closedListeners: ((address: string) => void)[] = [];
  #closed = false;

  constructor(options: RemotingClientOptions) {
    this.#options = options;
    this.#limits = { ...remotingClientLimits, ...options.limits };
    this.#table = new RequestTable(options.logger);
  }

  /** Requests that servers send on our connections; codes without a handler are answered with REQUEST_CODE_NOT_SUPPORTED. */
  register(codes: number | readonly number[], handler: RequestHandler): void {
    this.#table.register(codes, handler);
  }

  onConnectionClosed(listener: (address: string) => void): void {
    this.#closedListeners.push(listener);
  }

  /** Calls that wait, over all addresses. */
  get pendingCallCount(): number {
    let count = 0;
    for (const peer of this.#peers.values()) count += peer.pendingCount;
    return count;
  }

  get connectionCount(): number {
    let count = 0;
    for (const peer of this.#peers.values()) count += peer.connection === null ? 0 : 1;
    return count;
  }

  /**
   * Sends a request and waits for its response, whatever its code.
   * @param address `host:port` or `[v6]:port`
   * @throws RemotingConnectError, RemotingTooMuchRequestError (not sent), RemotingTimeoutError, RemotingSendError (may have been sent)
   */
  invoke(address: string, command: RemotingCommand, options: InvokeOptions): Promise<RemotingCommand> {
    const { timeoutMillis, signal } = options;
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    const peer = this.#peer(address);
    if (peer instanceof Error) return Promise.reject(peer);
    const connection = peer.readyConnection();
    if (connection !== null) return callAs(options, connection, command, peer, timeoutMillis);
    const startMillis = this.#options.clock.monotonicMillis();
    return peer.ready(options).then((ready) => {
      const elapsedMillis = this.#options.clock.monotonicMillis() - startMillis;
      return callAs(options, ready, command, peer, Math.max(0, timeoutMillis - elapsedMillis));
    });
  }

  /**
   * Sends a request that is never answered. Resolves when it is queued on a connection that has room.
   * @throws RemotingConnectError, RemotingTooMuchRequestError: not sent
   */
  async invokeOneway(address: string, command: RemotingCommand, options: InvokeOptions): Promise<void> {
    options.signal?.throwIfAborted();
    const peer = this.#peer(address);
    if (peer instanceof Error) throw peer;
    const connection = peer.readyConnection() ?? (await peer.ready(options));
    const ONEWAY_BIT = 2;
    const opaque = connection.pendingCalls.nextOpaque();
    connection.write(encodeFrame({ ...command, opaque, flag: command.flag | ONEWAY_BIT }));
  }

  /** Closes the connection to one address, or all and for good; calls that wait fail. */
  async close(address?: string): Promise<void> {
    if (address === undefined) this.#closed = true;
    const peers = address === undefined ? [...this.#peers.values()] : [this.#peers.get(address)];
    for (const peer of peers) peer?.close(new Error('closed by this side'));
    await Promise.resolve();
  }

  #peer(address: string): Peer | RemotingConnectError {
    if (this.#closed) {
      return new RemotingConnectError(`the client '${this.#options.name}' is closed`, {
        address,
        elapsedMillis: 0,
        limit: null,
      });
    }
    const known = this.#peers.get(address);
    if (known !== undefined) return known;
    try {
      const peer = new Peer(address, {
        ...this.#options,
        limits: this.#limits,
        table: this.#table,
        sharedReceiveBuffer: this.#sharedReceiveBuffer,
        closed: () => {
          // An address that nobody calls any more must not stay for ever.
          if (peer.isForgettable && this.#peers.get(address) === peer) this.#peers.delete(address);
          for (const listener of this.#closedListeners) listener(address);
        },
      });
      this.#peers.set(address, peer);
      return peer;
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause);
      return new RemotingConnectError(message, { address, elapsedMillis: 0, limit: null, cause });
    }
  }
}

function callAs(
  { signal, isUrgent }: InvokeOptions,
  connection: RemotingConnection,
  command: RemotingCommand,
  peer: Peer,
  timeoutMillis: number,
): Promise<RemotingCommand> {
  const answer = callOn(connection, command, peer, timeoutMillis, signal);
  if (isUrgent === true) connection.flush();
  return answer;
}

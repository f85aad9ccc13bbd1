import { encodeFrame, ResponseCode } from '@centaurmq/protocol';
import type { RemotingCommand } from '@centaurmq/protocol';
import type { Clock } from '../environment/clock.ts';
import { RemotingSendError, RemotingTimeoutError, toError } from '../errors.ts';
import type { PendingCall } from './pending-calls.ts';
import type { RemotingConnection } from './remoting-connection.ts';

/** On whose behalf requests are sent; one for all calls of a peer. */
export interface Caller {
  readonly address: string;
  readonly clock: Clock;
  /** The answer is GO_AWAY: the peer shuts down and did not act on the request. */
  sentAway?(connection: RemotingConnection): void;
  /** The call ended without an answer in time. */
  timedOut?(connection: RemotingConnection): void;
}

/**
 * Sends a request on an open connection and waits for its response. The command gets the opaque of the call.
 * @throws RemotingSendError, RemotingTimeoutError, the signal's reason; FrameError when the request cannot be encoded
 */
export function callOn(
  connection: RemotingConnection,
  command: RemotingCommand,
  caller: Caller,
  timeoutMillis: number,
  signal?: AbortSignal,
): Promise<RemotingCommand> {
  if (!connection.isOpen) {
    const { address } = caller;
    const message = `connection to ${address} closed before request ${command.code} was written`;
    return Promise.reject(new RemotingSendError(message, { address, elapsedMillis: 0, limit: null }));
  }
  return new Promise((resolve, reject) => {
    const { pendingCalls } = connection;
    command.opaque = pendingCalls.nextOpaque();
    const frame = encodeFrame(command);
    const call = new Call(connection, command, caller, timeoutMillis, resolve, reject);
    pendingCalls.add(command.opaque, call, timeoutMillis);
    if (signal !== undefined) call.abortWith(signal);
    connection.write(frame);
    connection.expectAnswer();
  });
}

class Call implements PendingCall {
  readonly #connection: RemotingConnection;
  readonly #code: number;
  readonly #opaque: number;
  readonly #caller: Caller;
  readonly #timeoutMillis: number;
  readonly #startMillis: number;
  readonly #resolve: (response: RemotingCommand) => void;
  readonly #reject: (reason: Error) => void;
  #forgetSignal: (() => void) | null = null;

  constructor(
    connection: RemotingConnection,
    { code, opaque }: RemotingCommand,
    caller: Caller,
    timeoutMillis: number,
    resolve: (response: RemotingCommand) => void,
    reject: (reason: Error) => void,
  ) {
    this.#connection = connection;
    this.#code = code;
    this.#opaque = opaque;
    this.#caller = caller;
    this.#timeoutMillis = timeoutMillis;
    this.#startMillis = caller.clock.monotonicMillis();
    this.#resolve = resolve;
    this.#reject = reject;
  }

  abortWith(signal: AbortSignal): void {
    const aborted = (): void => {
      this.#connection.pendingCalls.take(this.#opaque);
      this.#forgetSignal?.();
      this.#reject(toError(signal.reason));
    };
    signal.addEventListener('abort', aborted, { once: true });
    this.#forgetSignal = () => signal.removeEventListener('abort', aborted);
  }

  answered(response: RemotingCommand): void {
    this.#forgetSignal?.();
    this.#resolve(response);
    if (response.code === ResponseCode.GO_AWAY) this.#caller.sentAway?.(this.#connection);
  }

  failed(reason: Error): void {
    this.#forgetSignal?.();
    const message = `connection to ${this.#caller.address} closed before the answer to request ${this.#code}: ${reason.message}`;
    this.#reject(new RemotingSendError(message, { ...this.#failure(), limit: null, cause: reason }));
  }

  timedOut(): void {
    this.#forgetSignal?.();
    const limit = this.#timeoutMillis;
    const message = `no answer from ${this.#caller.address} to request ${this.#code} within ${limit} ms`;
    this.#reject(new RemotingTimeoutError(message, { ...this.#failure(), limit }));
    this.#caller.timedOut?.(this.#connection);
  }

  #failure(): { address: string; elapsedMillis: number } {
    const { address, clock } = this.#caller;
    return { address, elapsedMillis: clock.monotonicMillis() - this.#startMillis };
  }
}

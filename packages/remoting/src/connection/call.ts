import { encodeFrame, ResponseCode } from '@centaurmq/protocol';
import type { RemotingCommand } from '@centaurmq/protocol';
import type { Clock } from '../environment/clock.ts';
import { RemotingSendError, RemotingTimeoutError, toError } from '../errors.ts';
import type { PendingCall } from './pending-calls.ts';
import type { RemotingConnection } from './remoting-connection.ts';

export interface CallOptions {
  readonly address: string;
  readonly timeoutMillis: number;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** The answer is GO_AWAY: the peer shuts down and did not act on the request. */
  readonly sentAway?: () => void;
  /** The call ended without an answer in time. */
  readonly timedOut?: () => void;
}

/**
 * Sends a request on an open connection and waits for its response.
 * @throws RemotingSendError, RemotingTimeoutError, the signal's reason; FrameError when the request cannot be encoded
 */
export function callOn(
  connection: RemotingConnection,
  command: RemotingCommand,
  options: CallOptions,
): Promise<RemotingCommand> {
  const { address, timeoutMillis } = options;
  if (!connection.isOpen) {
    const message = `connection to ${address} closed before request ${command.code} was written`;
    return Promise.reject(new RemotingSendError(message, { address, elapsedMillis: 0, limit: null }));
  }
  return new Promise((resolve, reject) => {
    const opaque = connection.pendingCalls.nextOpaque();
    const frame = encodeFrame({ ...command, opaque });
    const call = new Call(command.code, options, resolve, reject);
    connection.pendingCalls.add(opaque, call, timeoutMillis);
    call.abortWith(options.signal, () => connection.pendingCalls.take(opaque));
    connection.write(frame);
    connection.expectAnswer();
  });
}

class Call implements PendingCall {
  readonly #code: number;
  readonly #options: CallOptions;
  readonly #startMillis: number;
  readonly #resolve: (response: RemotingCommand) => void;
  readonly #reject: (reason: Error) => void;
  #aborted: (() => void) | null = null;

  constructor(
    code: number,
    options: CallOptions,
    resolve: (response: RemotingCommand) => void,
    reject: (reason: Error) => void,
  ) {
    this.#code = code;
    this.#options = options;
    this.#startMillis = options.clock.monotonicMillis();
    this.#resolve = resolve;
    this.#reject = reject;
  }

  abortWith(signal: AbortSignal | undefined, forget: () => void): void {
    if (signal === undefined) return;
    this.#aborted = () => {
      forget();
      this.#settle();
      this.#reject(toError(signal.reason));
    };
    signal.addEventListener('abort', this.#aborted, { once: true });
  }

  answered(response: RemotingCommand): void {
    this.#settle();
    this.#resolve(response);
    if (response.code === ResponseCode.GO_AWAY) this.#options.sentAway?.();
  }

  failed(reason: Error): void {
    this.#settle();
    const { address } = this.#options;
    const message = `connection to ${address} closed before the answer to request ${this.#code}: ${reason.message}`;
    this.#reject(new RemotingSendError(message, { ...this.#failure(), limit: null, cause: reason }));
  }

  timedOut(): void {
    this.#settle();
    const { address, timeoutMillis } = this.#options;
    const message = `no answer from ${address} to request ${this.#code} within ${timeoutMillis} ms`;
    this.#reject(new RemotingTimeoutError(message, { ...this.#failure(), limit: timeoutMillis }));
    this.#options.timedOut?.();
  }

  #failure(): { address: string; elapsedMillis: number } {
    const { address, clock } = this.#options;
    return { address, elapsedMillis: clock.monotonicMillis() - this.#startMillis };
  }

  #settle(): void {
    if (this.#aborted !== null) this.#options.signal?.removeEventListener('abort', this.#aborted);
  }
}

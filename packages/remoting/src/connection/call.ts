import { encodeFrame } from '@centaurmq/protocol';
import type { RemotingCommand } from '@centaurmq/protocol';
import type { Clock } from '../environment/clock.ts';
import { RemotingSendError, RemotingTimeoutError, toError } from '../errors.ts';
import type { RemotingConnection } from './remoting-connection.ts';

export interface CallOptions {
  readonly address: string;
  readonly timeoutMillis: number;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  /** The call ended without an answer in time. */
  readonly timedOut?: () => void;
}

/** Sends a request on an open connection and waits for its response. */
export function callOn(
  connection: RemotingConnection,
  command: RemotingCommand,
  options: CallOptions,
): Promise<RemotingCommand> {
  const { address, timeoutMillis, clock, signal } = options;
  if (!connection.isOpen) {
    const message = `connection to ${address} closed before request ${command.code} was written`;
    return Promise.reject(new RemotingSendError(message, { address, elapsedMillis: 0, limit: null }));
  }
  return new Promise((resolve, reject) => {
    const startMillis = clock.monotonicMillis();
    const elapsedMillis = (): number => clock.monotonicMillis() - startMillis;
    const settled = (): void => {
      timer.cancel();
      signal?.removeEventListener('abort', aborted);
    };
    const opaque = connection.pendingCalls.add({
      answered(response) {
        settled();
        resolve(response);
      },
      failed(reason) {
        settled();
        const message = `connection to ${address} closed before the answer to request ${command.code}: ${reason.message}`;
        reject(
          new RemotingSendError(message, {
            address,
            elapsedMillis: elapsedMillis(),
            limit: null,
            cause: reason,
          }),
        );
      },
    });
    const aborted = (): void => {
      connection.pendingCalls.take(opaque);
      settled();
      reject(toError(signal?.reason));
    };
    const timer = clock.setTimer(timeoutMillis, () => {
      connection.pendingCalls.take(opaque);
      settled();
      const message = `no answer from ${address} to request ${command.code} within ${timeoutMillis} ms`;
      reject(
        new RemotingTimeoutError(message, { address, elapsedMillis: elapsedMillis(), limit: timeoutMillis }),
      );
      options.timedOut?.();
    });
    signal?.addEventListener('abort', aborted, { once: true });
    try {
      connection.write(encodeFrame({ ...command, opaque }));
      connection.expectAnswer();
    } catch (error) {
      connection.pendingCalls.take(opaque);
      settled();
      reject(toError(error));
    }
  });
}

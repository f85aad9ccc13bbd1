import type { RemotingCommand } from '@centaurmq/protocol';
import { ResponseCode, requestCodeName } from '@centaurmq/protocol';
import type { RemotingClient } from '@centaurmq/remoting';
import { responseError, toMqError } from './call-error.ts';

export interface CallOptions {
  readonly timeoutMillis: number;
  readonly signal?: AbortSignal | undefined;
  /** As of `RemotingClient.invoke`. */
  readonly isUrgent?: boolean | undefined;
}

/** Calls to one address whose failures are `MqError`s. */
export class RemotingCalls {
  readonly #client: RemotingClient;

  constructor(client: RemotingClient) {
    this.#client = client;
  }

  /** As {@link ask}, for callers that turn failures into `MqError`s themselves. */
  invoke(address: string, request: RemotingCommand, options: CallOptions): Promise<RemotingCommand> {
    return this.#client.invoke(address, request, options);
  }

  /**
   * @returns the response, whatever its code
   * @throws MqError when there is none; the signal's reason when it aborts
   */
  async ask(address: string, request: RemotingCommand, options: CallOptions): Promise<RemotingCommand> {
    try {
      return await this.#client.invoke(address, request, options);
    } catch (error) {
      throw toMqError(error, requestCodeName(request.code));
    }
  }

  /**
   * @param accepted the response codes that are an answer
   * @throws MqError for any other code as well
   */
  async call(
    address: string,
    request: RemotingCommand,
    options: CallOptions,
    accepted: readonly number[] = [ResponseCode.SUCCESS],
  ): Promise<RemotingCommand> {
    const response = await this.ask(address, request, options);
    if (!accepted.includes(response.code)) throw responseError(request.code, response, address);
    return response;
  }

  /** Resolves when the request is queued on a connection. */
  async send(address: string, request: RemotingCommand, options: CallOptions): Promise<void> {
    try {
      await this.#client.invokeOneway(address, request, options);
    } catch (error) {
      throw toMqError(error, requestCodeName(request.code));
    }
  }
}

import { decodeFrame, isResponse } from '@centaurmq/protocol';
import type { RemotingCommand } from '@centaurmq/protocol';
import type { RemotingConnection } from '../connection/remoting-connection.ts';
import type { Clock } from '../environment/clock.ts';
import type { Logger } from '../environment/logger.ts';
import { PeerFaultError, toError } from '../errors.ts';
import type { RequestContext } from '../server/request-handler.ts';
import type { InFlightRequests } from './in-flight-requests.ts';

export interface FrameDispatcherOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: { readonly frameLengthMax: number };
  readonly inFlight: InFlightRequests;
  /** Never throws or rejects. */
  readonly handle: (
    request: RemotingCommand,
    context: RequestContext,
  ) => RemotingCommand | null | Promise<RemotingCommand | null>;
  readonly respond: (
    connection: RemotingConnection,
    request: RemotingCommand,
    response: RemotingCommand,
  ) => void;
}

/** Brings each frame to the request table, or to the call that waits for it. */
export class FrameDispatcher {
  readonly #options: FrameDispatcherOptions;

  constructor(options: FrameDispatcherOptions) {
    this.#options = options;
  }

  dispatch(connection: RemotingConnection, frame: Buffer): void {
    let command: RemotingCommand;
    try {
      command = decodeFrame(frame, this.#options.limits);
    } catch (error) {
      connection.destroy(new PeerFaultError(`malformed frame: ${toError(error).message}`, { cause: error }));
      return;
    }
    // The chunk's memory is received into again as soon as this returns; handlers may work longer.
    if (command.body.length > 0) command.body = Buffer.from(command.body);
    if (isResponse(command)) this.#answered(connection, command);
    else this.#request(connection, command, frame.length);
  }

  #answered(connection: RemotingConnection, response: RemotingCommand): void {
    const call = connection.pendingCalls.take(response.opaque);
    if (call !== null) call.answered(response);
    else
      this.#options.logger.debug(
        { remote: connection.remote, opaque: response.opaque },
        'response nobody waits for',
      );
  }

  #request(connection: RemotingConnection, request: RemotingCommand, frameLength: number): void {
    const { clock, handle, respond, inFlight } = this.#options;
    const response = handle(request, { connection, receivedAt: clock.now() });
    if (response === null) return;
    if (!(response instanceof Promise)) {
      respond(connection, request, response);
      return;
    }
    inFlight.begin(connection, frameLength);
    void this.#respondLater(connection, request, response, frameLength);
  }

  async #respondLater(
    connection: RemotingConnection,
    request: RemotingCommand,
    response: Promise<RemotingCommand | null>,
    frameLength: number,
  ): Promise<void> {
    const answer = await response;
    if (answer !== null) this.#options.respond(connection, request, answer);
    this.#options.inFlight.end(connection, frameLength);
  }
}

import { decodeFrame, isResponse } from '@centaurmq/protocol';
import type { RemotingCommand } from '@centaurmq/protocol';
import { frameLengthAt } from '../connection/frames.ts';
import type { RemotingConnection } from '../connection/remoting-connection.ts';
import type { Clock } from '../environment/clock.ts';
import type { Logger } from '../environment/logger.ts';
import { PeerFaultError, toError } from '../errors.ts';
import type { ChunkIngestor, IngestResult } from '../server/chunk-ingestor.ts';
import type { InFlightRequests } from './in-flight-requests.ts';
import type { RequestContext } from '../server/request-handler.ts';
import type { UnsentGuard } from './unsent-guard.ts';

export interface ChunkDispatcherOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: { readonly frameLengthMax: number };
  readonly ingestor: ChunkIngestor | null;
  readonly inFlight: InFlightRequests;
  readonly unsentGuard: UnsentGuard;
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
  readonly isDraining: () => boolean;
}

/** Splits chunks into frames: first the ingestor, then the request table or the call that waits. */
export class ChunkDispatcher {
  readonly #options: ChunkDispatcherOptions;

  constructor(options: ChunkDispatcherOptions) {
    this.#options = options;
  }

  /** @returns bytes done with: whole frames; fewer than there are when the connection was paused or closed */
  chunkReceived(connection: RemotingConnection, chunk: Buffer): number {
    const { ingestor, isDraining } = this.#options;
    return ingestor !== null && !isDraining()
      ? this.#ingest(ingestor, connection, chunk)
      : this.#walk(connection, chunk);
  }

  #ingest(ingestor: ChunkIngestor, connection: RemotingConnection, chunk: Buffer): number {
    let consumed = 0;
    while (connection.isOpen && this.#hasWholeFrame(connection, chunk, consumed)) {
      if (this.#pausedByLimits(connection)) break;
      const rest = consumed === 0 ? chunk : chunk.subarray(consumed);
      const result = this.#ingestOnce(ingestor, connection, rest);
      if (result === null) break;
      if (result.responses !== null && result.responses.length > 0) {
        connection.write(result.responses, result.release ?? undefined);
        this.#options.unsentGuard.written(connection);
      } else {
        result.release?.();
      }
      const frames = result.otherFrames;
      for (let index = 0; index + 1 < frames.length && connection.isOpen; index += 2) {
        this.#dispatch(connection, rest.subarray(frames[index], frames[index + 1]));
      }
      if (result.violation !== null) {
        connection.destroy(new PeerFaultError(`malformed frame: ${result.violation}`));
        break;
      }
      if (result.consumedBytes === 0) {
        connection.destroy(
          new Error(`ingest consumed nothing of ${rest.length} bytes that begin with a whole frame`),
        );
        break;
      }
      consumed += result.consumedBytes;
    }
    return consumed;
  }

  /** A failing ingestor costs the connection whose chunk it was given, not the process. */
  #ingestOnce(ingestor: ChunkIngestor, connection: RemotingConnection, chunk: Buffer): IngestResult | null {
    try {
      return ingestor.ingest(connection, chunk);
    } catch (cause) {
      const err = toError(cause);
      this.#options.logger.error({ remote: connection.remote, err }, 'ingest failed');
      connection.destroy(new Error(`ingest failed: ${err.message}`, { cause }));
      return null;
    }
  }

  #walk(connection: RemotingConnection, chunk: Buffer): number {
    let start = 0;
    while (connection.isOpen && this.#hasWholeFrame(connection, chunk, start)) {
      if (this.#pausedByLimits(connection)) break;
      const end = start + 4 + chunk.readInt32BE(start);
      this.#dispatch(connection, chunk.subarray(start, end));
      start = end;
    }
    return start;
  }

  #hasWholeFrame(connection: RemotingConnection, chunk: Buffer, start: number): boolean {
    const length = frameLengthAt(chunk, start, this.#options.limits);
    if (typeof length !== 'number') {
      connection.destroy(new PeerFaultError(`malformed frame: ${length.message}`, { cause: length }));
      return false;
    }
    return length > 0 && start + length <= chunk.length;
  }

  #pausedByLimits(connection: RemotingConnection): boolean {
    const { unsentGuard, inFlight } = this.#options;
    if (!unsentGuard.mustPause(connection) && !inFlight.mustPause(connection)) return false;
    connection.pauseReading();
    return true;
  }

  #dispatch(connection: RemotingConnection, frame: Buffer): void {
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

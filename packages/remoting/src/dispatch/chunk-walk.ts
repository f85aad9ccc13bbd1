import type { RemotingConnection } from '../connection/remoting-connection.ts';
import { frameLengthAt } from '../connection/frames.ts';
import type { Logger } from '../environment/logger.ts';
import { PeerFaultError, toError } from '../errors.ts';
import type { IngestResult } from '../environment/ingest-result.ts';
import type { ChunkIngestor } from '../server/chunk-ingestor.ts';

export interface ChunkWalkOptions {
  readonly logger: Logger;
  readonly limits: { readonly frameLengthMax: number };
  /** Asked before each chunk: null while the hot path is off. */
  readonly ingestor: () => ChunkIngestor | null;
  /** Takes the frames that the hot path leaves; the memory is received into again as soon as it returns. */
  readonly frame: (connection: RemotingConnection, frame: Buffer) => void;
  /** Whether the connection must not be read for now: too much is in flight or unsent. */
  readonly mustPause: (connection: RemotingConnection) => boolean;
  /** Called after each write of hot-path responses. */
  readonly written: (connection: RemotingConnection) => void;
}

/** Splits chunks into frames: first the hot path, then whoever takes single frames. */
export class ChunkWalk {
  readonly #options: ChunkWalkOptions;

  constructor(options: ChunkWalkOptions) {
    this.#options = options;
  }

  /** @returns bytes done with: whole frames; fewer than there are when the connection was paused or closed */
  chunkReceived(connection: RemotingConnection, chunk: Buffer, ingested: IngestResult | null): number {
    const start = ingested === null ? 0 : this.#bring(connection, chunk, ingested);
    // Nobody asked before the hot path read the chunk.
    if (ingested !== null && connection.isOpen) this.#paused(connection);
    const ingestor = this.#options.ingestor();
    return ingestor === null
      ? this.#walk(connection, chunk, start)
      : this.#ingest(ingestor, connection, chunk, start);
  }

  #ingest(ingestor: ChunkIngestor, connection: RemotingConnection, chunk: Buffer, start: number): number {
    let consumed = start;
    while (connection.isOpen && this.#hasWholeFrame(connection, chunk, consumed)) {
      if (this.#paused(connection)) break;
      const rest = consumed === 0 ? chunk : chunk.subarray(consumed);
      const result = this.#ingestOnce(ingestor, connection, rest);
      if (result === null) break;
      const ingested = this.#bring(connection, rest, result);
      if (ingested === 0 && connection.isOpen) {
        connection.destroy(
          new Error(`ingest consumed nothing of ${rest.length} bytes that begin with a whole frame`),
        );
      }
      consumed += ingested;
    }
    return consumed;
  }

  /**
   * Writes what the hot path answered and hands on the frames that it left.
   * @returns bytes that are done with
   */
  #bring(connection: RemotingConnection, chunk: Buffer, result: IngestResult): number {
    if (result.responses !== null && result.responses.length > 0) {
      connection.write(result.responses, result.release ?? undefined);
      this.#options.written(connection);
    } else {
      result.release?.();
    }
    const frames = result.otherFrames;
    for (let index = 0; index + 1 < frames.length && connection.isOpen; index += 2) {
      this.#options.frame(connection, chunk.subarray(frames[index], frames[index + 1]));
    }
    if (result.violation !== null) {
      // Closes it when the length is wrong, and says which one was found.
      this.#hasWholeFrame(connection, chunk, result.consumedBytes);
      connection.destroy(new PeerFaultError(`malformed frame: ${result.violation}`));
    }
    return result.consumedBytes;
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

  #walk(connection: RemotingConnection, chunk: Buffer, from: number): number {
    let start = from;
    while (connection.isOpen && this.#hasWholeFrame(connection, chunk, start)) {
      if (this.#paused(connection)) break;
      const end = start + 4 + chunk.readInt32BE(start);
      this.#options.frame(connection, chunk.subarray(start, end));
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

  #paused(connection: RemotingConnection): boolean {
    if (!this.#options.mustPause(connection)) return false;
    connection.pauseReading();
    return true;
  }
}

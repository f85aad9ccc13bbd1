import { wholeFrames } from '../connection/frames.ts';
import type { IngestResult } from '../environment/ingest-result.ts';
import type { ChunkIngestor } from '../server/chunk-ingestor.ts';
import type { Connection } from '../server/request-handler.ts';

/** Bytes of one connection's frames on their way to the broker's thread; above, the connection is not read. */
const FORWARDED_BYTES_MAX = 1024 * 1024;

/**
 * Keeps the order of one connection between the frames that the hot path takes and those that it forwards: what comes
 * behind a forwarded frame that may be a send is forwarded too, until the broker's thread has worked on all of them.
 */
export class ForwardedFrames {
  #outstandingBytes = 0;
  #mustFollow = false;

  get isFull(): boolean {
    return this.#outstandingBytes >= FORWARDED_BYTES_MAX;
  }

  forwarded(length: number): void {
    this.#outstandingBytes += length;
  }

  taken(length: number): void {
    this.#outstandingBytes -= length;
    if (this.#outstandingBytes === 0) this.#mustFollow = false;
  }

  /** Whether the hot path may take what comes next. */
  get mayIngest(): boolean {
    return !this.#mustFollow;
  }

  ingest(hotPath: ChunkIngestor, connection: Connection, chunk: Uint8Array): IngestResult {
    if (this.#mustFollow) return allForwarded(chunk);
    const result = hotPath.ingest(connection, chunk);
    this.ingested(result);
    return result;
  }

  /** To be called with what the hot path has done with a chunk, before its frames are forwarded. */
  ingested(result: IngestResult): void {
    // The hot path stops behind a send that it leaves; so only a listed frame at the very end can be one.
    const lastEnd = result.otherFrames.at(-1);
    if (lastEnd !== undefined && lastEnd === result.consumedBytes) this.#mustFollow = true;
  }
}

/** All whole frames in one piece; the caller has seen that there is one. */
function allForwarded(chunk: Uint8Array): IngestResult {
  const end = wholeFrames(chunk).at(-1) ?? 0;
  return { consumedBytes: end, responses: null, release: null, otherFrames: [0, end], violation: null };
}

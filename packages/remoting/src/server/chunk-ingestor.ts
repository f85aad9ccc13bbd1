import type { IngestResult } from '../environment/ingest-result.ts';
import type { Connection } from './request-handler.ts';

/**
 * The hot path's door: sees every received chunk before the request table does and may answer whole
 * frames by itself. The answer must be the same as the request table's, to the byte.
 */
export interface ChunkIngestor {
  ingest(connection: Connection, chunk: Uint8Array): IngestResult;
  connectionClosed(connection: Connection): void;
}

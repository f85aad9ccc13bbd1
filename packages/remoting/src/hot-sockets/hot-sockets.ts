import type { AcceptedDescriptor } from '../environment/transport.ts';
import type { IngestResult } from '../environment/ingest-result.ts';

/** Who reads a socket. */
export type SocketReader =
  | 'nobody'
  /** Told that there is something to read. */
  | 'owner'
  /** What arrives is ingested; the owner is told what that leaves. */
  | 'hotPath';

/** What the owner of a socket is told, never from within a call of its own. */
export interface HotSocketEvents {
  /** There is something to read: bytes, the end or a failure. */
  readable(): void;
  /** A chunk was ingested, but not all of it is done with. Memory that is used again. */
  ingested(chunk: Buffer, result: IngestResult): void;
  /** Responses of the hot path that were kept back and are not what they were; to be written as any others. */
  released(responses: Buffer): void;
  /** Responses of the hot path wait to be written; `drained` follows. */
  congested(): void;
  /** Everything that waited is written. */
  drained(): void;
  /** The peer sends nothing more. */
  ended(): void;
  failed(error: Error): void;
}

/** A connected socket. Calls that fail throw the system's error. */
export interface HotSocket {
  setReader(reader: SocketReader): void;
  /** Reads once: 0 bytes at the end, null when there is nothing. */
  receive(buffer: Uint8Array): number | null;
  /** Writes in order; what the system does not take is copied. How many bytes of the socket wait now. */
  send(bytes: Uint8Array): number;
  readonly unsentBytes: number;
  /** Whether the hot path has heard of the peer since this was asked last. */
  takeHeard(): boolean;
  /** Tells the peer that nothing more is sent. */
  end(): void;
  /** Closes now; nothing is told any more. */
  close(): void;
}

/** Sockets whose hot path is served without JavaScript, on this thread's event loop. */
export interface HotSockets {
  /** The descriptor is theirs from here on. Nobody reads it yet. */
  add(accepted: AcceptedDescriptor, events: HotSocketEvents): HotSocket;
  /** Closes what is left. */
  close(): void;
}

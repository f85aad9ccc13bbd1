import type { RemotingCommand } from '@centaurmq/protocol';
import type { SocketAddress } from '../environment/transport.ts';

/** A peer, as handlers see it. Identity is the object: a new connection is a new one. */
export interface Connection {
  /** Unique in this process. */
  readonly id: number;
  readonly remote: SocketAddress;
  readonly local: SocketAddress;
  readonly isOpen: boolean;
}

export interface RequestContext {
  readonly connection: Connection;
  /** The clock's time when the last byte of the request arrived. */
  readonly receivedAt: number;
}

/**
 * Answers one request. `null` means: no response now (one-way, or the handler will use
 * {@link RemotingServer.respond} later, as a held pull does). A thrown `RemotingError` becomes its own response code and
 * remark, anything else becomes SYSTEM_ERROR.
 */
export type RequestHandler = (
  request: RemotingCommand,
  context: RequestContext,
) => RemotingCommand | null | Promise<RemotingCommand | null>;

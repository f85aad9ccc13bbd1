import type { Connection } from '@centaurmq/remoting';

/** One client on one connection, as it introduced itself (Java: ClientChannelInfo). */
export interface ClientChannel {
  readonly connection: Connection;
  readonly clientId: string;
  /** Ordinal of Java's LanguageCode. */
  readonly language: number;
  readonly version: number;
}

/** A client in a group's table. */
export interface RegisteredChannel extends ClientChannel {
  /** When the last heartbeat came, in milliseconds since the epoch. */
  readonly lastUpdateTimestamp: number;
}

import type { Clock, Connection, Logger } from '@centaurmq/remoting';
import type { BrokerConfig } from '../config/broker-config.ts';
import type { ClientChannel, RegisteredChannel } from './client-channel.ts';

/** The online producers of this broker by group (Java: ProducerManager). */
export class ProducerManager {
  readonly #config: BrokerConfig;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #groups = new Map<string, Map<Connection, RegisteredChannel>>();
  readonly #groupsOfConnection = new Map<Connection, Set<string>>();
  readonly #channelByClientId = new Map<string, RegisteredChannel>();
  #turn = 0;

  constructor(parts: { readonly config: BrokerConfig; readonly clock: Clock; readonly logger: Logger }) {
    this.#config = parts.config;
    this.#clock = parts.clock;
    this.#logger = parts.logger;
  }

  get groups(): ReadonlyMap<string, ReadonlyMap<Connection, RegisteredChannel>> {
    return this.#groups;
  }

  registerProducer(group: string, channel: ClientChannel): void {
    const channels = this.#groups.get(group) ?? new Map<Connection, RegisteredChannel>();
    this.#groups.set(group, channels);
    if (!channels.has(channel.connection)) {
      const groups = this.#groupsOfConnection.get(channel.connection) ?? new Set<string>();
      this.#groupsOfConnection.set(channel.connection, groups.add(group));
      this.#logger.info(
        { group, clientId: channel.clientId, remote: channel.connection.remote },
        'producer connected',
      );
    }
    const registered = { ...channel, lastUpdateTimestamp: this.#clock.now() };
    channels.set(channel.connection, registered);
    this.#channelByClientId.set(channel.clientId, registered);
  }

  unregisterProducer(group: string, connection: Connection): void {
    const channels = this.#groups.get(group);
    const removed = channels?.get(connection);
    if (channels === undefined || removed === undefined) return;
    channels.delete(connection);
    if (channels.size === 0) this.#groups.delete(group);
    const groups = this.#groupsOfConnection.get(connection);
    groups?.delete(group);
    if (groups === undefined || groups.size === 0) {
      this.#groupsOfConnection.delete(connection);
      if (this.#channelByClientId.get(removed.clientId)?.connection === connection)
        this.#channelByClientId.delete(removed.clientId);
    }
    this.#logger.info({ group, clientId: removed.clientId }, 'producer left');
  }

  connectionClosed(connection: Connection): void {
    for (const group of this.#groupsOfConnection.get(connection) ?? [])
      this.unregisterProducer(group, connection);
  }

  /** Forgets producers without a heartbeat for channelExpiredTimeout; answers their connections. */
  scanNotActiveChannel(): Connection[] {
    const oldest = this.#clock.now() - this.#config.channelExpiredTimeout;
    const expired: Connection[] = [];
    for (const [group, channels] of this.#groups)
      for (const channel of channels.values())
        if (channel.lastUpdateTimestamp < oldest) {
          this.#logger.warn(
            { group, clientId: channel.clientId, remote: channel.connection.remote },
            'producer forgotten: no heartbeat for channelExpiredTimeout',
          );
          expired.push(channel.connection);
          this.unregisterProducer(group, channel.connection);
        }
    return expired;
  }

  /** Some open connection of the group, each in its turn; null when there is none. */
  getAvailableChannel(group: string): RegisteredChannel | null {
    const open = [...(this.#groups.get(group)?.values() ?? [])].filter(
      (channel) => channel.connection.isOpen,
    );
    this.#turn = (this.#turn + 1) % 0x4000_0000;
    return open[this.#turn % open.length] ?? null;
  }

  findChannel(clientId: string): RegisteredChannel | undefined {
    return this.#channelByClientId.get(clientId);
  }
}

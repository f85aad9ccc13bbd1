import type { Clock, Connection, Logger } from '@centaurmq/remoting';
import type { BrokerConfig } from '../config/broker-config.ts';
import type { ClientChannel, RegisteredChannel } from './client-channel.ts';
import { ConsumerGroupInfo, type ConsumerGroupMode } from './consumer-group-info.ts';
import type { SubscriptionData } from './subscription-data.ts';

export interface ConsumerRegistration extends ConsumerGroupMode {
  readonly group: string;
  readonly channel: ClientChannel;
  /** Null: the client says that its subscription is the one known (heartbeat V2 without subscriptions). */
  readonly subscriptions: readonly SubscriptionData[] | null;
  /** The group's setting: may its members be told? */
  readonly notifyConsumerIdsChangedEnable: boolean;
}

/** Who has to be told that the members or the topics of a group changed. */
export type ConsumerIdsChangeListener = (group: string, connections: readonly Connection[]) => void;

/** A group whose members, mode or subscriptions may have changed. */
export type SubscriptionChangeListener = (group: string) => void;

/** What became of a group that nobody consumes any more. */
export type ConsumerGroupGoneListener = (group: string) => void;

/** The online consumers of this broker (Java: ConsumerManager). Everything is in memory: a connection is a session. */
export class ConsumerManager {
  readonly #config: BrokerConfig;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #groups = new Map<string, ConsumerGroupInfo>();
  readonly #groupsOfConnection = new Map<Connection, Set<string>>();
  readonly #changeListeners: ConsumerIdsChangeListener[] = [];
  readonly #goneListeners: ConsumerGroupGoneListener[] = [];
  readonly #subscriptionListeners: SubscriptionChangeListener[] = [];

  constructor(parts: { readonly config: BrokerConfig; readonly clock: Clock; readonly logger: Logger }) {
    this.#config = parts.config;
    this.#clock = parts.clock;
    this.#logger = parts.logger;
  }

  get groups(): ReadonlyMap<string, ConsumerGroupInfo> {
    return this.#groups;
  }

  getConsumerGroupInfo(group: string): ConsumerGroupInfo | undefined {
    return this.#groups.get(group);
  }

  findSubscriptionData(group: string, topic: string): SubscriptionData | undefined {
    return this.#groups.get(group)?.findSubscription(topic);
  }

  findChannel(group: string, clientId: string): RegisteredChannel | undefined {
    return this.#groups.get(group)?.findChannel(clientId);
  }

  /** Groups online with a subscription of the topic. */
  queryTopicConsumeByWho(topic: string): string[] {
    return [...this.#groups.values()]
      .filter((info) => info.subscriptions.has(topic))
      .map((info) => info.groupName);
  }

  onConsumerIdsChange(listener: ConsumerIdsChangeListener): void {
    this.#changeListeners.push(listener);
  }

  onGroupGone(listener: ConsumerGroupGoneListener): void {
    this.#goneListeners.push(listener);
  }

  /** Called after every heartbeat and when a group is gone. */
  onSubscriptionChange(listener: SubscriptionChangeListener): void {
    this.#subscriptionListeners.push(listener);
  }

  /** True when the members or the topics of the group changed. */
  registerConsumer(registration: ConsumerRegistration): boolean {
    const { group, channel, subscriptions } = registration;
    const info = this.#groups.get(group) ?? new ConsumerGroupInfo(group, registration);
    this.#groups.set(group, info);
    const isNew = info.updateChannel(channel, registration, this.#clock.now());
    if (isNew) {
      const groups = this.#groupsOfConnection.get(channel.connection) ?? new Set<string>();
      this.#groupsOfConnection.set(channel.connection, groups.add(group));
      this.#logger.info(
        { group, clientId: channel.clientId, remote: channel.connection.remote },
        'consumer connected',
      );
    }
    const topicsChanged = subscriptions !== null && info.updateSubscriptions(subscriptions);
    for (const listener of this.#subscriptionListeners) listener(group);
    const changed = isNew || topicsChanged;
    if (changed && registration.notifyConsumerIdsChangedEnable) this.#tellMembers(info);
    return changed;
  }

  unregisterConsumer(group: string, connection: Connection, notifyConsumerIdsChangedEnable: boolean): void {
    const info = this.#groups.get(group);
    if (info !== undefined) this.#remove(info, connection, notifyConsumerIdsChangedEnable);
  }

  /** A closed connection leaves all its groups at once (Java: doChannelCloseEvent). */
  connectionClosed(connection: Connection): void {
    for (const group of this.#groupsOfConnection.get(connection) ?? []) {
      const info = this.#groups.get(group);
      if (info !== undefined) this.#remove(info, connection, true);
    }
    this.#groupsOfConnection.delete(connection);
  }

  /** Forgets clients whose last heartbeat is older than channelExpiredTimeout; answers their connections. */
  scanNotActiveChannel(): Connection[] {
    const oldest = this.#clock.now() - this.#config.channelExpiredTimeout;
    const expired: Connection[] = [];
    for (const info of this.#groups.values())
      for (const channel of info.channels.values())
        if (channel.lastUpdateTimestamp < oldest) {
          this.#logger.warn(
            { group: info.groupName, clientId: channel.clientId, remote: channel.connection.remote },
            'consumer forgotten: no heartbeat for channelExpiredTimeout',
          );
          expired.push(channel.connection);
          this.#remove(info, channel.connection, true);
        }
    return expired;
  }

  #remove(info: ConsumerGroupInfo, connection: Connection, notify: boolean): void {
    const removed = info.removeChannel(connection);
    const groups = this.#groupsOfConnection.get(connection);
    groups?.delete(info.groupName);
    if (groups?.size === 0) this.#groupsOfConnection.delete(connection);
    if (removed === undefined) return;
    this.#logger.info({ group: info.groupName, clientId: removed.clientId }, 'consumer left');
    if (info.channels.size === 0) {
      this.#groups.delete(info.groupName);
      for (const listener of this.#goneListeners) listener(info.groupName);
      for (const listener of this.#subscriptionListeners) listener(info.groupName);
    } else if (notify) this.#tellMembers(info);
  }

  #tellMembers(info: ConsumerGroupInfo): void {
    if (info.messageModel === 'BROADCASTING') return;
    for (const listener of this.#changeListeners) listener(info.groupName, [...info.channels.keys()]);
  }
}

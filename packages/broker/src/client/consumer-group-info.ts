import type { SubscriptionData } from '@centaurmq/protocol';
import type { Connection } from '@centaurmq/remoting';
import type { ClientChannel, RegisteredChannel } from './client-channel.ts';

/** How the instances of a group consume; the last heartbeat decides. */
export interface ConsumerGroupMode {
  /** CONSUME_ACTIVELY, CONSUME_PASSIVELY or CONSUME_POP. */
  readonly consumeType: string;
  /** BROADCASTING or CLUSTERING. */
  readonly messageModel: string;
  readonly consumeFromWhere: string;
}

/** The online instances of one group and what it subscribes (Java: ConsumerGroupInfo). */
export class ConsumerGroupInfo {
  readonly groupName: string;
  readonly #subscriptions = new Map<string, SubscriptionData>();
  readonly #channels = new Map<Connection, RegisteredChannel>();
  #mode: ConsumerGroupMode;

  constructor(groupName: string, mode: ConsumerGroupMode) {
    this.groupName = groupName;
    this.#mode = mode;
  }

  get consumeType(): string {
    return this.#mode.consumeType;
  }

  get messageModel(): string {
    return this.#mode.messageModel;
  }

  get consumeFromWhere(): string {
    return this.#mode.consumeFromWhere;
  }

  get subscriptions(): ReadonlyMap<string, SubscriptionData> {
    return this.#subscriptions;
  }

  get channels(): ReadonlyMap<Connection, RegisteredChannel> {
    return this.#channels;
  }

  get clientIds(): string[] {
    return [...this.#channels.values()].map((channel) => channel.clientId);
  }

  findSubscription(topic: string): SubscriptionData | undefined {
    return this.#subscriptions.get(topic);
  }

  findChannel(clientId: string): RegisteredChannel | undefined {
    for (const channel of this.#channels.values()) if (channel.clientId === clientId) return channel;
    return undefined;
  }

  /** True when the connection is new to the group. */
  updateChannel(channel: ClientChannel, mode: ConsumerGroupMode, now: number): boolean {
    this.#mode = mode;
    const isNew = !this.#channels.has(channel.connection);
    this.#channels.set(channel.connection, { ...channel, lastUpdateTimestamp: now });
    return isNew;
  }

  removeChannel(connection: Connection): RegisteredChannel | undefined {
    const channel = this.#channels.get(connection);
    this.#channels.delete(connection);
    return channel;
  }

  /** True when the set of topics changed; a newer version of a known topic replaces it silently. */
  updateSubscriptions(wanted: readonly SubscriptionData[]): boolean {
    let changed = false;
    for (const subscription of wanted) {
      const before = this.#subscriptions.get(subscription.topic);
      if (before === undefined) changed = true;
      if (before === undefined || subscription.subVersion > before.subVersion)
        this.#subscriptions.set(subscription.topic, subscription);
    }
    const topics = new Set(wanted.map((subscription) => subscription.topic));
    for (const topic of this.#subscriptions.keys())
      if (!topics.has(topic)) {
        this.#subscriptions.delete(topic);
        changed = true;
      }
    return changed;
  }
}

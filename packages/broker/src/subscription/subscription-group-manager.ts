import { type DataVersion, JsonValue, SubscriptionGroupConfig, writeJson } from '@centaurmq/protocol';
import type { Clock, Logger } from '@centaurmq/remoting';
import type { BrokerConfig } from '../config/broker-config.ts';
import { type TableCodec, type TableListener, VersionedTable } from '../metadata/versioned-table.ts';
import type { MetadataStore } from '../store/message-store.ts';
import { subscriptionGroupConfig } from './subscription-group-config.ts';

export const SUBSCRIPTION_GROUP_TABLE = 'subscriptionGroups';

/** Groups every broker has; all consume without being created (Java: SubscriptionGroupManager.init). */
const PRE_CREATED_GROUPS = [
  'TOOLS_CONSUMER',
  'FILTERSRV_CONSUMER',
  'SELF_TEST_C_GROUP',
  'CID_ONS-HTTP-PROXY',
  'CID_ONSAPI_PULL',
  'CID_ONSAPI_PERMISSION',
  'CID_ONSAPI_OWNER',
  'CID_RMQ_SYS_TRANS',
];
const GROUP_NAME = /^[%|a-zA-Z0-9_-]{1,120}$/;

/** Bit of a (group, topic) that forbids reading (Java: PermName.INDEX_PERM_READ). */
const READ_FORBIDDEN_INDEX = 2;

/** A group and the topics that it may not use: bits by topic. */
export interface StoredSubscriptionGroup {
  readonly config: SubscriptionGroupConfig;
  readonly forbidden: ReadonlyMap<string, number>;
}

/** How a group lies in its table. */
export const storedSubscriptionGroupCodec: TableCodec<StoredSubscriptionGroup> = {
  encode: (group) => Buffer.from(writeJson(group)),
  decode(bytes) {
    const json = JsonValue.parse(bytes, 'StoredSubscriptionGroup');
    return {
      config: SubscriptionGroupConfig.read(json.member('config')),
      forbidden: json.tableOf('forbidden', (bits) => bits.number()),
    };
  },
};

interface SubscriptionGroupManagerParts {
  readonly config: BrokerConfig;
  readonly metadata: MetadataStore;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The broker's consumer groups (Java: SubscriptionGroupManager). A change is on the disk before it is visible. */
export class SubscriptionGroupManager {
  readonly #config: BrokerConfig;
  readonly #logger: Logger;
  readonly #table: VersionedTable<StoredSubscriptionGroup>;

  private constructor(parts: SubscriptionGroupManagerParts, table: VersionedTable<StoredSubscriptionGroup>) {
    this.#config = parts.config;
    this.#logger = parts.logger;
    this.#table = table;
  }

  /** Reads the stored groups and adds the pre-created ones that are missing. */
  static async open(parts: SubscriptionGroupManagerParts): Promise<SubscriptionGroupManager> {
    const table = await VersionedTable.open<StoredSubscriptionGroup>(SUBSCRIPTION_GROUP_TABLE, {
      store: parts.metadata,
      clock: parts.clock,
      codec: storedSubscriptionGroupCodec,
    });
    await table.change(
      (current) =>
        new Map(
          PRE_CREATED_GROUPS.filter((group) => !current.has(group)).map((group) => [
            group,
            { config: subscriptionGroupConfig(group), forbidden: new Map() },
          ]),
        ),
    );
    return new SubscriptionGroupManager(parts, table);
  }

  get dataVersion(): DataVersion {
    return this.#table.dataVersion;
  }

  get groups(): ReadonlyMap<string, StoredSubscriptionGroup> {
    return this.#table.values;
  }

  find(group: string): SubscriptionGroupConfig | undefined {
    return this.#table.values.get(group)?.config;
  }

  onChange(listener: TableListener<StoredSubscriptionGroup>): void {
    this.#table.onChange(listener);
  }

  /**
   * Java: findSubscriptionGroupConfig. The group, created if need be; null when it does not exist and may not be
   * created (autoCreateSubscriptionGroup off, or not a name). Rejects when it cannot be written.
   */
  async findSubscriptionGroupConfig(group: string): Promise<SubscriptionGroupConfig | null> {
    const found = this.find(group);
    if (found !== undefined) return found;
    const systemGroup = group.startsWith('CID_RMQ_SYS_');
    if (!GROUP_NAME.test(group) || !(this.#config.autoCreateSubscriptionGroup || systemGroup)) return null;
    await this.#table.change((current) => {
      if (current.has(group)) return new Map();
      this.#logger.info({ group }, 'subscription group created by its first use');
      return new Map([[group, { config: subscriptionGroupConfig(group), forbidden: new Map() }]]);
    });
    return this.find(group) ?? null;
  }

  /** Creates or replaces, all or nothing; forbidden topics stay. */
  async updateSubscriptionGroupConfigs(wanted: readonly SubscriptionGroupConfig[]): Promise<void> {
    await this.#table.change(
      (current) =>
        new Map(
          wanted.map((config) => [
            config.groupName,
            { config, forbidden: current.get(config.groupName)?.forbidden ?? new Map<string, number>() },
          ]),
        ),
    );
    this.#logger.info({ groups: wanted }, 'subscription groups created or changed');
  }

  async deleteSubscriptionGroupConfig(group: string): Promise<void> {
    await this.#table.change((current) => (current.has(group) ? new Map([[group, null]]) : new Map()));
    this.#logger.info({ group }, 'subscription group deleted');
  }

  isReadForbidden(group: string, topic: string): boolean {
    const bits = this.#table.values.get(group)?.forbidden.get(topic) ?? 0;
    return (bits & (1 << READ_FORBIDDEN_INDEX)) !== 0;
  }

  /** False when the group does not exist. */
  async setReadForbidden(group: string, topic: string, forbid: boolean): Promise<boolean> {
    await this.#table.change((current) => {
      const stored = current.get(group);
      if (stored === undefined) return new Map();
      const before = stored.forbidden.get(topic) ?? 0;
      const bit = 1 << READ_FORBIDDEN_INDEX;
      const bits = forbid ? before | bit : before & ~bit;
      if (bits === before) return new Map();
      const forbidden = new Map(stored.forbidden).set(topic, bits);
      if (bits === 0) forbidden.delete(topic);
      return new Map([[group, { ...stored, forbidden }]]);
    });
    return this.#table.values.has(group);
  }
}

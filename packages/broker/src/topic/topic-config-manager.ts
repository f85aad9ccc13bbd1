import { type DataVersion, TopicConfig, TopicRules } from '@centaurmq/protocol';
import type { Clock, Logger } from '@centaurmq/remoting';
import type { BrokerConfig } from '../config/broker-config.ts';
import { type TableListener, VersionedTable } from '../metadata/versioned-table.ts';
import type { AckLevel, MetadataStore, StoreTopicSpec } from '../store/message-store.ts';
import { AUTO_CREATE_TOPIC_KEY_TOPIC, systemTopics } from './system-topics.ts';
import { ACK_LEVEL_ATTRIBUTE, decideTopicAttributes } from './topic-attributes.ts';
import { sameTopicConfig, topicConfig } from './topic-config.ts';

const PERM_INHERIT = 1;
const SYSTEM_TOPIC_PREFIX = 'rmq_sys_';
/** System topics that exist by name only until something needs them. */
const RESERVED_TOPICS = [
  AUTO_CREATE_TOPIC_KEY_TOPIC,
  'RMQ_SYS_TRACE_TOPIC',
  'TRANS_CHECK_MAX_TIME_TOPIC',
  'CHECKPOINT_TOPIC',
];

export const TOPIC_TABLE = 'topics';

export interface TopicCreatedBySend {
  readonly topic: string;
  /** The topic whose settings are inherited, TBW102 with official clients. */
  readonly defaultTopic: string;
  /** How many queues the client wants; the default topic's number is the upper bound. */
  readonly clientDefaultTopicQueueNums: number;
  readonly topicSysFlag: number;
  readonly remoteAddress: string;
}

interface TopicConfigManagerParts {
  readonly config: BrokerConfig;
  readonly metadata: MetadataStore;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * The broker's topics (Java: TopicConfigManager). A change is on the disk before it is visible; then listeners hear of
 * it: the engine's tables and the name servers.
 */
export class TopicConfigManager {
  readonly #config: BrokerConfig;
  readonly #logger: Logger;
  readonly #table: VersionedTable<TopicConfig>;
  readonly #systemTopics: Set<string>;

  private constructor(parts: TopicConfigManagerParts, table: VersionedTable<TopicConfig>) {
    this.#config = parts.config;
    this.#logger = parts.logger;
    this.#table = table;
    this.#systemTopics = new Set([
      ...RESERVED_TOPICS,
      ...systemTopics(parts.config).map((topic) => topic.topicName),
    ]);
  }

  /** Reads the stored topics and adds the system topics that are missing. */
  static async open(parts: TopicConfigManagerParts): Promise<TopicConfigManager> {
    const table = await VersionedTable.open<TopicConfig>(TOPIC_TABLE, {
      store: parts.metadata,
      clock: parts.clock,
      codec: TopicConfig,
    });
    const manager = new TopicConfigManager(parts, table);
    await table.change(
      (current) =>
        new Map(
          systemTopics(parts.config)
            .filter((topic) => !current.has(topic.topicName))
            .map((topic) => [topic.topicName, topic]),
        ),
    );
    return manager;
  }

  get dataVersion(): DataVersion {
    return this.#table.dataVersion;
  }

  get topics(): ReadonlyMap<string, TopicConfig> {
    return this.#table.values;
  }

  /** Java: selectTopicConfig. */
  find(topic: string): TopicConfig | undefined {
    return this.#table.values.get(topic);
  }

  isOrderTopic(topic: string): boolean {
    return this.find(topic)?.order ?? false;
  }

  isSystemTopic(topic: string): boolean {
    return this.#systemTopics.has(topic) || topic.startsWith(SYSTEM_TOPIC_PREFIX);
  }

  /** Names of system topics, existing or reserved, as request 305 lists them. */
  get systemTopicNames(): ReadonlySet<string> {
    return this.#systemTopics;
  }

  /** What an acknowledgement of this topic means: its attribute, else the broker's flushDiskType. */
  ackLevelOf(topic: TopicConfig): AckLevel {
    const attribute = topic.attributes.get(ACK_LEVEL_ATTRIBUTE);
    if (attribute === 'os' || attribute === 'fsync') return attribute;
    return this.#config.flushDiskType === 'SYNC_FLUSH' ? 'fsync' : 'os';
  }

  /** What the engine has to know of a topic. */
  storeTopicSpec(topic: TopicConfig): StoreTopicSpec {
    return {
      name: topic.topicName,
      readQueueNums: topic.readQueueNums,
      writeQueueNums: topic.writeQueueNums,
      perm: topic.perm & this.#config.brokerPermission,
      ackLevel: this.ackLevelOf(topic),
      hotPath:
        !TopicRules.isNotAllowedSendTopic(topic.topicName) &&
        !TopicRules.isRetryTopic(topic.topicName) &&
        topic.topicFilterType === 'SINGLE_TAG',
    };
  }

  onChange(listener: TableListener<TopicConfig>): void {
    this.#table.onChange(listener);
  }

  /**
   * Java: createTopicInSendMessageMethod. Null when the default topic does not exist or may not be inherited from.
   * Rejects when the change cannot be written.
   */
  async createTopicInSendMessage(wanted: TopicCreatedBySend): Promise<TopicConfig | null> {
    await this.#table.change((current) => {
      if (current.has(wanted.topic)) return new Map();
      const created = decideAutoCreatedTopic(wanted, {
        defaultTopic: current.get(wanted.defaultTopic),
        autoCreateTopicEnable: this.#config.autoCreateTopicEnable,
      });
      const { topic, defaultTopic, remoteAddress: producer } = wanted;
      if (created === null) {
        this.#logger.warn(
          { topic, defaultTopic, producer },
          'topic not created: no default topic to inherit from',
        );
        return new Map();
      }
      this.#logger.info({ topic, defaultTopic, producer, config: created }, 'topic created by a send');
      return new Map([[topic, created]]);
    });
    return this.find(wanted.topic) ?? null;
  }

  /** Java: createTopicInSendMessageBackMethod; for %RETRY% and %DLQ% topics. Keeps `order` as wanted. */
  async createTopicInSendMessageBack(
    topic: string,
    wanted: {
      readonly queueNums: number;
      readonly perm: number;
      readonly order: boolean;
      readonly topicSysFlag: number;
    },
  ): Promise<TopicConfig> {
    const found = this.find(topic);
    if (found !== undefined && found.order === wanted.order) return found;
    await this.#table.change((current) => {
      const existing = current.get(topic);
      if (existing?.order === wanted.order) return new Map();
      const { queueNums, perm, order, topicSysFlag } = wanted;
      return new Map([
        [
          topic,
          existing === undefined
            ? topicConfig(topic, {
                readQueueNums: queueNums,
                writeQueueNums: queueNums,
                perm,
                order,
                topicSysFlag,
              })
            : { ...existing, order },
        ],
      ]);
    });
    const created = this.find(topic);
    if (created === undefined) throw new Error(`the topic ${topic} was deleted while it was created`);
    return created;
  }

  /** A topic that something inside the broker needs; left as it is when it exists. */
  async createTopicIfAbsent(wanted: TopicConfig): Promise<TopicConfig> {
    await this.#table.change((current) =>
      current.has(wanted.topicName) ? new Map() : new Map([[wanted.topicName, wanted]]),
    );
    return this.find(wanted.topicName) ?? wanted;
  }

  /**
   * Java: updateTopicConfigList. Creates or replaces; `attributes` hold alterations (`+key`, `-key`). What is the same
   * already changes nothing, not even the data version. All or nothing.
   * @throws TopicAttributeError
   */
  async updateTopicConfigs(wanted: readonly TopicConfig[]): Promise<void> {
    await this.#table.change((current) => {
      const changed = new Map<string, TopicConfig>();
      for (const topic of wanted) {
        const existing = current.get(topic.topicName);
        const next: TopicConfig = {
          ...topic,
          attributes: decideTopicAttributes(existing?.attributes ?? null, topic.attributes),
        };
        if (existing === undefined || !sameTopicConfig(existing, next)) changed.set(topic.topicName, next);
      }
      if (changed.size > 0) this.#logger.info({ topics: [...changed.values()] }, 'topics created or changed');
      return changed;
    });
  }

  /** Java: updateOrderTopicConfig; what a name server says about ordered topics. */
  async markOrderTopics(topics: Iterable<string>): Promise<void> {
    await this.#table.change((current) => {
      const changed = new Map<string, TopicConfig>();
      for (const name of topics) {
        const existing = current.get(name);
        if (existing !== undefined && !existing.order) changed.set(name, { ...existing, order: true });
      }
      return changed;
    });
  }

  async deleteTopicConfig(topic: string): Promise<void> {
    await this.#table.change((current) => (current.has(topic) ? new Map([[topic, null]]) : new Map()));
  }
}

/** The topic that a send creates, or null when it may not. */
export function decideAutoCreatedTopic(
  wanted: TopicCreatedBySend,
  state: {
    readonly defaultTopic: TopicConfig | undefined;
    readonly autoCreateTopicEnable: boolean;
  },
): TopicConfig | null {
  const { defaultTopic } = state;
  if (defaultTopic === undefined || (defaultTopic.perm & PERM_INHERIT) === 0) return null;
  if (defaultTopic.topicName === AUTO_CREATE_TOPIC_KEY_TOPIC && !state.autoCreateTopicEnable) return null;
  const queueNums = Math.max(0, Math.min(wanted.clientDefaultTopicQueueNums, defaultTopic.writeQueueNums));
  return topicConfig(wanted.topic, {
    readQueueNums: queueNums,
    writeQueueNums: queueNums,
    perm: defaultTopic.perm & ~PERM_INHERIT,
    topicSysFlag: wanted.topicSysFlag,
    topicFilterType: defaultTopic.topicFilterType,
  });
}

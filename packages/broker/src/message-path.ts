import { type RemotingCommand, RequestCode, createUniqueKeyGenerator } from '@centaurmq/protocol';
import type { ChunkIngestor, Clock, Connection, Logger, Random, RemotingServer } from '@centaurmq/remoting';
import type { ConsumerManager } from './client/consumer-manager.ts';
import type { RebalanceLockManager } from './client/rebalance-lock-manager.ts';
import type { BrokerConfig } from './config/broker-config.ts';
import { PullRequestHoldService, heldPullsMaxDefault } from './long-polling/pull-request-hold-service.ts';
import { ColdReads } from './pull/cold-reads.ts';
import { ConsumerOffsetManager } from './offset/consumer-offset-manager.ts';
import { ConsumerOffsetProcessor } from './offset/consumer-offset-processor.ts';
import { QueueOffsetProcessor } from './offset/queue-offset-processor.ts';
import { HotPathPulls } from './pull/hot-path-pulls.ts';
import {
  PullMessageProcessor,
  type PullStatistics,
  pullMessageCodes,
} from './pull/pull-message-processor.ts';
import { PullOutput, pullOutputLimits } from './pull/pull-output.ts';
import { QueryMessageProcessor } from './query/query-message-processor.ts';
import { ScheduleMessageService } from './schedule/schedule-message-service.ts';
import {
  CONSUMER_SEND_MSG_BACK_CODE,
  ConsumerSendMsgBackProcessor,
} from './send/consumer-send-msg-back-processor.ts';
import { unsafeResponse } from './send/put-message-response.ts';
import { SendMessageProcessor, sendMessageCodes } from './send/send-message-processor.ts';
import { type IngestEffects, StoreIngestEffects, withheldBytesMaxDefault } from './store/ingest-effects.ts';
import { NativeChunkIngestor } from './store/native-chunk-ingestor.ts';
import type { OpenStore } from './store/open-store.ts';
import type { SubscriptionGroupManager } from './subscription/subscription-group-manager.ts';
import type { TopicConfigManager } from './topic/topic-config-manager.ts';

export interface MessagePathOptions {
  readonly config: BrokerConfig;
  readonly store: OpenStore;
  readonly topics: TopicConfigManager;
  readonly groups: SubscriptionGroupManager;
  readonly consumers: ConsumerManager;
  readonly locks: RebalanceLockManager;
  readonly statistics: PullStatistics;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Part of the unique keys made for messages that come without one. */
  readonly processId: number;
}

/** Which requests a port answers: the listen − 2 port takes no pulls. */
export type PortKind = 'main' | 'vip';

/** Wires everything a message passes between the socket and the store. */
export class MessagePath {
  /** To be given to every server that takes sends. */
  readonly ingestor: ChunkIngestor;
  /** To be given to whoever else runs the hot path. */
  readonly ingestEffects: IngestEffects;
  readonly offsets: ConsumerOffsetManager;
  readonly holds: PullRequestHoldService;
  readonly schedule: ScheduleMessageService;
  readonly #options: MessagePathOptions;
  readonly #serverOf = new Map<Connection, RemotingServer>();

  private constructor(
    options: MessagePathOptions,
    offsets: ConsumerOffsetManager,
    schedule: ScheduleMessageService,
  ) {
    const { store, clock } = options;
    this.#options = options;
    this.offsets = offsets;
    this.schedule = schedule;
    this.holds = new PullRequestHoldService({
      arrivals: store.messages,
      clock,
      heldPullsMax: heldPullsMaxDefault,
    });
    const hotPathPulls = new HotPathPulls({ ...options, offsets, store: store.messages });
    this.ingestEffects = new StoreIngestEffects({
      store: store.messages,
      withheldBytesMax: withheldBytesMaxDefault,
      pullAnswered: (pull) => hotPathPulls.answered(pull),
      unsafeResponse: (outcome) => unsafeResponse(outcome, store.messages.gate.poisonReason),
    });
    this.ingestor = new NativeChunkIngestor({
      native: store.native,
      store: store.messages.store,
      effects: this.ingestEffects,
      clock,
      logger: options.logger,
      sendFrames: this.#sendFrames,
    });
    this.pushPullLimits();
    this.#pushTopics();
  }

  /** Reads offsets and delay cursors, and tells the engine the topics. */
  static async open(options: MessagePathOptions): Promise<MessagePath> {
    const { store, clock, logger, config } = options;
    const { metadata } = store;
    const persistIntervalMillis = config.flushConsumerOffsetInterval;
    const offsets = await ConsumerOffsetManager.load({ metadata, clock, logger, persistIntervalMillis });
    const messages = store.messages;
    const schedule = await ScheduleMessageService.load({ store: messages, metadata, clock, logger });
    return new MessagePath(options, offsets, schedule);
  }

  /** Registers the handlers of sends, pulls, offsets and queries. Before the server starts. */
  registerOn(server: RemotingServer, port: PortKind): void {
    server.onConnectionOpened((connection) => this.#serverOf.set(connection, server));
    server.onConnectionClosed((connection) => {
      this.#serverOf.delete(connection);
      this.holds.connectionClosed(connection);
    });
    this.#registerSends(server);
    this.#registerQueries(server);
    if (port === 'main') server.register(pullMessageCodes, this.#pulls().handle);
  }

  start(): void {
    const { store } = this.#options;
    store.messages.onArrival((topic, queueId) => this.holds.notifyMessageArriving(topic, queueId));
    store.startMaintenance();
    this.offsets.start();
    this.schedule.start();
  }

  /** Answers who waits: held pulls at once, sends when what is appended by now is on the disk. Before the servers stop. */
  async drain(): Promise<void> {
    this.holds.releaseAll();
    const { messages } = this.#options.store;
    await messages.flushed(messages.status().appendedOffset);
  }

  /** Answers the pulls that wait and writes offsets and cursors. The store is closed by its owner afterwards. */
  async stop(): Promise<void> {
    this.holds.releaseAll();
    await this.schedule.stop();
    await this.offsets.stop();
  }

  /** Tells the engine all topics anew: after a change of the broker's own permission or flush mode. */
  pushTopics(): void {
    const { topics, store } = this.#options;
    for (const topic of topics.topics.values()) {
      store.messages.defineTopic(topics.storeTopicSpec(topic));
    }
  }

  /** Tells the engine how much a pull may bring: after a change of the configuration. */
  pushPullLimits(): void {
    const { config, store } = this.#options;
    store.messages.configurePulls({
      messageCountMax: config.maxTransferCountOnMessageInMemory,
      recordBytesMax: Math.min(config.maxTransferBytesOnMessageInMemory, pullOutputLimits.recordBytesMax),
      litePullEnable: config.litePullMessageEnable,
    });
  }

  #pushTopics(): void {
    const { topics, store, logger } = this.#options;
    this.pushTopics();
    topics.onChange((changes) => {
      for (const { key, after } of changes) {
        if (after !== null) {
          store.messages.defineTopic(topics.storeTopicSpec(after));
          continue;
        }
        this.holds.notifyTopicChanged(key);
        store.messages.deleteTopic(key).catch((error: unknown) => {
          logger.error({ error, topic: key }, 'The queues of a deleted topic were not removed.');
        });
      }
    });
  }

  #registerSends(server: RemotingServer): void {
    const { config, topics, groups, locks, random, clock, processId } = this.#options;
    const store = this.#options.store.messages;
    const delays = this.schedule;
    const createUniqueKey = createUniqueKeyGenerator({
      ip: store.identity.storeHost,
      pid: processId,
      now: () => clock.now(),
      random,
    });
    const common = { config, topics, groups, store, delays, random };
    const sends = new SendMessageProcessor({ ...common, locks, createUniqueKey });
    server.register(sendMessageCodes, sends.handle);
    const backs = new ConsumerSendMsgBackProcessor(common);
    server.register(CONSUMER_SEND_MSG_BACK_CODE, backs.handle);
  }

  #registerQueries(server: RemotingServer): void {
    const { config, topics, groups } = this.#options;
    const store = this.#options.store.messages;
    const committed = new ConsumerOffsetProcessor({
      config,
      topics,
      groups,
      offsets: this.offsets,
      store,
    });
    server.register(RequestCode.QUERY_CONSUMER_OFFSET, committed.query);
    server.register(RequestCode.UPDATE_CONSUMER_OFFSET, committed.update);
    const queues = new QueueOffsetProcessor(store);
    server.register(RequestCode.SEARCH_OFFSET_BY_TIMESTAMP, queues.searchByTimestamp);
    server.register(RequestCode.GET_MAX_OFFSET, queues.maxOffset);
    server.register(RequestCode.GET_MIN_OFFSET, queues.minOffset);
    server.register(RequestCode.GET_EARLIEST_MSG_STORETIME, queues.earliestStoreTime);
    const query = new QueryMessageProcessor(config, store);
    server.register(RequestCode.QUERY_MESSAGE, query.queryMessage);
    server.register(RequestCode.VIEW_MESSAGE_BY_ID, query.viewMessageById);
  }

  #pulls(): PullMessageProcessor {
    const { config, topics, groups, consumers, clock, statistics } = this.#options;
    const store = this.#options.store.messages;
    return new PullMessageProcessor({
      config,
      topics,
      groups,
      consumers,
      store,
      output: new PullOutput(store, this.#sendFrames),
      coldReads: new ColdReads(store),
      offsets: this.offsets,
      holds: this.holds,
      statistics,
      clock,
      respond: this.#respond,
    });
  }

  readonly #respond = (connection: Connection, request: RemotingCommand, response: RemotingCommand): void => {
    this.#serverOf.get(connection)?.respond(connection, request, response);
  };

  readonly #sendFrames = (connection: Connection, bytes: Uint8Array, done?: () => void): void => {
    const server = this.#serverOf.get(connection);
    if (server === undefined) done?.();
    else server.sendFrames(connection, bytes, done);
  };
}

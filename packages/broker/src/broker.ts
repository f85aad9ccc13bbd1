import { MqVersion } from '@centaurmq/protocol';
import {
  type Clock,
  type ConnectOptions,
  HotTransport,
  type Logger,
  type Random,
  RemotingClient,
  type RemotingServerOptions,
  type SocketAddress,
  type Transport,
  addressToString,
} from '@centaurmq/remoting';
import { BrokerServers } from './broker-servers.ts';
import { ClientHousekeepingService } from './client/client-housekeeping-service.ts';
import { ConsumerIdsChangeNotifier } from './client/consumer-ids-change-notifier.ts';
import { ConsumerManager } from './client/consumer-manager.ts';
import { ProducerManager } from './client/producer-manager.ts';
import { RebalanceLockManager } from './client/rebalance-lock-manager.ts';
import type { BrokerConfig } from './config/broker-config.ts';
import { registerControlPath } from './control-path.ts';
import { MessagePath } from './message-path.ts';
import { BrokerRegistration } from './registration/broker-registration.ts';
import { BrokerStatsManager } from './statistics/broker-stats-manager.ts';
import { StoreStatsService } from './statistics/store-stats-service.ts';
import { startIoThreads } from './store/io-threads.ts';
import { openHotSockets } from './store/native-hot-sockets.ts';
import type { BlockingTasks } from './store/blocking-tasks.ts';
import type { NativeModule } from './store/native-module.ts';
import { type OpenStore, type RecoveryReport, type StoreLocation, openStore } from './store/open-store.ts';
import { SubscriptionGroupManager } from './subscription/subscription-group-manager.ts';
import { TopicConfigManager } from './topic/topic-config-manager.ts';

export interface BrokerOptions {
  /** From `resolveBrokerConfig`. */
  readonly config: BrokerConfig;
  readonly location: StoreLocation;
  readonly listen: Omit<RemotingServerOptions['listen'], 'port'>;
  /** How the name servers are called; null or absent: plain. */
  readonly nameServerTls?: ConnectOptions['tls'] | null;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Part of the unique keys made for messages that come without one. */
  readonly processId: number;
  /** Called with the open store before anything reads it: to import what an Apache broker left. */
  readonly storeOpened?: (store: OpenStore) => Promise<void>;
  /** Default: the engine of this platform. */
  readonly native?: NativeModule;
  /** Where the engine's blocking work runs; default: a pool of threads for a directory, else this thread. */
  readonly tasks?: BlockingTasks;
  /** Of the machine; default: what the system says. */
  readonly memoryBytes?: number;
}

/** A broker that answers. */
export interface RunningBroker {
  /** What is bound; the port is real even when 0 was asked for. */
  readonly address: SocketAddress;
  /** Where clients reach it, `ip:port`. */
  readonly brokerAddr: string;
  /** What was found when the store was opened. */
  readonly recovery: RecoveryReport;
}

const DRAIN_MILLIS = 5000;

/**
 * A broker: opens its store, listens, and keeps itself known at its name servers. It is started once and stopped once.
 */
export class Broker {
  readonly #options: BrokerOptions;
  /** What was begun, in that order; ended in the reverse one. */
  readonly #endings: (() => unknown)[] = [];

  constructor(options: BrokerOptions) {
    this.#options = options;
  }

  /** Rejects with everything ended again when a part cannot begin. */
  async start(): Promise<RunningBroker> {
    try {
      return await this.#begin();
    } catch (error) {
      await this.stop().catch((cause: unknown) => {
        this.#options.logger.error({ err: cause }, 'what had begun could not be ended');
      });
      throw error;
    }
  }

  /**
   * Leaves the name servers, answers who waits, lets requests that are being worked on finish, and closes the store. Rejects
   * with the first failure, after everything has ended.
   */
  async stop(): Promise<void> {
    const failures: unknown[] = [];
    for (let end = this.#endings.pop(); end !== undefined; end = this.#endings.pop())
      try {
        await end();
      } catch (error) {
        // The others still have to end: above all the store has to be closed.
        failures.push(error);
      }
    if (failures.length > 0) throw failures[0];
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #begin(): Promise<RunningBroker> {
    const { config, transport, clock, logger } = this.#options;
    const store = await this.#openStore();
    const parts = { ...this.#options, store, metadata: store.metadata };
    const topics = await TopicConfigManager.open(parts);
    const managers = {
      topics,
      groups: await SubscriptionGroupManager.open(parts),
      consumers: new ConsumerManager(parts),
      producers: new ProducerManager(parts),
      locks: new RebalanceLockManager(parts),
    };
    const { stats, storeStats } = this.#statistics(store, topics);
    const statistics = {
      groupGot(group: string, topic: string, got: { readonly count: number; readonly bytes: number }): void {
        stats.groupGot(group, topic, got);
        storeStats.getFound(got.count);
      },
      missed: () => storeStats.getMissed(),
    };
    const messagePath = await MessagePath.open({ ...parts, ...managers, statistics });
    this.#endings.push(() => messagePath.stop());
    const servers = new BrokerServers({
      ...this.#options,
      transport: this.#serverTransport(store, messagePath),
      listenPort: config.listenPort,
      chunkIngestor: messagePath.ingestor,
    });
    const announcement: { registration: BrokerRegistration | null; brokerAddr: string } = {
      registration: null,
      brokerAddr: '',
    };
    const registerControl = registerControlPath({
      ...parts,
      ...managers,
      messagePath,
      stats,
      storeStats,
      servers,
      brokerAddr: () => announcement.brokerAddr,
      announce: async () => announcement.registration?.registerSoon(),
    });
    servers.setUp((server, port) => messagePath.registerOn(server, port));
    servers.setUp(registerControl);
    this.#watchClients({ ...managers, servers });
    const address = await this.#listen(servers, messagePath, store);
    announcement.brokerAddr = addressToString({ host: config.brokerIP1, port: address.port });
    const { nameServerTls } = this.#options;
    const client = new RemotingClient({
      name: 'broker',
      transport,
      clock,
      logger,
      ...(nameServerTls === undefined || nameServerTls === null ? {} : { tls: nameServerTls }),
    });
    this.#endings.push(() => client.close());
    const addresses = {
      brokerAddr: announcement.brokerAddr,
      haServerAddr: addressToString({ host: config.brokerIP1, port: address.port + 1 }),
    };
    const registration = new BrokerRegistration({ config, addresses, topics, client, clock, logger });
    announcement.registration = registration;
    client.onConnectionClosed((nameServer) => registration.connectionClosed(nameServer));
    this.#endings.push(() => registration.stop());
    await registration.registerSoon();
    return { address, brokerAddr: announcement.brokerAddr, recovery: store.report };
  }

  async #openStore(): Promise<OpenStore> {
    const { config, location, clock, logger, native, tasks, memoryBytes, storeOpened } = this.#options;
    const store = await openStore({
      location,
      clock,
      logger,
      files: config,
      settings: config,
      identity: identityOf(config, config.listenPort),
      ...(native === undefined ? {} : { native }),
      ...(tasks === undefined ? {} : { tasks }),
      ...(memoryBytes === undefined ? {} : { memoryBytes }),
    });
    this.#endings.push(() => store.close());
    await storeOpened?.(store);
    return store;
  }

  /** With I/O threads the servers' connections are theirs. There and here the engine serves those that it can. */
  #serverTransport({ messages, native }: OpenStore, { ingestEffects }: MessagePath): Transport {
    const { config, transport, clock, logger } = this.#options;
    const { serverSelectorThreads: threadCount, useEpollNativeSelector: hotSockets } = config;
    const parts = { store: messages.store, native, effects: ingestEffects, transport, clock, logger };
    if (threadCount > 0) {
      const threads = startIoThreads({ ...parts, threadCount, hotSockets });
      this.#endings.push(() => threads.close());
      return threads;
    }
    // A network that gives no descriptors away has no sockets.
    const sockets = hotSockets && transport.listenForDescriptors !== undefined ? openHotSockets(parts) : null;
    if (sockets === null) return transport;
    this.#endings.push(() => sockets.close());
    const duplicateDescriptor = (descriptor: number): number => native.duplicateDescriptor(descriptor);
    return new HotTransport({ transport, sockets, duplicateDescriptor, logger });
  }

  #statistics(
    { messages }: OpenStore,
    topics: TopicConfigManager,
  ): { stats: BrokerStatsManager; storeStats: StoreStatsService } {
    const { config, clock } = this.#options;
    const stats = new BrokerStatsManager({
      clock,
      clusterName: config.brokerClusterName,
      topics: () => topics.topics.keys(),
      topicPutTotal: (name) => messages.topicPutTotal(name),
    });
    const openedAt = messages.status().appendedOffset;
    const storeStats = new StoreStatsService({
      clock,
      putTotals: {
        get times() {
          return messages.appendedRecordCount;
        },
        get bytes() {
          return messages.status().appendedOffset - openedAt;
        },
      },
    });
    stats.start();
    storeStats.start();
    this.#endings.push(() => {
      stats.stop();
      storeStats.stop();
    });
    return { stats, storeStats };
  }

  #watchClients(parts: {
    readonly consumers: ConsumerManager;
    readonly producers: ProducerManager;
    readonly locks: RebalanceLockManager;
    readonly servers: BrokerServers;
  }): void {
    const { config, clock } = this.#options;
    const notifier = new ConsumerIdsChangeNotifier({ config, clock, notify: parts.servers.notify });
    parts.consumers.onConsumerIdsChange((group, members) => notifier.consumerIdsChanged(group, members));
    const housekeeping = new ClientHousekeepingService({
      ...parts,
      clock,
      disconnect: parts.servers.disconnect,
    });
    parts.servers.onConnectionClosed((connection) => housekeeping.connectionClosed(connection));
    housekeeping.start();
    this.#endings.push(() => {
      housekeeping.stop();
      notifier.stop();
    });
  }

  async #listen(servers: BrokerServers, messagePath: MessagePath, store: OpenStore): Promise<SocketAddress> {
    this.#endings.push(async () => {
      await messagePath.drain();
      await servers.stop(DRAIN_MILLIS);
    });
    messagePath.start();
    const address = await servers.start();
    // Records and answers name the port; with any free port nobody knows it before this line.
    if (address.port !== this.#options.config.listenPort)
      store.messages.configure(identityOf(this.#options.config, address.port));
    return address;
  }
}

function identityOf(config: BrokerConfig, storePort: number): OpenStore['messages']['identity'] {
  return {
    storeHost: config.brokerIP1,
    storePort,
    clusterName: config.brokerClusterName,
    brokerName: config.brokerName,
    regionId: config.regionId,
    traceOn: config.traceOn,
    version: MqVersion.CURRENT,
  };
}

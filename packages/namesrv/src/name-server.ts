import { NotifyMinBrokerIdChangeRequestHeader, requestCommand, RequestCode } from '@centaurmq/protocol';
import { RemotingClient, RemotingServer } from '@centaurmq/remoting';
import type {
  Clock,
  Connection,
  Logger,
  RemotingServerLimits,
  RemotingServerOptions,
  SocketAddress,
  Timer,
  Transport,
} from '@centaurmq/remoting';
import type { NamesrvConfig } from './config/namesrv-config.ts';
import { namesrvConfigDefaults } from './config/namesrv-config.ts';
import { KVConfigManager } from './kvconfig/kv-config-manager.ts';
import type { KvConfigStore } from './kvconfig/kv-config-store.ts';
import { registerBrokerProcessor } from './processor/broker-processor.ts';
import { registerClientRequestProcessor } from './processor/client-request-processor.ts';
import { registerKvConfigProcessor } from './processor/kv-config-processor.ts';
import { registerNamesrvConfigProcessor } from './processor/namesrv-config-processor.ts';
import { registerTopicProcessor } from './processor/topic-processor.ts';
import type { MinBrokerIdChange } from './routeinfo/min-broker-id-change.ts';
import { RouteInfoManager } from './routeinfo/route-info-manager.ts';

export interface NameServerOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly listen: RemotingServerOptions['listen'];
  /** Keeps the KV config: `kvConfigFile(path)` or `memoryKvConfigStore()`. */
  readonly store: KvConfigStore;
  /** What is not given has RocketMQ's default. */
  readonly config?: Partial<NamesrvConfig>;
  readonly limits?: Partial<RemotingServerLimits>;
  /** Keeps a configuration changed by UPDATE_NAMESRV_CONFIG (properties text); without it the change ends with the process. */
  readonly saveConfig?: (text: string) => Promise<void>;
}

const FIRST_SCAN_MILLIS = 5_000;
const NOTIFY_TIMEOUT_MILLIS = 300;

/**
 * Answers where topics are. Brokers register with every name server; name servers do not know of each other.
 * Apache RocketMQ: NamesrvController.
 */
export class NameServer {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #server: RemotingServer;
  readonly #client: RemotingClient;
  readonly #config: NamesrvConfig;
  readonly #routes: RouteInfoManager;
  readonly #kvConfig: KVConfigManager;
  readonly #connections = new Map<number, Connection>();
  #scanTimer: Timer | null = null;

  constructor(options: NameServerOptions) {
    const { transport, clock, logger, listen } = options;
    this.#clock = clock;
    this.#logger = logger;
    this.#config = { ...namesrvConfigDefaults, ...options.config };
    this.#routes = new RouteInfoManager(this.#config);
    this.#kvConfig = new KVConfigManager(options.store);
    this.#client = new RemotingClient({ name: 'namesrv', transport, clock, logger });
    this.#server = new RemotingServer({
      name: 'namesrv',
      transport,
      clock,
      logger,
      listen,
      limits: options.limits ?? {},
    });
    this.#server.onConnectionOpened((connection) => this.#connections.set(connection.id, connection));
    this.#server.onConnectionClosed((connection) => this.#connectionClosed(connection));

    const collaborators = {
      routes: this.#routes,
      kvConfig: this.#kvConfig,
      config: this.#config,
      clock,
      logger,
    };
    registerBrokerProcessor(this.#server, { ...collaborators, notify: (changes) => this.#notify(changes) });
    registerClientRequestProcessor(this.#server, collaborators);
    registerTopicProcessor(this.#server, collaborators);
    registerKvConfigProcessor(this.#server, this.#kvConfig);
    registerNamesrvConfigProcessor(this.#server, {
      config: this.#config,
      shown: { listenPort: listen.port },
      logger,
      save: options.saveConfig ?? (() => Promise.resolve()),
    });
  }

  get connectionCount(): number {
    return this.#server.connectionCount;
  }

  /**
   * Loads the KV config and listens.
   * @returns the bound address
   * @throws Error when the KV config cannot be read or the port is taken
   */
  async start(): Promise<SocketAddress> {
    await this.#kvConfig.load();
    const address = await this.#server.start();
    this.#scanLater(FIRST_SCAN_MILLIS);
    return address;
  }

  /** Stops taking requests, ends those at work (within `drainMillis`), closes connections. */
  async stop(options: { readonly drainMillis: number }): Promise<void> {
    this.#scanTimer?.cancel();
    this.#scanTimer = null;
    await this.#server.stop(options);
    await this.#client.close();
  }

  #scanLater(delayMillis: number): void {
    this.#scanTimer = this.#clock.setTimer(delayMillis, () => {
      this.#scanNotActiveBroker();
      this.#scanLater(this.#config.scanNotActiveBrokerInterval);
    });
  }

  #scanNotActiveBroker(): void {
    const { lost, notify } = this.#routes.scanNotActiveBroker(this.#clock.now());
    for (const { clusterName, brokerAddr, heartbeatTimeoutMillis, connectionId } of lost) {
      this.#logger.warn({ clusterName, brokerAddr, heartbeatTimeoutMillis }, 'broker expired');
      const connection = this.#connections.get(connectionId);
      if (connection === undefined || this.#routes.hasBrokerOn(connectionId)) continue;
      this.#server.disconnect(
        connection,
        `broker ${brokerAddr} has not reported for ${heartbeatTimeoutMillis} ms`,
      );
    }
    this.#notify(notify);
  }

  #connectionClosed(connection: Connection): void {
    this.#connections.delete(connection.id);
    const { lost, notify } = this.#routes.connectionClosed(connection.id);
    for (const { clusterName, brokerAddr } of lost) {
      this.#logger.warn({ clusterName, brokerAddr }, 'broker unregistered: its connection closed');
    }
    this.#notify(notify);
  }

  #notify(changes: readonly MinBrokerIdChange[]): void {
    for (const { notifyAddrs, offlineBrokerAddr, haBrokerAddr, ...change } of changes) {
      const extFields = NotifyMinBrokerIdChangeRequestHeader.encode({
        ...change,
        offlineBrokerAddr: offlineBrokerAddr ?? undefined,
        haBrokerAddr: haBrokerAddr ?? undefined,
      });
      for (const address of notifyAddrs) {
        const request = requestCommand(RequestCode.NOTIFY_MIN_BROKER_ID_CHANGE, { extFields });
        void this.#tell(address, request);
      }
    }
  }

  async #tell(address: string, request: ReturnType<typeof requestCommand>): Promise<void> {
    try {
      await this.#client.invokeOneway(address, request, { timeoutMillis: NOTIFY_TIMEOUT_MILLIS });
    } catch (err) {
      this.#logger.warn({ address, err }, 'broker not told that the smallest id of its group changed');
    }
  }
}

import type { HeartbeatData } from '@centaurmq/protocol';
import { RequestCode, UnregisterClientRequestHeader, requestCommand } from '@centaurmq/protocol';
import { RemotingClient } from '@centaurmq/remoting';
import type { ConnectOptions } from '@centaurmq/remoting';
import { RemotingCalls } from '../calls/remoting-calls.ts';
import { MqError, MqErrorCode } from '../errors.ts';
import { BrokerAddresses } from './broker-addresses.ts';
import type { ClientEnvironment } from './client-environment.ts';
import { systemEnvironment } from './client-environment.ts';
import { ClientRemotingProcessor } from './client-remoting-processor.ts';
import { HeartbeatService } from './heartbeat-service.ts';
import { NameServers, parseNameServers } from './name-servers.ts';
import { PeriodicTask } from './periodic-task.ts';
import type { RegisteredConsumer, RegisteredProducer } from './registered-group.ts';
import { TopicRouteTable } from './topic-route-table.ts';

/** What producers, consumers and admin clients have in common. Apache RocketMQ: ClientConfig. */
export interface ClientConfig {
  /** `host:port;host:port`, or an array of addresses. */
  readonly nameServers: string | readonly string[];
  /** Part of the client id, which is `ip@instanceName`; unique to each instance when not given. */
  readonly instanceName?: string;
  /** For calls that are neither sends nor pulls; 3000. */
  readonly requestTimeoutMillis?: number;
  /** How often routes are asked for; 30 000. */
  readonly pollNameServerIntervalMillis?: number;
  /** 30 000; brokers forget a client after 120 000 without. */
  readonly heartbeatBrokerIntervalMillis?: number;
  /** Encrypts connections to brokers and name servers. */
  readonly tls?: ConnectOptions['tls'];
  /** The real clock, chance, network and no logging when not given. */
  readonly environment?: Partial<ClientEnvironment>;
}

const ROUTE_POLL_FIRST_DELAY_MILLIS = 30_000;
const HEARTBEAT_FIRST_DELAY_MILLIS = 1_000;

/**
 * What all producers and consumers of one client id share: connections, routes, heartbeats, and answers to the brokers'
 * questions. Apache RocketMQ: MQClientInstance.
 */
export class MqClientInstance {
  readonly clientId: string;
  readonly environment: ClientEnvironment;
  readonly requestTimeoutMillis: number;
  readonly calls: RemotingCalls;
  readonly nameServers: NameServers;
  readonly routes: TopicRouteTable;
  readonly brokers: BrokerAddresses;
  readonly heartbeats: HeartbeatService;
  readonly #client: RemotingClient;
  readonly #producers = new Map<string, RegisteredProducer>();
  readonly #consumers = new Map<string, RegisteredConsumer>();
  readonly #tasks: readonly PeriodicTask[];
  #release: (() => void) | null = null;
  #closed: Promise<void> | null = null;

  /** @throws MqError INVALID_ARGUMENT */
  constructor(config: ClientConfig) {
    const addresses = parseNameServers(config.nameServers);
    const environment = systemEnvironment(config.environment);
    const { clock, logger, random, transport } = environment;
    this.environment = environment;
    this.clientId = `${environment.hostAddress}@${config.instanceName ?? uniqueInstanceName(environment)}`;
    this.requestTimeoutMillis = config.requestTimeoutMillis ?? 3_000;
    const { tls } = config;
    this.#client = new RemotingClient({
      name: this.clientId,
      transport,
      clock,
      logger,
      ...(tls === undefined ? {} : { tls }),
    });
    this.calls = new RemotingCalls(this.#client);
    const timeoutMillis = this.requestTimeoutMillis;
    this.nameServers = new NameServers({ addresses, calls: this.calls, random, logger, timeoutMillis });
    this.routes = new TopicRouteTable({
      nameServers: this.nameServers,
      logger,
      changed: (topic) => this.#routeChanged(topic),
    });
    this.brokers = new BrokerAddresses(this.routes);
    const { calls, routes } = this;
    const heartbeatData = (): HeartbeatData => this.#heartbeatData();
    this.heartbeats = new HeartbeatService({ clock, logger, calls, routes, timeoutMillis, heartbeatData });
    this.#client.onConnectionClosed((address) => this.heartbeats.connectionClosed(address));
    new ClientRemotingProcessor({
      clientId: this.clientId,
      logger,
      consumer: (group) => this.#consumers.get(group),
    }).registerWith(this.#client);
    this.#tasks = this.#periodicTasks(config);
  }

  /** Begins the periodic work; further calls do nothing. */
  start(): void {
    this.requireOpen();
    if (this.#release !== null) return;
    this.#release = this.environment.holdProcess();
    for (const task of this.#tasks) task.start();
  }

  /** @throws MqError NOT_RUNNING */
  requireOpen(): void {
    if (this.#closed === null) return;
    throw new MqError(MqErrorCode.NOT_RUNNING, `client ${this.clientId} is closed`);
  }

  /** @throws MqError INVALID_ARGUMENT when the group has a producer here already */
  registerProducer(producer: RegisteredProducer): void {
    this.#requireFree('producer', this.#producers, producer.group);
    this.#producers.set(producer.group, producer);
  }

  /** @throws MqError INVALID_ARGUMENT when the group has a consumer here already */
  registerConsumer(consumer: RegisteredConsumer): void {
    this.#requireFree('consumer', this.#consumers, consumer.group);
    this.#consumers.set(consumer.group, consumer);
  }

  async unregisterProducer(group: string): Promise<void> {
    if (this.#producers.delete(group)) await this.#unregister({ producerGroup: group });
  }

  async unregisterConsumer(group: string): Promise<void> {
    if (this.#consumers.delete(group)) await this.#unregister({ consumerGroup: group });
  }

  /** Ends everything at once: producers and consumers are closed before. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.heartbeats.stop();
    const stopped = this.#tasks.map((task) => task.stop());
    for (const group of this.#consumers.keys()) await this.unregisterConsumer(group);
    for (const group of this.#producers.keys()) await this.unregisterProducer(group);
    await this.#client.close();
    await Promise.all(stopped);
    this.#release?.();
  }

  #periodicTasks(config: ClientConfig): readonly PeriodicTask[] {
    const { clock, logger } = this.environment;
    return [
      new PeriodicTask({
        name: 'poll routes',
        clock,
        logger,
        firstDelayMillis: ROUTE_POLL_FIRST_DELAY_MILLIS,
        intervalMillis: config.pollNameServerIntervalMillis ?? 30_000,
        run: () => this.#refreshRoutes(),
      }),
      new PeriodicTask({
        name: 'heartbeat',
        clock,
        logger,
        firstDelayMillis: HEARTBEAT_FIRST_DELAY_MILLIS,
        intervalMillis: config.heartbeatBrokerIntervalMillis ?? 30_000,
        run: () => this.heartbeats.beatAll(),
      }),
    ];
  }

  async #refreshRoutes(): Promise<void> {
    const topics = new Set<string>();
    for (const producer of this.#producers.values())
      for (const topic of producer.publishedTopics()) topics.add(topic);
    for (const consumer of this.#consumers.values())
      for (const topic of consumer.subscribedTopics()) topics.add(topic);
    for (const topic of topics) {
      try {
        await this.routes.refresh(topic);
      } catch (error) {
        this.environment.logger.warn(
          { err: error, topic },
          'the route could not be refreshed; the known one stays',
        );
      }
    }
  }

  #routeChanged(topic: string): void {
    for (const consumer of this.#consumers.values()) {
      for (const subscribed of consumer.subscribedTopics())
        if (subscribed === topic) consumer.wakeRebalance();
    }
  }

  #heartbeatData(): HeartbeatData {
    return {
      clientID: this.clientId,
      producerDataSet: [...this.#producers.keys()].map((groupName) => ({ groupName })),
      consumerDataSet: [...this.#consumers.values()].map((consumer) => consumer.consumerData()),
      heartbeatFingerprint: 0,
      withoutSub: false,
    };
  }

  #requireFree(kind: string, groups: ReadonlyMap<string, unknown>, group: string): void {
    this.requireOpen();
    if (!groups.has(group)) return;
    throw new MqError(
      MqErrorCode.INVALID_ARGUMENT,
      `client ${this.clientId} has a ${kind} of group ${group} already`,
      {
        advice: 'Use that one, another group, or another client',
      },
    );
  }

  async #unregister(groups: { producerGroup?: string; consumerGroup?: string }): Promise<void> {
    const { calls, clientId, environment } = this;
    const extFields = UnregisterClientRequestHeader.encode({ clientID: clientId, ...groups });
    const request = requestCommand(RequestCode.UNREGISTER_CLIENT, { extFields });
    const timeoutMillis = this.requestTimeoutMillis;
    const unregister = async (address: string): Promise<void> => {
      try {
        await calls.call(address, request, { timeoutMillis });
      } catch (error) {
        environment.logger.warn(
          { err: error, address, ...groups },
          'unregistering failed; the broker notices when the connection closes',
        );
      }
    };
    await Promise.all(this.routes.brokers().map(({ address }) => unregister(address)));
  }
}

/** Apache RocketMQ: ClientConfig.changeInstanceNameToPID. */
function uniqueInstanceName({ processId, random }: ClientEnvironment): string {
  return `${processId}#${random.below(0x1_0000_0000)}${random.below(0x1_0000_0000)}`;
}

import { RequestCode, ResponseCode, TopicRouteData, responseTo } from '@centaurmq/protocol';
import {
  type Logger,
  ManualClock,
  RemotingServer,
  type Transport,
  memoryTransport,
  seededRandom,
  silentLogger,
} from '@centaurmq/remoting';
import type { ClientEnvironment } from '../../src/instance/client-environment.ts';
import { FakeBroker } from './fake-broker.ts';

const NAME_SERVER_PORT = 9876;
const BROKER_PORT_FIRST = 10911;
const STEP_MILLIS = 20;
const UNTIL_MILLIS_MAX = 40_000;

export interface LoggedLine {
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: object;
}

/** A name server and brokers in memory, on a clock that only the test moves. */
export class FakeCluster {
  readonly clock = new ManualClock();
  readonly transport: Transport = memoryTransport({ clock: this.clock });
  readonly brokers: FakeBroker[] = [];
  readonly log: LoggedLine[] = [];
  readonly nameServerAddress = `127.0.0.1:${NAME_SERVER_PORT}`;
  /** Topic to broker name to number of queues. */
  readonly topics = new Map<string, Map<string, number>>();
  heldProcesses = 0;
  readonly #random = seededRandom(1);
  #nameServer: RemotingServer | null = null;

  static async start(brokerCount = 1): Promise<FakeCluster> {
    const cluster = new FakeCluster();
    for (let index = 0; index < brokerCount; index++) {
      const name = `broker-${'abc'[index]}`;
      const broker = new FakeBroker(name, BROKER_PORT_FIRST + index, cluster.clock, cluster.transport);
      await broker.start();
      cluster.brokers.push(broker);
    }
    await cluster.startNameServer();
    return cluster;
  }

  get broker(): FakeBroker {
    return this.brokers[0]!;
  }

  get environment(): Partial<ClientEnvironment> {
    const line =
      (level: LoggedLine['level']) =>
      (fields: object, message: string): void =>
        void this.log.push({ level, message, fields });
    const logger: Logger = { ...silentLogger, info: line('info'), warn: line('warn'), error: line('error') };
    return {
      clock: this.clock,
      transport: this.transport,
      random: this.#random,
      logger,
      hostAddress: '10.0.0.1',
      processId: 7,
      holdProcess: () => {
        this.heldProcesses++;
        return () => void this.heldProcesses--;
      },
    };
  }

  /** On every broker, with this many queues on each. */
  createTopic(topic: string, queueCount = 1, brokers: readonly FakeBroker[] = this.brokers): void {
    this.topics.set(topic, new Map(brokers.map(({ name }) => [name, queueCount])));
  }

  async startNameServer(): Promise<void> {
    const server = new RemotingServer({
      name: 'namesrv',
      transport: this.transport,
      clock: this.clock,
      logger: silentLogger,
      listen: { host: '127.0.0.1', port: NAME_SERVER_PORT, tlsMode: 'disabled' },
    });
    server.register(RequestCode.GET_ROUTEINFO_BY_TOPIC, (request) => {
      const route = this.#route(request.extFields['topic'] ?? '');
      if (route === null)
        return responseTo(request, ResponseCode.TOPIC_NOT_EXIST, { remark: 'No topic route info' });
      return responseTo(request, ResponseCode.SUCCESS, { body: TopicRouteData.encode(route) });
    });
    await server.start();
    this.#nameServer = server;
  }

  async stopNameServer(): Promise<void> {
    await this.#nameServer?.stop({ drainMillis: 0 });
  }

  /** Lets everything that is ready happen, without time passing. */
  async settle(): Promise<void> {
    for (let round = 0; round < 20; round++) await this.clock.advance(0);
  }

  /** Moves time on in small steps until the condition holds. */
  async until(condition: () => boolean, what: string): Promise<void> {
    await this.settle();
    for (let passed = 0; !condition(); passed += STEP_MILLIS) {
      if (passed > UNTIL_MILLIS_MAX) throw new Error(`not within ${UNTIL_MILLIS_MAX} ms: ${what}`);
      await this.clock.advance(STEP_MILLIS);
    }
  }

  /** Moves time on until the promise is settled. */
  async finish<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const settled = (): void => {
      isSettled = true;
    };
    promise.then(settled, settled);
    await this.until(() => isSettled, 'the promise settles');
    return promise;
  }

  #route(topic: string): TopicRouteData | null {
    const queueCounts = this.topics.get(topic);
    if (queueCounts === undefined) return null;
    const brokers = this.brokers.filter(({ name }) => queueCounts.has(name));
    return {
      queueDatas: brokers.map(({ name }) => ({
        brokerName: name,
        perm: 6,
        readQueueNums: queueCounts.get(name) ?? 0,
        writeQueueNums: queueCounts.get(name) ?? 0,
        topicSysFlag: 0,
      })),
      brokerDatas: brokers.map(({ name, address }) => ({
        brokerName: name,
        cluster: 'C',
        brokerAddrs: new Map([[0, address]]),
        enableActingMaster: false,
      })),
      filterServerTable: new Map(),
    };
  }
}

import {
  type Body,
  type ExtFields,
  type RemotingCommand,
  RequestCode,
  ResponseCode,
  requestCommand,
  responseTo,
} from '@centaurmq/protocol';
import {
  ManualClock,
  RemotingClient,
  RemotingServer,
  type Transport,
  memoryTransport,
  seededRandom,
  silentLogger,
} from '@centaurmq/remoting';
import { Broker } from '../src/broker.ts';
import { type BrokerConfig, resolveBrokerConfig } from '../src/config/broker-config.ts';

const BROKER_PORT = 10_911;
const NAME_SERVER_PORT = 9876;
const BROKER_ADDRESS = `127.0.0.1:${BROKER_PORT}`;
const TURNS_MAX = 1000;

/** A broker in memory with virtual time and an in-memory network, a name server that notes what it is told, and clients. */
export class BrokerFixture {
  readonly clock: ManualClock;
  readonly transport: Transport;
  /** Requests that the name server received. */
  readonly registrations: RemotingCommand[] = [];
  /** What the name server waits for before it answers. */
  nameServerReady: Promise<void> = Promise.resolve();
  readonly broker: Broker;
  readonly #nameServer: RemotingServer;
  readonly #clients: RemotingClient[] = [];
  readonly #client: RemotingClient;

  /** @param world the time and network of another fixture */
  constructor(config: Partial<BrokerConfig> = {}, world?: BrokerFixture) {
    const clock = world?.clock ?? new ManualClock();
    const transport = world?.transport ?? memoryTransport({ clock });
    this.clock = clock;
    this.transport = transport;
    this.#nameServer = new RemotingServer({
      name: 'namesrv',
      transport,
      clock,
      logger: silentLogger,
      listen: { host: '127.0.0.1', port: NAME_SERVER_PORT, tlsMode: 'disabled' },
    });
    this.#nameServer.registerDefault(async (request) => {
      this.registrations.push(request);
      await this.nameServerReady;
      return responseTo(request, ResponseCode.SUCCESS);
    });
    this.broker = new Broker({
      config: resolveBrokerConfig(
        {
          brokerName: 'broker-a',
          brokerIP1: '127.0.0.1',
          listenPort: BROKER_PORT,
          namesrvAddr: `127.0.0.1:${NAME_SERVER_PORT}`,
          mappedFileSizeCommitLog: 1024 * 1024,
          mappedFileSizeConsumeQueue: 20_000,
          maxHashSlotNum: 1024,
          maxIndexNum: 4096,
          ...config,
        },
        { hostName: 'test', address: '127.0.0.1', storePathRootDir: '/nowhere' },
      ),
      location: { kind: 'memory' },
      listen: { host: '127.0.0.1', tlsMode: 'disabled' },
      transport,
      clock,
      random: seededRandom(1),
      logger: silentLogger,
      processId: 1,
    });
    this.#client = this.client();
  }

  static async start(config: Partial<BrokerConfig> = {}): Promise<BrokerFixture> {
    const fixture = new BrokerFixture(config);
    await fixture.#nameServer.start();
    await fixture.settled(fixture.broker.start());
    return fixture;
  }

  /** A further client with a connection of its own. */
  client(): RemotingClient {
    const { transport, clock } = this;
    const client = new RemotingClient({ name: 'test', transport, clock, logger: silentLogger });
    this.#clients.push(client);
    return client;
  }

  /** Lets what is ready run until the promise has settled, without moving time. */
  async settled<Value>(promise: Promise<Value>): Promise<Value> {
    const state = { done: false };
    const finished = promise.finally(() => {
      state.done = true;
    });
    finished.catch(() => undefined);
    for (let turn = 0; turn < TURNS_MAX; turn++) {
      if (state.done) return finished;
      await this.clock.advance(0);
    }
    throw new Error(`nothing settled within ${TURNS_MAX} turns`);
  }

  /** Asks the broker; a body is given as bytes or left out. */
  ask(
    code: number,
    extFields: ExtFields = {},
    given: { body?: Uint8Array; client?: RemotingClient; address?: string } = {},
  ): Promise<RemotingCommand> {
    const request = requestCommand(code, {
      extFields,
      ...(given.body === undefined ? {} : { body: given.body }),
    });
    const client = given.client ?? this.#client;
    return this.settled(client.invoke(given.address ?? BROKER_ADDRESS, request, { timeoutMillis: 60_000 }));
  }

  /** Asks and reads the body of the answer; fails when the answer is no success. */
  async askFor<T>(body: Body<T>, ...question: Parameters<BrokerFixture['ask']>): Promise<T> {
    const answer = await this.ask(...question);
    if (answer.code !== ResponseCode.SUCCESS) throw new Error(`code ${answer.code}: ${answer.remark}`);
    return body.decode(answer.body);
  }

  createTopic(topic: string, given: ExtFields = {}): Promise<RemotingCommand> {
    return this.ask(RequestCode.UPDATE_AND_CREATE_TOPIC, topicFields(topic, given));
  }

  async send(topic: string, body: string, queueId = 0, address = BROKER_ADDRESS): Promise<RemotingCommand> {
    const extFields = {
      ...sendFields(topic),
      queueId: String(queueId),
      bornTimestamp: String(this.clock.now()),
    };
    return this.ask(RequestCode.SEND_MESSAGE, extFields, { body: Buffer.from(body), address });
  }

  commitOffset(
    group: string,
    topic: string,
    queueId: number,
    commitOffset: number,
  ): Promise<RemotingCommand> {
    return this.ask(RequestCode.UPDATE_CONSUMER_OFFSET, {
      consumerGroup: group,
      topic,
      queueId: String(queueId),
      commitOffset: String(commitOffset),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.settled(Promise.all(this.#clients.map((client) => client.close())));
    await this.settled(this.broker.stop());
    await this.settled(this.#nameServer.stop({ drainMillis: 0 }));
  }
}

/** The header of a request that creates a topic of two queues. */
export function topicFields(topic: string, given: ExtFields = {}): ExtFields {
  return {
    topic,
    defaultTopic: 'TBW102',
    readQueueNums: '2',
    writeQueueNums: '2',
    perm: '6',
    topicFilterType: 'SINGLE_TAG',
    topicSysFlag: '0',
    order: 'false',
    ...given,
  };
}

/** The header of a request that sends to queue 0. */
export function sendFields(topic: string): ExtFields {
  return {
    producerGroup: 'P',
    topic,
    defaultTopic: 'TBW102',
    defaultTopicQueueNums: '2',
    queueId: '0',
    sysFlag: '0',
    bornTimestamp: '1700000000000',
    flag: '0',
    properties: '',
  };
}

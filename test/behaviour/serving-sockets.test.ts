// Whoever serves the sockets, a broker serves the same: order, durability, long polling, TLS, back-pressure.
import { Broker, type BrokerConfig, resolveBrokerConfig } from '@centaurmq/broker';
import {
  HeartbeatData,
  PullMessageRequestHeader,
  PullSysFlag,
  type RemotingCommand,
  RequestCode,
  ResponseCode,
  SendMessageRequestHeaderV2,
  buildSubscriptionData,
  decodeRecords,
  requestCommand,
} from '@centaurmq/protocol';
import {
  type Logger,
  RemotingClient,
  nodeTransport,
  selfSignedIdentity,
  silentLogger,
  systemClock,
  systemRandom,
} from '@centaurmq/remoting';
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';

const TIMEOUT_MILLIS = 20_000;

/** Who serves the sockets. Listeners that speak TLS leave them to Node.js. */
interface Serving {
  readonly threadCount: number;
  readonly tls: boolean;
}
const ways: readonly (readonly [string, Serving])[] = [
  ['two I/O threads on sockets of Node.js', { threadCount: 2, tls: true }],
  ['two I/O threads on sockets of the engine', { threadCount: 2, tls: false }],
  ['sockets of the engine in its own thread', { threadCount: 0, tls: false }],
];

const opened: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).toReversed()) await each[Symbol.asyncDispose]();
});

interface Served {
  readonly address: string;
  readonly broker: Broker;
  /** A client with one connection of its own. */
  readonly client: (tls?: boolean) => RemotingClient;
}

async function serveBy(
  { threadCount, tls: speaksTls }: Serving,
  config: Partial<BrokerConfig> = {},
  logger: Logger = silentLogger,
): Promise<Served> {
  const tlsIdentity = await selfSignedIdentity({ hosts: ['127.0.0.1'], now: Date.now() });
  const broker = new Broker({
    config: resolveBrokerConfig(
      {
        listenPort: 0,
        serverSelectorThreads: threadCount,
        mappedFileSizeCommitLog: 8 * 1024 * 1024,
        maxHashSlotNum: 1000,
        maxIndexNum: 4000,
        ...config,
      },
      { hostName: 'test', address: '127.0.0.1', storePathRootDir: '/nowhere' },
    ),
    location: { kind: 'memory' },
    listen: {
      host: '127.0.0.1',
      ...(speaksTls ? { tlsMode: 'permissive', tlsIdentity } : { tlsMode: 'disabled' }),
    },
    transport: nodeTransport(),
    clock: systemClock,
    random: systemRandom,
    logger,
    processId: process.pid,
  });
  const { address } = await broker.start();
  opened.push(broker);
  return {
    address: `127.0.0.1:${address.port}`,
    broker,
    client: (tls = false) => {
      const secured = tls ? { tls: { verifyPeer: false } } : {};
      const parts = { name: 'test', transport: nodeTransport(), clock: systemClock, logger: silentLogger };
      const client = new RemotingClient({ ...parts, ...secured });
      opened.push({ [Symbol.asyncDispose]: () => client.close() });
      return client;
    },
  };
}

function send(topic: string, queueId: number, body: string): RemotingCommand {
  const extFields = SendMessageRequestHeaderV2.encode({
    producerGroup: 'producers',
    topic,
    defaultTopic: 'TBW102',
    defaultTopicQueueNums: 8,
    queueId,
    sysFlag: 0,
    bornTimestamp: 1,
    flag: 0,
    properties: `UNIQ_KEY\u0001${topic}${queueId}${body.slice(0, 10)}\u0002`,
    reconsumeTimes: 0,
    unitMode: false,
    maxReconsumeTimes: undefined,
    batch: false,
  });
  return requestCommand(RequestCode.SEND_MESSAGE_V2, { extFields, body: Buffer.from(body) });
}

function pull(
  topic: string,
  queueId: number,
  queueOffset: number,
  suspendTimeoutMillis = 0,
): RemotingCommand {
  const extFields = PullMessageRequestHeader.encode({
    consumerGroup: 'consumers',
    topic,
    queueId,
    queueOffset,
    maxMsgNums: 32,
    sysFlag: PullSysFlag.SUBSCRIPTION | (suspendTimeoutMillis > 0 ? PullSysFlag.SUSPEND : 0),
    commitOffset: 0,
    suspendTimeoutMillis,
    subscription: '*',
    subVersion: 0,
    expressionType: 'TAG',
  });
  return requestCommand(RequestCode.PULL_MESSAGE, { extFields });
}

function heartbeat(groupName: string, topic: string): RemotingCommand {
  const consumer = {
    groupName,
    consumeType: 'CONSUME_PASSIVELY',
    messageModel: 'CLUSTERING',
    consumeFromWhere: 'CONSUME_FROM_LAST_OFFSET',
    unitMode: false,
    subscriptionDataSet: [buildSubscriptionData(topic, '*', 0)],
  };
  const body = HeartbeatData.encode({
    clientID: 'client',
    producerDataSet: [],
    consumerDataSet: [consumer],
    heartbeatFingerprint: 0,
    withoutSub: false,
  });
  return requestCommand(RequestCode.HEART_BEAT, { body });
}

const options = { timeoutMillis: TIMEOUT_MILLIS };

async function bodiesOf(client: RemotingClient, address: string, topic: string, queueId: number) {
  const bodies: string[] = [];
  for (;;) {
    const answer = await client.invoke(address, pull(topic, queueId, bodies.length), options);
    if (answer.code !== ResponseCode.SUCCESS) return bodies;
    for (const record of decodeRecords(answer.body)) bodies.push(Buffer.from(record.body).toString());
  }
}

describe.skipIf(process.platform === 'win32').each(ways)('a broker with %s', (_name, way) => {
  const serve = (config?: Partial<BrokerConfig>, logger?: Logger): Promise<Served> =>
    serveBy(way, config, logger);

  it('keeps the order of each connection, also while its topic is only being created', async () => {
    const { address, client } = await serve();
    const count = 400;
    await Promise.all(
      Array.from({ length: 6 }, async (_, queueId) => {
        const producer = client();
        const answers = Array.from({ length: count }, (_each, number) =>
          producer.invoke(address, send('Fresh', queueId, `${number}`), options),
        );
        for (const answer of await Promise.all(answers)) expect(answer.code).toBe(ResponseCode.SUCCESS);
      }),
    );
    const consumer = client();
    const expected = Array.from({ length: count }, (_, number) => `${number}`);
    for (let queueId = 0; queueId < 6; queueId++) {
      expect(await bodiesOf(consumer, address, 'Fresh', queueId)).toEqual(expected);
    }
  });

  it('answers pulls of a subscribed group and notes how far it has come', async () => {
    const { address, client } = await serve();
    const [producer, consumer] = [client(), client()];
    for (let number = 0; number < 100; number++)
      await producer.invoke(address, send('Noted', 0, `${number}`), options);
    await consumer.invoke(address, heartbeat('consumers', 'Noted'), options);
    // Pipelined: each commits where the one before ended, and the question comes last.
    const answers = [0, 30, 60, 90].map((queueOffset) => {
      const { extFields, ...command } = pull('Noted', 0, queueOffset);
      const committing = { sysFlag: String(PullSysFlag.COMMIT_OFFSET), commitOffset: String(queueOffset) };
      const fields = { ...extFields, ...committing, maxMsgNums: '30' };
      return consumer.invoke(address, { ...command, extFields: fields }, options);
    });
    const offset = consumer.invoke(
      address,
      requestCommand(RequestCode.QUERY_CONSUMER_OFFSET, {
        extFields: { consumerGroup: 'consumers', topic: 'Noted', queueId: '0' },
      }),
      options,
    );
    const bodies = (await Promise.all(answers)).flatMap(({ body }) =>
      decodeRecords(body).map((record) => Buffer.from(record.body).toString()),
    );
    expect(bodies).toEqual(Array.from({ length: 100 }, (_, number) => `${number}`));
    expect((await offset).extFields['offset']).toBe('90');
  });

  it('acknowledges at level fsync when the flush is done', async () => {
    const { address, client } = await serve({ flushDiskType: 'SYNC_FLUSH' });
    const producer = client();
    expect((await producer.invoke(address, send('Safe', 0, 'first'), options)).code).toBe(
      ResponseCode.SUCCESS,
    );
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, number) =>
        producer.invoke(address, send('Safe', 0, `${number}`), options),
      ),
    );
    expect(answers.map(({ code }) => code)).toEqual(answers.map(() => ResponseCode.SUCCESS));
    expect(await bodiesOf(client(), address, 'Safe', 0)).toHaveLength(201);
  });

  it('wakes a held pull of one thread by a send of the other', async () => {
    const { address, client } = await serve();
    const [producer, consumer] = [client(), client()];
    await producer.invoke(address, send('Held', 0, 'first'), options);
    for (let number = 0; number < 20; number++) {
      const held = consumer.invoke(address, pull('Held', 0, 1 + number, TIMEOUT_MILLIS / 2), options);
      await producer.invoke(address, send('Held', 1, 'elsewhere'), options);
      await producer.invoke(address, send('Held', 0, `${number}`), options);
      const answer = await held;
      expect(answer.code).toBe(ResponseCode.SUCCESS);
      expect(decodeRecords(answer.body).map(({ body }) => Buffer.from(body).toString())).toEqual([
        `${number}`,
      ]);
    }
  });

  it.runIf(way.tls)('serves TLS and plain on one port', async () => {
    const { address, client } = await serve();
    for (const each of [client(true), client(false)]) {
      expect((await each.invoke(address, send('Tls', 0, 'x'), options)).code).toBe(ResponseCode.SUCCESS);
    }
    expect(await bodiesOf(client(true), address, 'Tls', 0)).toEqual(['x', 'x']);
  });

  it('answers large pulls whole to a client that sends on meanwhile', async () => {
    const { address, client } = await serve();
    const body = 'y'.repeat(60_000);
    const both = client();
    await both.invoke(address, send('Large', 0, 'first'), options);
    await Promise.all(
      Array.from({ length: 100 }, () => both.invoke(address, send('Large', 0, body), options)),
    );
    const pulls = Array.from({ length: 40 }, (_, number) =>
      both.invoke(address, pull('Large', 0, 1 + number), options),
    );
    const sends = Array.from({ length: 40 }, () => both.invoke(address, send('Large', 1, body), options));
    for (const answer of await Promise.all(pulls)) {
      for (const record of decodeRecords(answer.body)) expect(Buffer.from(record.body).toString()).toBe(body);
    }
    for (const answer of await Promise.all(sends)) expect(answer.code).toBe(ResponseCode.SUCCESS);
  });

  it('closes a connection with malformed frames, says why, and serves the others', async () => {
    const warnings: object[] = [];
    const { address, client } = await serve({}, { ...silentLogger, warn: (fields) => warnings.push(fields) });
    const healthy = client();
    await healthy.invoke(address, send('Ok', 0, 'x'), options);
    const port = Number(address.split(':')[1]);
    await new Promise<void>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => socket.write(Buffer.from('ffffffff00000000', 'hex')));
      socket.once('close', () => resolve()).resume();
    });
    await expect
      .poll(() => JSON.stringify(warnings), { timeout: TIMEOUT_MILLIS })
      .toContain('malformed frame');
    expect((await healthy.invoke(address, send('Ok', 0, 'y'), options)).code).toBe(ResponseCode.SUCCESS);
  });

  it('gives every descriptor back', async () => {
    const openFiles = (): number => readdirSync('/proc/self/fd').length;
    if (process.platform !== 'linux') return;
    const { address, client } = await serve();
    const first = client();
    await first.invoke(address, send('Files', 0, 'x'), options);
    const before = openFiles();
    for (let round = 0; round < 30; round++) {
      const each = client();
      await each.invoke(address, send('Files', 0, 'x'), options);
      await each.close();
    }
    await expect.poll(openFiles, { timeout: TIMEOUT_MILLIS }).toBeLessThanOrEqual(before + 2);
  });

  it('answers the pulls it holds when it stops', async () => {
    const { address, client, broker } = await serve();
    const consumer = client();
    await consumer.invoke(address, send('Stopped', 0, 'x'), options);
    const held = consumer.invoke(address, pull('Stopped', 0, 1, TIMEOUT_MILLIS), options);
    // Behind the pull on the same way: once it is answered, the pull is held.
    await consumer.invoke(address, requestCommand(RequestCode.GET_BROKER_CONFIG), options);
    await broker.stop();
    expect((await held).code).toBe(ResponseCode.PULL_NOT_FOUND);
  });
});

import {
  type RemotingCommand,
  RequestCode,
  ResponseCode,
  SendMessageRequestHeaderV2,
  decodeProperties,
  decompressBody,
  parseOffsetMessageId,
  responseTo,
} from '@centaurmq/protocol';
import { expect, test } from 'vitest';
import { BatchSendError, Producer } from '../../src/producer/producer.ts';
import type { ProducerOptions } from '../../src/producer/producer-options.ts';
import type { SendResult } from '../../src/producer/send-result.ts';
import { selectQueueByHash } from '../../src/producer/select-queue.ts';
import { FakeCluster } from '../fakes/fake-cluster.ts';

async function startProducer(
  cluster: FakeCluster,
  options: Partial<ProducerOptions> = {},
): Promise<Producer> {
  const { nameServerAddress: nameServers, environment } = cluster;
  const producer = new Producer({ group: 'P', nameServers, environment, ...options });
  await cluster.finish(producer.start());
  return producer;
}

const refuse =
  (code: number) =>
  (request: RemotingCommand): RemotingCommand | undefined =>
    request.code === RequestCode.SEND_MESSAGE_V2
      ? responseTo(request, code, { remark: 'refused' })
      : undefined;

test('a message is sent with RocketMQ’s header and properties, and the answer says where it is', async () => {
  const cluster = await FakeCluster.start();
  cluster.createTopic('T', 1);
  const producer = await startProducer(cluster);
  const result = await cluster.finish(
    producer.send({
      topic: 'T',
      body: 'héllo',
      tag: 'TagA',
      keys: ['k1', 'k2'],
      flag: 5,
      properties: { mine: 'yes' },
    }),
  );
  const [request] = cluster.broker.received(RequestCode.SEND_MESSAGE_V2);
  const header = SendMessageRequestHeaderV2.decode(request!.extFields);
  expect(header).toMatchObject({
    producerGroup: 'P',
    topic: 'T',
    defaultTopic: 'TBW102',
    defaultTopicQueueNums: 4,
    queueId: 0,
    sysFlag: 0,
    flag: 5,
    reconsumeTimes: 0,
    batch: false,
    brokerName: 'broker-a',
  });
  expect(Object.fromEntries(decodeProperties(header.properties ?? ''))).toEqual({
    KEYS: 'k1 k2',
    TAGS: 'TagA',
    UNIQ_KEY: result.messageId,
    WAIT: 'true',
    mine: 'yes',
  });
  expect(Buffer.from(request!.body).toString()).toBe('héllo');
  expect(result).toMatchObject({
    sendStatus: 'SEND_OK',
    queue: { topic: 'T', brokerName: 'broker-a', queueId: 0 },
    queueOffset: 0,
  });
  expect(parseOffsetMessageId(result.offsetMessageId)).toMatchObject({ storeHost: { port: 10911 } });
  expect(result.messageId).toMatch(/^0A0000010007[0-9A-F]{20}$/);
});

test.each([
  ['SYSTEM_BUSY', ResponseCode.SYSTEM_BUSY],
  ['SERVICE_NOT_AVAILABLE', ResponseCode.SERVICE_NOT_AVAILABLE],
  ['TOPIC_NOT_EXIST', ResponseCode.TOPIC_NOT_EXIST],
  ['NO_PERMISSION', ResponseCode.NO_PERMISSION],
  ['GO_AWAY', ResponseCode.GO_AWAY],
])('%s is tried on another broker', async (_, code) => {
  const cluster = await FakeCluster.start(2);
  cluster.createTopic('T', 4);
  const [refusing, taking] = cluster.brokers;
  refusing!.intercept = refuse(code);
  const producer = await startProducer(cluster);
  const results: SendResult[] = [];
  // One after another, so that each begins at the next queue in turn.
  for (let number = 0; number < 8; number++) {
    results.push(await cluster.finish(producer.send({ topic: 'T', body: 'x' })));
  }
  expect(new Set(results.map(({ queue }) => queue.brokerName))).toEqual(new Set([taking!.name]));
  expect(refusing!.received(RequestCode.SEND_MESSAGE_V2).length).toBeGreaterThan(0);
});

test('an answer that no other broker would better is thrown at once, with all that is known', async () => {
  const cluster = await FakeCluster.start(2);
  cluster.createTopic('T', 1);
  for (const broker of cluster.brokers) broker.intercept = refuse(ResponseCode.MESSAGE_ILLEGAL);
  const producer = await startProducer(cluster);
  const sending = cluster.finish(producer.send({ topic: 'T', body: 'x' }));
  await expect(sending).rejects.toMatchObject({
    code: 'RESPONSE_ERROR',
    address: expect.stringMatching(/^127\.0\.0\.1:1091[12]$/),
    response: { code: 13, remark: 'refused' },
    responseCode: 13,
    message: expect.stringContaining('answered SEND_MESSAGE_V2 with MESSAGE_ILLEGAL (13): refused'),
  });
  expect(cluster.brokers.flatMap((broker) => broker.received(RequestCode.SEND_MESSAGE_V2))).toHaveLength(1);
});

test('a message that is stored less safely than asked for says so; elsewhere only on demand', async () => {
  const cluster = await FakeCluster.start(2);
  cluster.createTopic('T', 1);
  const extFields = { msgId: 'A', queueId: '0', queueOffset: '0' };
  for (const broker of cluster.brokers) {
    broker.intercept = (request) =>
      request.code === RequestCode.SEND_MESSAGE_V2
        ? responseTo(request, ResponseCode.FLUSH_DISK_TIMEOUT, { extFields })
        : undefined;
  }
  const producer = await startProducer(cluster);
  const { sendStatus } = await cluster.finish(producer.send({ topic: 'T', body: 'x' }));
  expect(sendStatus).toBe('FLUSH_DISK_TIMEOUT');
  const sends = (): number =>
    cluster.brokers.flatMap((broker) => broker.received(RequestCode.SEND_MESSAGE_V2)).length;
  expect(sends()).toBe(1);
  const anxious = await startProducer(cluster, { group: 'Q', retryAnotherBrokerWhenNotStoreOk: true });
  expect((await cluster.finish(anxious.send({ topic: 'T', body: 'x' }))).sendStatus).toBe(
    'FLUSH_DISK_TIMEOUT',
  );
  expect(sends()).toBe(4);
});

test('three attempts, then the last failure with advice', async () => {
  const cluster = await FakeCluster.start();
  cluster.createTopic('T', 2);
  cluster.broker.intercept = refuse(ResponseCode.SYSTEM_BUSY);
  const producer = await startProducer(cluster);
  const sending = cluster.finish(producer.send({ topic: 'T', body: 'x' }));
  await expect(sending).rejects.toMatchObject({
    responseCode: 2,
    advice: expect.stringContaining('overloaded'),
  });
  expect(cluster.broker.received(RequestCode.SEND_MESSAGE_V2)).toHaveLength(3);
});

test('a broker that is down is passed over', async () => {
  const cluster = await FakeCluster.start(2);
  cluster.createTopic('T', 2);
  const producer = await startProducer(cluster);
  await cluster.brokers[0]!.stop();
  const results = await cluster.finish(
    Promise.all([1, 2, 3, 4].map(() => producer.send({ topic: 'T', body: 'x' }))),
  );
  expect(new Set(results.map(({ queue }) => queue.brokerName))).toEqual(new Set(['broker-b']));
});

test('a broker that does not answer: the time is up, unless an attempt has a limit of its own', async () => {
  const cluster = await FakeCluster.start(2);
  cluster.createTopic('T', 1);
  const never = (request: RemotingCommand): Promise<null> | undefined =>
    request.code === RequestCode.SEND_MESSAGE_V2 ? new Promise(() => undefined) : undefined;
  for (const broker of cluster.brokers) broker.intercept = never;
  const patient = await startProducer(cluster);
  const startMillis = cluster.clock.monotonicMillis();
  const sending = cluster.finish(patient.send({ topic: 'T', body: 'x' }, { timeoutMillis: 2_000 }));
  await expect(sending).rejects.toMatchObject({ code: 'TIMED_OUT' });
  expect(cluster.clock.monotonicMillis() - startMillis).toBeLessThan(2_100);
  cluster.brokers[1]!.intercept = () => undefined;
  const quick = await startProducer(cluster, { group: 'Q', attemptTimeoutMillis: 500 });
  const results = await cluster.finish(Promise.all([1, 2].map(() => quick.send({ topic: 'T', body: 'x' }))));
  expect(results.map(({ queue }) => queue.brokerName)).toEqual(['broker-b', 'broker-b']);
});

test('a new topic is sent to where its template is, with at most four queues', async () => {
  const cluster = await FakeCluster.start();
  cluster.createTopic('TBW102', 8);
  const producer = await startProducer(cluster);
  const queues = await cluster.finish(producer.fetchPublishQueues('New'));
  expect(queues.map(({ topic, queueId }) => [topic, queueId])).toEqual(
    [0, 1, 2, 3].map((queueId) => ['New', queueId]),
  );
  await cluster.finish(producer.send({ topic: 'New', body: 'x' }));
  cluster.createTopic('New', 2);
  await cluster.clock.advance(31_000);
  expect(await producer.fetchPublishQueues('New')).toHaveLength(2);
});

test('without route and template the error says what to do', async () => {
  const cluster = await FakeCluster.start();
  const producer = await startProducer(cluster);
  const sending = cluster.finish(producer.send({ topic: 'Nowhere', body: 'x' }));
  await expect(sending).rejects.toMatchObject({
    code: 'TOPIC_NOT_FOUND',
    advice: expect.stringContaining('Create the topic'),
  });
});

test('a name server that is down is passed over; when none answers the error names them all', async () => {
  const cluster = await FakeCluster.start();
  cluster.createTopic('T', 1);
  const nameServers = ['127.0.0.1:1', cluster.nameServerAddress, '127.0.0.1:2'];
  const producer = await startProducer(cluster, { nameServers });
  await cluster.finish(producer.send({ topic: 'T', body: 'x' }));
  await cluster.stopNameServer();
  const sending = cluster.finish(producer.send({ topic: 'Other', body: 'x' }));
  await expect(sending).rejects.toMatchObject({ code: 'NAME_SERVER_UNAVAILABLE' });
  await expect(sending).rejects.toThrow(/(127\.0\.0\.1:(1|2|9876) .*){3}/s);
  // Known routes go on serving.
  await cluster.finish(producer.send({ topic: 'T', body: 'x' }));
});

test('a chosen queue is used and no other, and a selector gets all queues', async () => {
  const cluster = await FakeCluster.start(2);
  cluster.createTopic('T', 4);
  const producer = await startProducer(cluster);
  const queue = { topic: 'T', brokerName: 'broker-b', queueId: 3 };
  expect((await cluster.finish(producer.send({ topic: 'T', body: 'x' }, { queue }))).queue).toEqual(queue);
  const selectQueue = selectQueueByHash('order-4711');
  const sends = [1, 2, 3].map(() => producer.send({ topic: 'T', body: 'x' }, { selectQueue }));
  const chosen = (await cluster.finish(Promise.all(sends))).map((result) => JSON.stringify(result.queue));
  expect(new Set(chosen).size).toBe(1);
  cluster.brokers[1]!.intercept = refuse(ResponseCode.SYSTEM_BUSY);
  await expect(cluster.finish(producer.send({ topic: 'T', body: 'x' }, { queue }))).rejects.toMatchObject({
    responseCode: 2,
  });
  expect(
    cluster.brokers[1]!.received(RequestCode.SEND_MESSAGE_V2).filter(
      ({ extFields }) => extFields['e'] === '3',
    ),
  ).toHaveLength(2);
});

test('a large body is compressed, and says how', async () => {
  const cluster = await FakeCluster.start();
  cluster.createTopic('T', 1);
  const producer = await startProducer(cluster);
  const body = 'x'.repeat(4_096);
  await cluster.finish(producer.send({ topic: 'T', body }));
  await cluster.finish(producer.send({ topic: 'T', body: body.slice(1) }));
  const [compressed, plain] = cluster.broker.received(RequestCode.SEND_MESSAGE_V2);
  expect(compressed!.extFields['f']).toBe(String(0x301));
  expect(compressed!.body.length).toBeLessThan(100);
  expect(Buffer.from(decompressBody(compressed!.body, 0x301)).toString()).toBe(body);
  expect(plain!.extFields['f']).toBe('0');
});

test('a batch is split at the limit; each message has its own ids', async () => {
  const cluster = await FakeCluster.start();
  cluster.createTopic('T', 1);
  const producer = await startProducer(cluster, { maxMessageBytes: 400 });
  const messages = [1, 2, 3, 4, 5].map((number) => ({ topic: 'T', body: `${number}`.padEnd(50) }));
  const results = await cluster.finish(producer.sendBatch(messages));
  expect(results.map(({ queueOffset }) => queueOffset)).toEqual([0, 1, 2, 3, 4]);
  expect(new Set(results.map(({ messageId }) => messageId)).size).toBe(5);
  expect(new Set(results.map(({ offsetMessageId }) => offsetMessageId)).size).toBe(5);
  const requests = cluster.broker.received(RequestCode.SEND_BATCH_MESSAGE);
  expect(requests.length).toBeGreaterThan(1);
  for (const { body } of requests) expect(body.length).toBeLessThanOrEqual(400);
});

test('a batch that fails midway says what is stored and what is not', async () => {
  const cluster = await FakeCluster.start();
  cluster.createTopic('T', 1);
  const producer = await startProducer(cluster, { maxMessageBytes: 100 });
  let batches = 0;
  cluster.broker.intercept = (request) =>
    request.code === RequestCode.SEND_BATCH_MESSAGE && ++batches > 1
      ? responseTo(request, ResponseCode.MESSAGE_ILLEGAL, { remark: 'enough' })
      : undefined;
  const messages = [1, 2, 3].map((number) => ({ topic: 'T', body: `${number}` }));
  const failure = await cluster.finish(producer.sendBatch(messages)).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(BatchSendError);
  expect(failure).toMatchObject({ responseCode: 13, sent: [{ queueOffset: 0 }], unsent: messages.slice(1) });
});

test.each([
  ['no body', { topic: 'T', body: '' }, 'the body is empty'],
  ['too large', { topic: 'T', body: Buffer.alloc(4 * 1024 * 1024 + 1) }, 'at most 4194304'],
  ['topic name', { topic: 'a b', body: 'x' }, 'illegal characters'],
  ['system topic', { topic: 'SCHEDULE_TOPIC_XXXX', body: 'x' }, "is RocketMQ's own"],
  [
    'reserved property',
    { topic: 'T', body: 'x', properties: { UNIQ_KEY: '1' } },
    "UNIQ_KEY is RocketMQ's own",
  ],
  ['empty property', { topic: 'T', body: 'x', properties: { a: '' } }, 'expected text that is not empty'],
  ['separator', { topic: 'T', body: 'x', tag: 'a\u0002b' }, 'neither U+0001 nor U+0002'],
  ['key with a space', { topic: 'T', body: 'x', keys: 'a b' }, 'contains a space'],
  ['delay', { topic: 'T', body: 'x', delayTimeLevel: -1 }, 'delayTimeLevel is -1'],
  ['flag', { topic: 'T', body: 'x', flag: 2 ** 31 }, 'expected a 32-bit whole number'],
  ['properties length', { topic: 'T', body: 'x', properties: { a: 'x'.repeat(33_000) } }, 'at most 32767'],
])('an impossible message is refused before it is sent: %s', async (_, message, reason) => {
  const cluster = await FakeCluster.start();
  const producer = await startProducer(cluster);
  await expect(producer.send(message)).rejects.toMatchObject({
    code: 'MESSAGE_ILLEGAL',
    message: expect.stringContaining(reason),
  });
});

test('closing waits for what is under way and tells the brokers; after it nothing is sent', async () => {
  const cluster = await FakeCluster.start();
  cluster.createTopic('T', 1);
  const producer = await startProducer(cluster);
  expect(cluster.heldProcesses).toBe(1);
  let answer: (() => void) | undefined;
  cluster.broker.intercept = (request) => {
    if (request.code !== RequestCode.SEND_MESSAGE_V2) return undefined;
    return new Promise((resolve) => {
      answer = () =>
        resolve(
          responseTo(request, ResponseCode.SUCCESS, {
            extFields: { msgId: 'A', queueId: '0', queueOffset: '0' },
          }),
        );
    });
  };
  const sending = producer.send({ topic: 'T', body: 'x' });
  await cluster.until(() => answer !== undefined, 'the broker has the send');
  let isClosed = false;
  const closing = producer.close().then(() => {
    isClosed = true;
  });
  await cluster.settle();
  expect(isClosed).toBe(false);
  answer?.();
  await cluster.finish(sending);
  await cluster.finish(closing);
  expect(cluster.broker.received(RequestCode.UNREGISTER_CLIENT)).toHaveLength(1);
  expect(cluster.heldProcesses).toBe(0);
  await expect(producer.send({ topic: 'T', body: 'x' })).rejects.toMatchObject({ code: 'NOT_RUNNING' });
});

test('an aborted send rejects with the reason', async () => {
  const cluster = await FakeCluster.start();
  cluster.createTopic('T', 1);
  cluster.broker.intercept = (request) =>
    request.code === RequestCode.SEND_MESSAGE_V2 ? new Promise(() => undefined) : undefined;
  const producer = await startProducer(cluster);
  const controller = new AbortController();
  const sending = producer.send({ topic: 'T', body: 'x' }, { signal: controller.signal });
  const failed = expect(sending).rejects.toThrow('changed my mind');
  await cluster.settle();
  controller.abort(new Error('changed my mind'));
  await failed;
  expect(producer.inFlightCount).toBe(0);
});

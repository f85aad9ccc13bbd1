import {
  ConsumeMessageDirectlyResult,
  ConsumerRunningInfo,
  ConsumerSendMsgBackRequestHeader,
  GetConsumerStatusBody,
  HeartbeatData,
  PullMessageRequestHeader,
  type RemotingCommand,
  RequestCode,
  ResetOffsetBody,
  ResponseCode,
  SendMessageRequestHeaderV2,
  decodeProperties,
  encodeRecord,
  requestCommand,
  responseTo,
} from '@centaurmq/protocol';
import { expect, test } from 'vitest';
import type { MessageListenerConcurrently } from '../../src/consumer/consume/message-listener.ts';
import { PushConsumer } from '../../src/consumer/push-consumer.ts';
import type { PushConsumerOptions } from '../../src/consumer/push-consumer-options.ts';
import type { MessageExt } from '../../src/message/message-ext.ts';
import { FakeCluster } from '../fakes/fake-cluster.ts';

interface Consuming {
  readonly consumer: PushConsumer;
  readonly received: MessageExt[];
  readonly bodies: () => string[];
}

async function consume(
  cluster: FakeCluster,
  options: Partial<PushConsumerOptions> = {},
  listener: MessageListenerConcurrently = () => 'CONSUME_SUCCESS',
): Promise<Consuming> {
  const received: MessageExt[] = [];
  const consumer = new PushConsumer({
    group: 'G',
    nameServers: cluster.nameServerAddress,
    environment: cluster.environment,
    consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
    messageListener: (messages, context) => {
      received.push(...messages);
      return listener(messages, context);
    },
    ...options,
  });
  await consumer.subscribe('T');
  await cluster.finish(consumer.start());
  return { consumer, received, bodies: () => received.map(({ body }) => Buffer.from(body).toString()) };
}

async function startCluster(brokerCount = 1, queueCount = 1): Promise<FakeCluster> {
  const cluster = await FakeCluster.start(brokerCount);
  cluster.createTopic('T', queueCount);
  cluster.createTopic('%RETRY%G', 1);
  return cluster;
}

test('messages reach the handler, and the offset reaches the broker every five seconds', async () => {
  const cluster = await startCluster();
  for (const body of ['a', 'b'])
    cluster.broker.store('T', 0, { body, properties: { TAGS: 't', KEYS: 'k1 k2', UNIQ_KEY: `id-${body}` } });
  const { received, bodies } = await consume(cluster);
  await cluster.until(() => received.length === 2, 'two messages');
  cluster.broker.store('T', 0, { body: 'c' });
  await cluster.until(() => received.length === 3, 'a held pull is answered');
  expect(bodies()).toEqual(['a', 'b', 'c']);
  expect(received[0]).toMatchObject({
    topic: 'T',
    messageId: 'id-a',
    tag: 't',
    keys: ['k1', 'k2'],
    brokerName: 'broker-a',
    queueId: 0,
    queueOffset: 0,
    reconsumeTimes: 0,
    bornHost: '127.0.0.1:1',
  });
  expect(received[0]!.properties.get('MAX_OFFSET')).toBe('2');
  await cluster.clock.advance(5_000);
  expect(cluster.broker.offsets.get('G:T:0')).toBe(3);
});

test('the heartbeat says what the group is, before the first pull', async () => {
  const cluster = await startCluster();
  const { consumer } = await consume(cluster);
  await cluster.until(() => cluster.broker.received(RequestCode.PULL_MESSAGE).length > 0, 'a pull');
  const codes = cluster.broker.requests.map(({ code }) => code);
  expect(codes.indexOf(RequestCode.HEART_BEAT)).toBeLessThan(codes.indexOf(RequestCode.PULL_MESSAGE));
  const heartbeat = HeartbeatData.decode(cluster.broker.received(RequestCode.HEART_BEAT)[0]!.body);
  expect(heartbeat).toMatchObject({
    clientID: consumer.clientId,
    consumerDataSet: [
      {
        groupName: 'G',
        consumeType: 'CONSUME_PASSIVELY',
        messageModel: 'CLUSTERING',
        consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
      },
    ],
  });
  expect(heartbeat.consumerDataSet[0]!.subscriptionDataSet.map(({ topic }) => topic).toSorted()).toEqual([
    '%RETRY%G',
    'T',
  ]);
  const pull = PullMessageRequestHeader.decode(
    cluster.broker.received(RequestCode.PULL_MESSAGE)[0]!.extFields,
  );
  expect(pull).toMatchObject({
    maxMsgNums: 32,
    sysFlag: 2,
    suspendTimeoutMillis: 15_000,
    maxMsgBytes: 262_144,
  });
});

test.each([
  ['CONSUME_FROM_FIRST_OFFSET', 2],
  ['CONSUME_FROM_LAST_OFFSET', 0],
] as const)('a group without an offset begins as %s says', async (consumeFromWhere, expected) => {
  const cluster = await startCluster();
  cluster.broker.store('T', 0, { body: 'old' });
  cluster.broker.store('T', 0, { body: 'old' });
  const { received, bodies } = await consume(cluster, { consumeFromWhere });
  await cluster.until(() => cluster.broker.received(RequestCode.PULL_MESSAGE).length > 0, 'a pull');
  cluster.broker.store('T', 0, { body: 'new' });
  await cluster.until(() => received.length === expected + 1, 'the new message');
  expect(bodies().at(-1)).toBe('new');
});

test('a group goes on at its stored offset', async () => {
  const cluster = await startCluster();
  for (const body of ['a', 'b', 'c']) cluster.broker.store('T', 0, { body });
  cluster.broker.offsets.set('G:T:0', 2);
  const { received, bodies } = await consume(cluster);
  await cluster.until(() => received.length > 0, 'a message');
  await cluster.clock.advance(1_000);
  expect(bodies()).toEqual(['c']);
});

test('a failed message is given back to the broker that has it, and the queue goes on', async () => {
  const cluster = await startCluster();
  cluster.broker.store('T', 0, { body: 'fine' });
  cluster.broker.store('T', 0, { body: 'bad', properties: { UNIQ_KEY: 'id-bad' } });
  cluster.broker.store('T', 0, { body: 'throws' });
  const { received } = await consume(cluster, { maxReconsumeTimes: 5 }, ([message], context) => {
    const body = Buffer.from(message!.body).toString();
    if (body === 'throws') throw new Error('no');
    if (body === 'bad') context.delayLevelWhenNextConsume = 7;
    return body === 'bad' ? 'RECONSUME_LATER' : 'CONSUME_SUCCESS';
  });
  const sentBack = (): RemotingCommand[] => cluster.broker.received(RequestCode.CONSUMER_SEND_MSG_BACK);
  await cluster.until(() => received.length === 3 && sentBack().length === 2, 'both are sent back');
  const headers = sentBack().map(({ extFields }) => ConsumerSendMsgBackRequestHeader.decode(extFields));
  const bad = received.find(({ messageId }) => messageId === 'id-bad')!;
  expect(headers).toContainEqual(
    expect.objectContaining({
      group: 'G',
      originMsgId: 'id-bad',
      originTopic: 'T',
      offset: bad.commitLogOffset,
      delayLevel: 7,
      maxReconsumeTimes: 5,
    }),
  );
  expect(headers).toContainEqual(expect.objectContaining({ delayLevel: 0 }));
  await cluster.clock.advance(5_000);
  expect(cluster.broker.offsets.get('G:T:0')).toBe(3);
});

test('when the broker does not take it back, it is sent to the retry topic', async () => {
  const cluster = await startCluster();
  cluster.broker.store('T', 0, {
    body: 'bad',
    reconsumeTimes: 2,
    properties: { UNIQ_KEY: 'id-bad', TRAN_MSG: 'true', mine: 'yes' },
  });
  cluster.broker.intercept = (request) =>
    request.code === RequestCode.CONSUMER_SEND_MSG_BACK
      ? responseTo(request, ResponseCode.SYSTEM_ERROR)
      : undefined;
  await consume(cluster, {}, ([message]) =>
    message!.queueId === 0 && !message!.properties.has('DELAY') ? 'RECONSUME_LATER' : 'CONSUME_SUCCESS',
  );
  await cluster.until(() => cluster.broker.received(RequestCode.SEND_MESSAGE_V2).length === 1, 'a send');
  const header = SendMessageRequestHeaderV2.decode(
    cluster.broker.received(RequestCode.SEND_MESSAGE_V2)[0]!.extFields,
  );
  expect(header).toMatchObject({ topic: '%RETRY%G', reconsumeTimes: 3, maxReconsumeTimes: 16, sysFlag: 0 });
  expect(Object.fromEntries(decodeProperties(header.properties ?? ''))).toEqual({
    UNIQ_KEY: 'id-bad',
    mine: 'yes',
    ORIGIN_MESSAGE_ID: 'id-bad',
    RETRY_TOPIC: 'T',
    DELAY: '5',
    MIN_OFFSET: '0',
    MAX_OFFSET: '1',
  });
});

test('when neither works, it is tried again here after five seconds, and its offset is not committed', async () => {
  const cluster = await startCluster();
  cluster.broker.store('T', 0, { body: 'bad' });
  cluster.broker.store('T', 0, { body: 'fine' });
  let isRefusing = true;
  cluster.broker.intercept = (request) =>
    isRefusing &&
    [RequestCode.CONSUMER_SEND_MSG_BACK, RequestCode.SEND_MESSAGE_V2].includes(request.code as 36)
      ? responseTo(request, ResponseCode.SYSTEM_ERROR)
      : undefined;
  const { received } = await consume(cluster, {}, ([message]) =>
    Buffer.from(message!.body).toString() === 'bad' && message!.reconsumeTimes === 0
      ? 'RECONSUME_LATER'
      : 'CONSUME_SUCCESS',
  );
  await cluster.until(() => received.length === 2, 'both are handled');
  await cluster.clock.advance(4_900);
  expect(cluster.broker.offsets.get('G:T:0') ?? 0).toBe(0);
  isRefusing = false;
  await cluster.until(() => received.length === 3, 'the second try');
  expect(received[2]).toMatchObject({ queueOffset: 0, reconsumeTimes: 1 });
  await cluster.clock.advance(5_000);
  expect(cluster.broker.offsets.get('G:T:0')).toBe(2);
});

test('a retried message shows the topic it was sent to first', async () => {
  const cluster = await startCluster();
  const { received } = await consume(cluster);
  cluster.broker.store('%RETRY%G', 0, { body: 'again', reconsumeTimes: 1, properties: { RETRY_TOPIC: 'T' } });
  await cluster.until(() => received.length === 1, 'the retried message');
  expect(received[0]).toMatchObject({ topic: 'T', reconsumeTimes: 1 });
});

test('an offset outside of the queue is corrected, stored, and pulled from', async () => {
  const cluster = await startCluster();
  for (let number = 0; number < 10; number++) cluster.broker.store('T', 0, { body: `${number}` });
  cluster.broker.minOffsets.set('T:0', 7);
  cluster.broker.offsets.set('G:T:0', 3);
  const { received, bodies } = await consume(cluster);
  await cluster.until(() => received.length === 3, 'what is still kept');
  expect(bodies()).toEqual(['7', '8', '9']);
  const commits = cluster.broker
    .received(RequestCode.UPDATE_CONSUMER_OFFSET)
    .map(({ extFields }) => extFields['commitOffset']);
  expect(commits[0]).toBe('7');
});

test('clients of a group share the queues, and hand over what they stored', async () => {
  const cluster = await startCluster(1, 4);
  const first = await consume(cluster);
  await cluster.until(() => queuesOf(first).length === 4, 'the only client has all queues');
  for (let queueId = 0; queueId < 4; queueId++) cluster.broker.store('T', queueId, { body: `${queueId}` });
  await cluster.until(() => first.received.length === 4, 'all messages');
  await cluster.clock.advance(5_000);
  const second = await consume(cluster);
  cluster.broker.notifyConsumerIdsChanged('G');
  await cluster.until(() => queuesOf(first).length === 2 && queuesOf(second).length === 2, 'each has half');
  expect(new Set([...queuesOf(first), ...queuesOf(second)])).toEqual(new Set([0, 1, 2, 3]));
  for (let queueId = 0; queueId < 4; queueId++)
    cluster.broker.store('T', queueId, { body: `again ${queueId}` });
  await cluster.until(() => first.received.length + second.received.length === 8, 'all messages again');
  // Nothing was consumed twice: the offsets were stored before the queues changed hands.
  expect(second.bodies().every((body) => body.startsWith('again'))).toBe(true);
  await cluster.finish(second.consumer.close());
  cluster.broker.notifyConsumerIdsChanged('G');
  await cluster.until(() => queuesOf(first).length === 4, 'the client that stays has all again');
});

test('queues that a topic gets later are found with the next poll of the route', async () => {
  const cluster = await startCluster(1, 1);
  const consuming = await consume(cluster);
  await cluster.until(() => queuesOf(consuming).length === 1, 'one queue');
  cluster.createTopic('T', 3);
  await cluster.clock.advance(32_000);
  expect(queuesOf(consuming)).toEqual([0, 1, 2]);
});

test('a topic that is created later is found', async () => {
  const cluster = await FakeCluster.start();
  const consuming = await consume(cluster);
  expect(queuesOf(consuming)).toEqual([]);
  cluster.createTopic('T', 2);
  await cluster.clock.advance(32_000);
  expect(queuesOf(consuming)).toEqual([0, 1]);
});

test('pulling stops when the handlers do not keep up, and goes on when they do', async () => {
  const cluster = await startCluster();
  for (let number = 0; number < 300; number++) cluster.broker.store('T', 0, { body: `${number}` });
  const running: (() => void)[] = [];
  const { received } = await consume(
    cluster,
    { consumeConcurrency: 1, pullThresholds: { messageCountMax: 50, bodyBytesMax: 1e9, spanMax: 2000 } },
    () => new Promise((resolve) => running.push(() => resolve('CONSUME_SUCCESS'))),
  );
  await cluster.until(() => running.length === 1, 'the first handler runs');
  await cluster.clock.advance(5_000);
  const pulls = cluster.broker
    .received(RequestCode.PULL_MESSAGE)
    .filter(({ extFields }) => extFields['topic'] === 'T').length;
  // 32 + 32 is above 50: the third pull waits.
  expect(pulls).toBe(2);
  expect(received).toHaveLength(1);
  for (let round = 0; round < 1_000 && received.length < 300; round++) {
    running.pop()?.();
    await cluster.clock.advance(50);
  }
  expect(new Set(received.map(({ queueOffset }) => queueOffset)).size).toBe(300);
});

test('after the connection broke the broker hears of the group again, and no message is lost', async () => {
  const cluster = await startCluster();
  cluster.broker.store('T', 0, { body: 'before' });
  const { received, bodies } = await consume(cluster);
  await cluster.until(() => received.length === 1, 'the first message');
  await cluster.clock.advance(5_000);
  await cluster.finish(cluster.broker.stop());
  cluster.broker.store('T', 0, { body: 'meanwhile' });
  await cluster.clock.advance(8_000);
  await cluster.broker.start();
  await cluster.until(() => received.length === 2, 'the second message');
  await cluster.clock.advance(4_000);
  expect(cluster.broker.groups.get('G')?.size).toBe(1);
  expect(bodies()).toEqual(['before', 'meanwhile']);
});

test('a damaged record holds up neither those before it nor is it skipped', async () => {
  const cluster = await startCluster();
  for (const body of ['good 0', 'good 1', 'bad 2', 'good 3']) cluster.broker.store('T', 0, { body });
  cluster.broker.damage('T', 0, 2);
  const { received, bodies } = await consume(cluster);
  await cluster.until(() => received.length === 2, 'those before');
  await cluster.clock.advance(40_000);
  expect(bodies()).toEqual(['good 0', 'good 1']);
  const pulls = cluster.broker
    .received(RequestCode.PULL_MESSAGE)
    .filter(({ extFields }) => extFields['topic'] === 'T');
  expect(pulls.at(-1)?.extFields['queueOffset']).toBe('2');
  expect(cluster.broker.offsets.get('G:T:0')).toBe(2);
  expect(cluster.log).toContainEqual(
    expect.objectContaining({
      level: 'error',
      message: expect.stringMatching(/^pulled record 2 of T broker-a 0 is damaged: /),
    }),
  );
});

test('a body that cannot be decompressed is sent back, not handed to the handler', async () => {
  const cluster = await startCluster();
  cluster.broker.store('T', 0, { body: 'no zlib', sysFlag: 0x301 });
  const { received } = await consume(cluster);
  await cluster.until(
    () => cluster.broker.received(RequestCode.CONSUMER_SEND_MSG_BACK).length === 1,
    'it is sent back',
  );
  expect(received).toEqual([]);
});

test('a message whose handler hangs is sent back after the timeout, and the offset goes on', async () => {
  const cluster = await startCluster();
  cluster.broker.store('T', 0, { body: 'hangs' });
  cluster.broker.store('T', 0, { body: 'fine' });
  await consume(cluster, { consumeTimeoutMillis: 90_000 }, ([message]) =>
    Buffer.from(message!.body).toString() === 'hangs' ? new Promise(() => undefined) : 'CONSUME_SUCCESS',
  );
  await cluster.clock.advance(90_000);
  expect(cluster.broker.received(RequestCode.CONSUMER_SEND_MSG_BACK)).toHaveLength(0);
  expect(cluster.broker.offsets.get('G:T:0') ?? 0).toBe(0);
  await cluster.clock.advance(40_000);
  const [sentBack] = cluster.broker.received(RequestCode.CONSUMER_SEND_MSG_BACK);
  expect(sentBack?.extFields).toMatchObject({ delayLevel: '3' });
  expect(cluster.broker.offsets.get('G:T:0')).toBe(2);
});

test('closing waits for handlers, stores the offsets and leaves the group', async () => {
  const cluster = await startCluster();
  cluster.broker.store('T', 0, { body: 'a' });
  let finish: (() => void) | undefined;
  const { consumer } = await consume(
    cluster,
    {},
    (_, { signal }) =>
      new Promise((resolve) => {
        finish = () => resolve(signal.aborted ? 'CONSUME_SUCCESS' : 'RECONSUME_LATER');
      }),
  );
  await cluster.until(() => finish !== undefined, 'the handler runs');
  const closing = consumer.close();
  await cluster.clock.advance(1_000);
  expect(cluster.broker.groups.get('G')?.size).toBe(1);
  finish?.();
  await cluster.finish(closing);
  expect(cluster.broker.offsets.get('G:T:0')).toBe(1);
  expect(cluster.broker.groups.get('G')?.size).toBe(0);
  expect(cluster.heldProcesses).toBe(0);
  expect(cluster.clock.pendingTimerCount).toBeLessThan(5);
});

test('a handler that outlives the drain is not committed', async () => {
  const cluster = await startCluster();
  cluster.broker.store('T', 0, { body: 'a' });
  const { consumer, received } = await consume(
    cluster,
    { drainTimeoutMillis: 2_000 },
    () => new Promise(() => undefined),
  );
  await cluster.until(() => received.length === 1, 'the handler runs');
  await cluster.finish(consumer.close());
  expect(cluster.broker.offsets.get('G:T:0') ?? 0).toBe(0);
  expect(cluster.log).toContainEqual(
    expect.objectContaining({ fields: expect.objectContaining({ unfinishedCount: 1 }) }),
  );
});

test('a queue that is given up has its offset stored at once', async () => {
  const cluster = await startCluster();
  for (const body of ['a', 'b']) cluster.broker.store('T', 0, { body });
  const { consumer, received } = await consume(cluster, { persistConsumerOffsetIntervalMillis: 60_000 });
  await cluster.until(() => received.length === 2, 'both messages');
  await cluster.finish(consumer.unsubscribe('T'));
  await cluster.clock.advance(1_000);
  expect(consumer.assignedQueues.map(({ topic }) => topic)).toEqual(['%RETRY%G']);
  expect(cluster.broker.offsets.get('G:T:0')).toBe(2);
});

test('a reset by a tool begins the queue anew, whatever its handlers finish later', async () => {
  const cluster = await startCluster();
  for (const body of ['a', 'b', 'c']) cluster.broker.store('T', 0, { body });
  const { consumer, received, bodies } = await consume(cluster);
  await cluster.until(() => received.length === 3, 'all messages');
  const queue = { topic: 'T', brokerName: 'broker-a', queueId: 0 };
  const extFields = { topic: 'T', group: 'G', timestamp: '0', isForce: 'true' };
  const body = ResetOffsetBody.encode({ offsetTable: new Map([[queue, 1]]) });
  const reset = requestCommand(RequestCode.RESET_CONSUMER_CLIENT_OFFSET, { extFields, body, oneway: true });
  cluster.broker.notify('G', consumer.clientId, reset);
  await cluster.until(() => received.length === 5, 'two messages again');
  expect(bodies()).toEqual(['a', 'b', 'c', 'b', 'c']);
});

test('tools can ask a consumer for its offsets, its state, and to consume a message', async () => {
  const cluster = await startCluster();
  for (const body of ['a', 'b']) cluster.broker.store('T', 0, { body });
  const { consumer, received } = await consume(cluster, {}, ([message]) => {
    if (Buffer.from(message!.body).toString() === 'directly') throw new Error('not this one');
    return 'CONSUME_SUCCESS';
  });
  await cluster.until(() => received.length === 2, 'both messages');
  const ask = (
    code: number,
    extFields: Record<string, string>,
    body?: Uint8Array,
  ): Promise<RemotingCommand> =>
    cluster.finish(
      cluster.broker.ask('G', consumer.clientId, requestCommand(code, { extFields, ...(body && { body }) })),
    );
  const queue = { topic: 'T', brokerName: 'broker-a', queueId: 0 };

  const status = await ask(RequestCode.GET_CONSUMER_STATUS_FROM_CLIENT, { topic: 'T', group: 'G' });
  expect([...GetConsumerStatusBody.decode(status.body).messageQueueTable]).toEqual([[queue, 2]]);

  const info = await ask(RequestCode.GET_CONSUMER_RUNNING_INFO, {
    consumerGroup: 'G',
    clientId: consumer.clientId,
  });
  const { properties, mqTable, statusTable } = ConsumerRunningInfo.decode(info.body);
  expect(properties.get('PROP_NAMESERVER_ADDR')).toBe(cluster.nameServerAddress);
  expect([...mqTable].find(([{ topic }]) => topic === 'T')?.[1]).toMatchObject({
    commitOffset: 2,
    cachedMsgCount: 0,
    droped: false,
  });
  expect(statusTable.get('T')?.consumeOKTPS).toBeGreaterThan(0);

  const unknown = await ask(RequestCode.GET_CONSUMER_RUNNING_INFO, {
    consumerGroup: 'X',
    clientId: consumer.clientId,
  });
  expect(unknown).toMatchObject({ code: 1, remark: expect.stringContaining('no consumer of group X') });

  const record = encodeRecord({
    topic: 'T',
    queueId: 0,
    flag: 0,
    sysFlag: 0,
    queueOffset: 9,
    commitLogOffset: 9,
    bornTimestamp: 0,
    storeTimestamp: 0,
    bornHost: { host: '127.0.0.1', port: 1 },
    storeHost: { host: '127.0.0.1', port: 2 },
    reconsumeTimes: 0,
    preparedTransactionOffset: 0,
    body: Buffer.from('directly'),
    properties: '',
  });
  const consumed = await ask(
    RequestCode.CONSUME_MESSAGE_DIRECTLY,
    { consumerGroup: 'G', brokerName: 'broker-a' },
    record,
  );
  expect(ConsumeMessageDirectlyResult.decode(consumed.body)).toMatchObject({
    consumeResult: 'CR_THROW_EXCEPTION',
    remark: 'Error: not this one',
  });
});

test('tags that only have the same hash are filtered out here', async () => {
  const cluster = await startCluster();
  // 'Aa' and 'BB' have the same hash code.
  cluster.broker.store('T', 0, { body: 'wanted', properties: { TAGS: 'Aa' } });
  cluster.broker.store('T', 0, { body: 'not wanted', properties: { TAGS: 'BB' } });
  const { received, bodies } = await consume(cluster, { consumeConcurrency: 1 });
  await cluster.until(() => received.length === 2, 'without a filter both come');
  const filtering = await consume(cluster, { group: 'H' });
  cluster.createTopic('%RETRY%H');
  await filtering.consumer.subscribe('T', 'Aa');
  await cluster.clock.advance(2_000);
  cluster.broker.store('T', 0, { body: 'wanted too', properties: { TAGS: 'Aa' } });
  cluster.broker.store('T', 0, { body: 'nor this', properties: { TAGS: 'BB' } });
  await cluster.until(() => filtering.bodies().includes('wanted too'), 'the wanted one');
  await cluster.clock.advance(1_000);
  expect(filtering.bodies()).not.toContain('nor this');
  expect(bodies()).toContain('nor this');
});

test.each([
  ['group', { group: 'a b' }, 'illegal characters'],
  ['concurrency', { consumeConcurrency: 0 }, 'consumeConcurrency is 0'],
  ['neither name servers nor client', { nameServers: undefined }, 'neither is given'],
  ['name server address', { nameServers: 'localhost' }, 'expected host:port'],
])('impossible options are refused: %s', (_, options, reason) => {
  const make = (): PushConsumer =>
    new PushConsumer({
      group: 'G',
      nameServers: '127.0.0.1:9876',
      messageListener: () => 'CONSUME_SUCCESS',
      ...options,
    } as PushConsumerOptions);
  expect(make).toThrow(reason);
});

test.each(['A || ', '|| A', 'A || *'])('the tag expression %j is refused', async (tagExpression) => {
  const cluster = await FakeCluster.start();
  const { nameServerAddress: nameServers, environment } = cluster;
  const consumer = new PushConsumer({
    group: 'G',
    nameServers,
    environment,
    messageListener: () => 'CONSUME_SUCCESS',
  });
  await expect(consumer.subscribe('T', tagExpression)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
});

test('start fails clearly when no name server answers, and leaves nothing behind', async () => {
  const cluster = await FakeCluster.start();
  await cluster.stopNameServer();
  await expect(consume(cluster)).rejects.toMatchObject({ code: 'NAME_SERVER_UNAVAILABLE' });
  expect(cluster.heldProcesses).toBe(0);
});

function queuesOf({ consumer }: Consuming): number[] {
  return consumer.assignedQueues
    .filter(({ topic }) => topic === 'T')
    .map(({ queueId }) => queueId)
    .toSorted((one, other) => one - other);
}

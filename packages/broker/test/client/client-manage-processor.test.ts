import {
  type ConsumerData,
  ConsumerConnection,
  GetConsumerListByGroupResponseBody,
  HeartbeatData,
  ProducerConnection,
  ProducerTableInfo,
  type RemotingCommand,
  RequestCode,
  ResponseCode,
  TopicConfig,
  buildSubscriptionData,
  responseTo,
} from '@centaurmq/protocol';
import type { RemotingClient } from '@centaurmq/remoting';
import { describe, expect, it } from 'vitest';
import { BrokerFixture } from '../broker-fixture.ts';

interface TestClient {
  readonly id: string;
  readonly client: RemotingClient;
  /** Groups whose change it was told of. */
  readonly told: string[];
}

function testClient(fixture: BrokerFixture, id: string): TestClient {
  const client = fixture.client();
  const told: string[] = [];
  client.register(RequestCode.NOTIFY_CONSUMER_IDS_CHANGED, (request) => {
    told.push(request.extFields['consumerGroup'] ?? '');
    return null;
  });
  return { id, client, told };
}

function beat(
  fixture: BrokerFixture,
  { id, client }: TestClient,
  given: {
    group?: string;
    topics?: string[];
    consumer?: Partial<ConsumerData>;
    heartbeat?: Partial<HeartbeatData>;
  } = {},
): Promise<RemotingCommand> {
  const consumer: ConsumerData = {
    groupName: given.group ?? 'G',
    consumeType: 'CONSUME_PASSIVELY',
    messageModel: 'CLUSTERING',
    consumeFromWhere: 'CONSUME_FROM_LAST_OFFSET',
    unitMode: false,
    subscriptionDataSet: (given.topics ?? ['T']).map((topic) => buildSubscriptionData(topic, '*', 1)),
    ...given.consumer,
  };
  const heartbeat: HeartbeatData = {
    clientID: id,
    producerDataSet: [{ groupName: 'P' }],
    consumerDataSet: [consumer],
    heartbeatFingerprint: 0,
    withoutSub: false,
    ...given.heartbeat,
  };
  return fixture.ask(RequestCode.HEART_BEAT, {}, { client, body: HeartbeatData.encode(heartbeat) });
}

async function members(fixture: BrokerFixture, group = 'G'): Promise<readonly string[] | number> {
  const answer = await fixture.ask(RequestCode.GET_CONSUMER_LIST_BY_GROUP, { consumerGroup: group });
  return answer.code === 0
    ? GetConsumerListByGroupResponseBody.decode(answer.body).consumerIdList
    : answer.code;
}

describe('a client', () => {
  it('is listed right after its heartbeat, and its group has a retry topic', async () => {
    await using fixture = await BrokerFixture.start();
    const one = testClient(fixture, 'one');
    expect(await members(fixture)).toBe(ResponseCode.SYSTEM_ERROR);
    const answer = await beat(fixture, one);
    expect(answer.version).toBe(479);
    expect(answer.extFields).toEqual({ IS_SUPPORT_HEART_BEAT_V2: 'true', IS_SUB_CHANGE: 'true' });
    expect(await members(fixture)).toEqual(['one']);
    const retry = await fixture.askFor(TopicConfig, RequestCode.GET_TOPIC_CONFIG, { topic: '%RETRY%G' });
    expect(retry).toMatchObject({ readQueueNums: 1, writeQueueNums: 1, perm: 6, order: false });
  });

  it('makes all members of its group look again when it comes, leaves, or closes', async () => {
    await using fixture = await BrokerFixture.start();
    const [one, two] = [testClient(fixture, 'one'), testClient(fixture, 'two')];
    await beat(fixture, one);
    await beat(fixture, two);
    await beat(fixture, two);
    await fixture.clock.advance(0);
    expect([one.told, two.told]).toEqual([['G', 'G'], ['G']]);
    const leave = { clientID: 'two', consumerGroup: 'G', producerGroup: 'P' };
    await fixture.ask(RequestCode.UNREGISTER_CLIENT, leave, { client: two.client });
    expect(await members(fixture)).toEqual(['one']);
    expect(one.told).toHaveLength(3);
    await beat(fixture, two);
    await fixture.settled(two.client.close());
    expect(await members(fixture)).toEqual(['one']);
    expect(one.told).toHaveLength(5);
  });

  it('is told in batches of 15 s when the broker is set so', async () => {
    await using fixture = await BrokerFixture.start({ realTimeNotifyConsumerChange: false });
    const [one, two] = [testClient(fixture, 'one'), testClient(fixture, 'two')];
    await beat(fixture, one);
    await beat(fixture, two);
    await fixture.clock.advance(14_999);
    expect(one.told).toEqual([]);
    await fixture.clock.advance(1);
    expect([one.told, two.told]).toEqual([['G'], ['G']]);
  });

  it('is forgotten when it sends no heartbeat for 120 s, and its connection closed, whatever else it asks', async () => {
    await using fixture = await BrokerFixture.start();
    const one = testClient(fixture, 'one');
    await beat(fixture, one);
    for (let second = 0; second < 110; second += 10) {
      await fixture.clock.advance(10_000);
      await fixture.ask(RequestCode.GET_BROKER_CONFIG, {}, { client: one.client });
    }
    expect(await members(fixture)).toEqual(['one']);
    await fixture.clock.advance(10_000);
    await fixture.ask(RequestCode.GET_BROKER_CONFIG, {}, { client: one.client });
    let closed = 0;
    one.client.onConnectionClosed(() => closed++);
    await fixture.clock.advance(10_001);
    expect(await members(fixture)).toBe(ResponseCode.SYSTEM_ERROR);
    expect(closed).toBe(1);
  });

  it('is shown with its connections and subscriptions', async () => {
    await using fixture = await BrokerFixture.start();
    const one = testClient(fixture, 'one');
    await beat(fixture, one, { topics: ['T', 'U'] });
    const consumer = await fixture.askFor(ConsumerConnection, RequestCode.GET_CONSUMER_CONNECTION_LIST, {
      consumerGroup: 'G',
    });
    expect(consumer).toMatchObject({ consumeType: 'CONSUME_PASSIVELY', messageModel: 'CLUSTERING' });
    expect(consumer.connectionSet).toEqual([
      {
        clientAddr: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
        clientId: 'one',
        language: 'NODE_JS',
        version: 479,
      },
    ]);
    expect([...consumer.subscriptionTable.keys()]).toEqual(['T', 'U']);
    const producer = { producerGroup: 'P' };
    const { connectionSet } = await fixture.askFor(
      ProducerConnection,
      RequestCode.GET_PRODUCER_CONNECTION_LIST,
      producer,
    );
    expect(connectionSet).toEqual(consumer.connectionSet);
    const { data } = await fixture.askFor(ProducerTableInfo, RequestCode.GET_ALL_PRODUCER_INFO);
    expect(data.get('P')).toHaveLength(1);
    const offline = await fixture.ask(RequestCode.GET_CONSUMER_CONNECTION_LIST, { consumerGroup: 'Nobody' });
    expect(offline.code).toBe(ResponseCode.CONSUMER_NOT_ONLINE);
    const unknown = await fixture.ask(RequestCode.GET_PRODUCER_CONNECTION_LIST, { producerGroup: 'Nobody' });
    expect(unknown.code).toBe(ResponseCode.SYSTEM_ERROR);
  });

  it('keeps its subscriptions over a heartbeat V2 without them, and is told when the group changed them', async () => {
    await using fixture = await BrokerFixture.start();
    const one = testClient(fixture, 'one');
    const changed = async (heartbeat: Partial<HeartbeatData>, topics: string[]) =>
      (await beat(fixture, one, { heartbeat, topics })).extFields['IS_SUB_CHANGE'];
    expect(await changed({ heartbeatFingerprint: 7 }, ['T'])).toBe('false');
    expect(await changed({ heartbeatFingerprint: 7, withoutSub: true }, [])).toBe('false');
    expect(await changed({ heartbeatFingerprint: 8, withoutSub: true }, [])).toBe('true');
    const question = { consumerGroup: 'G' };
    const { subscriptionTable } = await fixture.askFor(
      ConsumerConnection,
      RequestCode.GET_CONSUMER_CONNECTION_LIST,
      question,
    );
    expect([...subscriptionTable.keys()]).toEqual(['T']);
  });

  it('has no place when its group may not be created', async () => {
    await using fixture = await BrokerFixture.start({ autoCreateSubscriptionGroup: false });
    expect((await beat(fixture, testClient(fixture, 'one'))).code).toBe(ResponseCode.SUCCESS);
    expect(await members(fixture)).toBe(ResponseCode.SYSTEM_ERROR);
  });

  it('gets an ordered retry topic when it consumes an ordered topic', async () => {
    await using fixture = await BrokerFixture.start();
    await fixture.createTopic('T', { order: 'true' });
    await beat(fixture, testClient(fixture, 'one'));
    const retry = await fixture.askFor(TopicConfig, RequestCode.GET_TOPIC_CONFIG, { topic: '%RETRY%G' });
    expect(retry.order).toBe(true);
  });

  it('is not let into more groups than a client can mean', async () => {
    await using fixture = await BrokerFixture.start();
    const producerDataSet = Array.from({ length: 10_001 }, (_, index) => ({ groupName: `P${index}` }));
    const answer = await beat(fixture, testClient(fixture, 'one'), { heartbeat: { producerDataSet } });
    expect(answer.remark).toBe('client one is in 10002 groups, expected at most 10000');
    expect(await members(fixture)).toBe(ResponseCode.SYSTEM_ERROR);
  });

  it('is answered when its heartbeat is garbage, and keeps its connection', async () => {
    await using fixture = await BrokerFixture.start();
    const { client } = testClient(fixture, 'one');
    const answer = await fixture.ask(
      RequestCode.HEART_BEAT,
      {},
      { client, body: Buffer.from('{"clientID":') },
    );
    expect(answer.code).toBe(ResponseCode.SYSTEM_ERROR);
    expect((await fixture.ask(RequestCode.GET_BROKER_CONFIG, {}, { client })).code).toBe(0);
  });
});

describe('an administrator asks a consumer', () => {
  it('307: the question and the answer pass through unchanged', async () => {
    await using fixture = await BrokerFixture.start();
    const one = testClient(fixture, 'one');
    one.client.register(RequestCode.GET_CONSUMER_RUNNING_INFO, (request) =>
      responseTo(request, ResponseCode.SUCCESS, { body: Buffer.from(JSON.stringify(request.extFields)) }),
    );
    await beat(fixture, one);
    const question = { consumerGroup: 'G', clientId: 'one', jstackEnable: 'false' };
    const answer = await fixture.ask(RequestCode.GET_CONSUMER_RUNNING_INFO, question);
    expect(JSON.parse(Buffer.from(answer.body).toString())).toEqual(question);
    const offline = await fixture.ask(RequestCode.GET_CONSUMER_RUNNING_INFO, {
      ...question,
      clientId: 'two',
    });
    expect([offline.code, offline.remark]).toEqual([1, 'The Consumer <G> <two> not online']);
  });

  it('307: a consumer that does not answer is code 207', async () => {
    await using fixture = await BrokerFixture.start();
    const one = testClient(fixture, 'one');
    one.client.register(RequestCode.GET_CONSUMER_RUNNING_INFO, () => null);
    await beat(fixture, one);
    const question = { consumerGroup: 'G', clientId: 'one', jstackEnable: 'false' };
    const asking = fixture
      .ask(RequestCode.GET_CONSUMER_RUNNING_INFO, question)
      .catch((error: unknown) => error);
    await fixture.clock.advance(10_000);
    const answer = await asking;
    expect(answer).toMatchObject({ code: ResponseCode.CONSUME_MSG_TIMEOUT });
  });

  it('309: the stored message goes along', async () => {
    await using fixture = await BrokerFixture.start();
    const one = testClient(fixture, 'one');
    const received: RemotingCommand[] = [];
    one.client.register(RequestCode.CONSUME_MESSAGE_DIRECTLY, (request) => {
      received.push(request);
      return responseTo(request, ResponseCode.SUCCESS);
    });
    await beat(fixture, one);
    const sent = await fixture.send('T', 'hello');
    const question = {
      consumerGroup: 'G',
      clientId: 'one',
      msgId: sent.extFields['msgId'] ?? '',
      topic: 'T',
    };
    expect((await fixture.ask(RequestCode.CONSUME_MESSAGE_DIRECTLY, question)).code).toBe(0);
    expect(Buffer.from(received[0]?.body ?? []).toString('latin1')).toContain('hello');
    expect(received[0]?.extFields).toMatchObject({
      brokerName: 'broker-a',
      topicSysFlag: '0',
      groupSysFlag: '0',
    });
    const unknown = await fixture.ask(RequestCode.CONSUME_MESSAGE_DIRECTLY, {
      ...question,
      msgId: 'nonsense',
    });
    expect(unknown.code).toBe(ResponseCode.SYSTEM_ERROR);
  });

  it('223: the offsets of all instances, by client', async () => {
    await using fixture = await BrokerFixture.start();
    for (const id of ['one', 'two']) {
      const { client, ...rest } = testClient(fixture, id);
      client.register(RequestCode.GET_CONSUMER_STATUS_FROM_CLIENT, (request) => {
        const table = '{"messageQueueTable":{{"brokerName":"broker-a","queueId":0,"topic":"T"}:5}}';
        return responseTo(request, ResponseCode.SUCCESS, { body: Buffer.from(table) });
      });
      await beat(fixture, { client, ...rest });
    }
    const answer = await fixture.ask(RequestCode.INVOKE_BROKER_TO_GET_CONSUMER_STATUS, {
      topic: 'T',
      group: 'G',
    });
    const table = '{{"brokerName":"broker-a","queueId":0,"topic":"T"}:5}';
    expect(Buffer.from(answer.body).toString()).toContain(`"consumerTable":{"one":${table},"two":${table}}`);
  });
});

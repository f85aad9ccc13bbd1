import {
  CreateTopicListRequestBody,
  RegisterBrokerBody,
  RequestCode,
  ResponseCode,
  TopicConfig,
  TopicConfigAndMappingSerializeWrapper,
  TopicList,
  TopicStatsTable,
  requestCommand,
} from '@centaurmq/protocol';
import { describe, expect, it } from 'vitest';
import { topicConfig } from '../../src/topic/topic-config.ts';
import { BrokerFixture, topicFields } from '../broker-fixture.ts';

function lastRegistered({ registrations }: BrokerFixture): string[] {
  const last = registrations.findLast(({ code }) => code === RequestCode.REGISTER_BROKER);
  if (last === undefined) return [];
  return [...RegisterBrokerBody.decode(last.body).topicConfigSerializeWrapper.topicConfigTable.keys()];
}

describe('topics by an administrator', () => {
  it('are known to the name server and in the answers when the creation is answered', async () => {
    await using fixture = await BrokerFixture.start();
    const created = await fixture.createTopic('T', { attributes: '+message.type=FIFO,+ack.level=fsync' });
    expect(created.code).toBe(ResponseCode.SUCCESS);
    expect(lastRegistered(fixture)).toContain('T');
    const topic = await fixture.askFor(TopicConfig, RequestCode.GET_TOPIC_CONFIG, { topic: 'T' });
    expect(topic).toEqual(
      topicConfig('T', {
        readQueueNums: 2,
        writeQueueNums: 2,
        attributes: new Map([
          ['message.type', 'FIFO'],
          ['ack.level', 'fsync'],
        ]),
      }),
    );
  });

  it('wait for a slow name server, but for no longer than a second', async () => {
    await using fixture = await BrokerFixture.start();
    const releases: (() => void)[] = [];
    fixture.nameServerReady = new Promise((resolve) => {
      releases.push(resolve);
    });
    let answered = false;
    const request = requestCommand(RequestCode.UPDATE_AND_CREATE_TOPIC, { extFields: topicFields('T') });
    const sending = fixture.client().invoke('127.0.0.1:10911', request, { timeoutMillis: 60_000 });
    const creating = sending.finally(() => {
      answered = true;
    });
    await fixture.clock.advance(999);
    expect(answered).toBe(false);
    await fixture.clock.advance(1);
    expect((await creating).code).toBe(ResponseCode.SUCCESS);
    for (const release of releases) release();
  });

  it.each([
    ['a b', {}, ResponseCode.INVALID_PARAMETER, 'contains illegal characters'],
    ['x'.repeat(128), {}, ResponseCode.INVALID_PARAMETER, 'is longer than topic max length'],
    ['TBW102', {}, ResponseCode.INVALID_PARAMETER, 'The topic[TBW102] is conflict with system topic.'],
    ['broker-a', {}, ResponseCode.INVALID_PARAMETER, 'The topic[broker-a] is conflict with system topic.'],
    [
      'T',
      { readQueueNums: '-1' },
      ResponseCode.INVALID_PARAMETER,
      'readQueueNums of topic T: expected between 0',
    ],
    [
      'T',
      { perm: '99' },
      ResponseCode.INVALID_PARAMETER,
      'perm of topic T: expected between 0 and 15, found 99',
    ],
    [
      'T',
      { attributes: '+message.type=MIXED' },
      ResponseCode.INVALID_PARAMETER,
      'MIXED message type is not supported.',
    ],
    ['T', { attributes: '+colour=red' }, ResponseCode.SYSTEM_ERROR, 'unsupported key: colour'],
    ['T', { attributes: 'colour' }, ResponseCode.SYSTEM_ERROR, 'malformed'],
  ])('are refused: %s %j', async (topic, given, code, remark) => {
    await using fixture = await BrokerFixture.start();
    const answer = await fixture.createTopic(topic, given);
    expect([answer.code, answer.remark]).toEqual([code, expect.stringContaining(remark)]);
  });

  it('come in lists, all or none', async () => {
    await using fixture = await BrokerFixture.start();
    const list = (...names: string[]) => ({
      body: CreateTopicListRequestBody.encode({ topicConfigList: names.map((name) => topicConfig(name)) }),
    });
    const refused = await fixture.ask(RequestCode.UPDATE_AND_CREATE_TOPIC_LIST, {}, list('A', 'a b'));
    expect(refused.code).toBe(ResponseCode.INVALID_PARAMETER);
    expect((await fixture.ask(RequestCode.GET_TOPIC_CONFIG, { topic: 'A' })).code).toBe(
      ResponseCode.TOPIC_NOT_EXIST,
    );
    expect((await fixture.ask(RequestCode.UPDATE_AND_CREATE_TOPIC_LIST, {}, list('A', 'B'))).code).toBe(0);
    expect(lastRegistered(fixture)).toEqual(expect.arrayContaining(['A', 'B']));
  });

  it('are gone with their queues and offsets after deletion, and begin anew', async () => {
    await using fixture = await BrokerFixture.start();
    await fixture.createTopic('T');
    await fixture.send('T', 'old');
    await fixture.ask(
      RequestCode.UPDATE_AND_CREATE_SUBSCRIPTIONGROUP,
      {},
      { body: Buffer.from('{"groupName":"G"}') },
    );
    expect((await fixture.commitOffset('G', 'T', 0, 1)).code).toBe(0);
    expect((await fixture.ask(RequestCode.DELETE_TOPIC_IN_BROKER, { topic: 'T' })).code).toBe(0);
    expect(lastRegistered(fixture)).not.toContain('T');
    expect((await fixture.ask(RequestCode.GET_TOPIC_CONFIG, { topic: 'T' })).code).toBe(
      ResponseCode.TOPIC_NOT_EXIST,
    );
    const question = { group: 'G' };
    expect(
      (await fixture.askFor(TopicList, RequestCode.QUERY_TOPICS_BY_CONSUMER, question)).topicList,
    ).toEqual([]);
    await fixture.createTopic('T');
    const stats = await fixture.askFor(TopicStatsTable, RequestCode.GET_TOPIC_STATS_INFO, { topic: 'T' });
    expect([...stats.offsetTable.values()].map(({ maxOffset }) => maxOffset)).toEqual([0, 0]);
  });

  it('of the system cannot be deleted', async () => {
    await using fixture = await BrokerFixture.start();
    const answer = await fixture.ask(RequestCode.DELETE_TOPIC_IN_BROKER, { topic: 'SCHEDULE_TOPIC_XXXX' });
    expect(answer.code).toBe(ResponseCode.INVALID_PARAMETER);
    const blank = await fixture.ask(RequestCode.DELETE_TOPIC_IN_BROKER, { topic: ' ' });
    expect(blank.remark).toBe('The specified topic is blank.');
  });
});

describe('questions about topics', () => {
  it('21 answers all without a header, and pages when asked', async () => {
    await using fixture = await BrokerFixture.start();
    await fixture.createTopic('T');
    const all = await fixture.ask(RequestCode.GET_ALL_TOPIC_CONFIG);
    const wrapper = TopicConfigAndMappingSerializeWrapper.decode(all.body);
    expect(all.extFields['totalTopicNum']).toBe(String(wrapper.topicConfigTable.size));
    const dataVersion = JSON.stringify(wrapper.dataVersion);
    const page = async (topicSeq: number, version: string) => {
      const extFields = { topicSeq: String(topicSeq), maxTopicNum: '3', dataVersion: version };
      const body = await fixture.askFor(
        TopicConfigAndMappingSerializeWrapper,
        RequestCode.GET_ALL_TOPIC_CONFIG,
        extFields,
      );
      return [...body.topicConfigTable.keys()];
    };
    const names = [...wrapper.topicConfigTable.keys()].toSorted();
    expect(await page(3, dataVersion)).toEqual(names.slice(3, 6));
    expect(await page(3, '{"counter":1,"stateVersion":0,"timestamp":1}')).toEqual(names.slice(0, 3));
    expect(await page(3, '')).toEqual(names.slice(0, 3));
    expect(await page(names.length - 1, dataVersion)).toEqual(names.slice(-1));
  });

  it('202 tells what is in each queue, of the larger number of queues', async () => {
    await using fixture = await BrokerFixture.start();
    await fixture.createTopic('T', { readQueueNums: '3' });
    await fixture.send('T', 'one', 1);
    await fixture.clock.advance(1000);
    await fixture.send('T', 'two', 1);
    const { offsetTable } = await fixture.askFor(TopicStatsTable, RequestCode.GET_TOPIC_STATS_INFO, {
      topic: 'T',
    });
    expect([...offsetTable]).toEqual([
      [
        { topic: 'T', brokerName: 'broker-a', queueId: 0 },
        { minOffset: 0, maxOffset: 0, lastUpdateTimestamp: 0 },
      ],
      [
        { topic: 'T', brokerName: 'broker-a', queueId: 1 },
        { minOffset: 0, maxOffset: 2, lastUpdateTimestamp: fixture.clock.now() },
      ],
      [
        { topic: 'T', brokerName: 'broker-a', queueId: 2 },
        { minOffset: 0, maxOffset: 0, lastUpdateTimestamp: 0 },
      ],
    ]);
    const missing = await fixture.ask(RequestCode.GET_TOPIC_STATS_INFO, { topic: 'Nothing' });
    expect([missing.code, missing.remark]).toEqual([
      ResponseCode.TOPIC_NOT_EXIST,
      'topic[Nothing] not exist',
    ]);
  });

  it('305 lists system topics, those that are only reserved too', async () => {
    await using fixture = await BrokerFixture.start();
    const { topicList } = await fixture.askFor(TopicList, RequestCode.GET_SYSTEM_TOPIC_LIST_FROM_BROKER);
    expect(topicList).toEqual(expect.arrayContaining(['TBW102', 'broker-a', 'TRANS_CHECK_MAX_TIME_TOPIC']));
  });
});

import {
  ConsumeStats,
  ConsumeStatsList,
  GroupList,
  QueryConsumeTimeSpanBody,
  RequestCode,
  ResetOffsetBody,
  ResponseCode,
  TopicList,
} from '@centaurmq/protocol';
import { describe, expect, it } from 'vitest';
import { BrokerFixture } from '../broker-fixture.ts';

/** A topic of two queues; the first has three messages a second apart, of which the group has consumed one. */
async function consumed(): Promise<{ fixture: BrokerFixture; storedAt: number }> {
  const fixture = await BrokerFixture.start();
  await fixture.createTopic('T');
  await fixture.ask(
    RequestCode.UPDATE_AND_CREATE_SUBSCRIPTIONGROUP,
    {},
    { body: Buffer.from('{"groupName":"G"}') },
  );
  const storedAt = fixture.clock.now();
  for (const body of ['one', 'two', 'three']) {
    await fixture.send('T', body);
    await fixture.clock.advance(1000);
  }
  await fixture.commitOffset('G', 'T', 0, 1);
  return { fixture, storedAt };
}

const queue = (queueId: number) => ({ topic: 'T', brokerName: 'broker-a', queueId });

describe('how far groups have consumed', () => {
  it('208: ends, offsets and the time of the last message consumed', async () => {
    const { fixture, storedAt } = await consumed();
    await using _ = fixture;
    const stats = await fixture.askFor(ConsumeStats, RequestCode.GET_CONSUME_STATS, { consumerGroup: 'G' });
    expect([...stats.offsetTable]).toEqual([
      [queue(0), { brokerOffset: 3, consumerOffset: 1, pullOffset: 1, lastTimestamp: storedAt }],
      [queue(1), { brokerOffset: 0, consumerOffset: 0, pullOffset: 0, lastTimestamp: 0 }],
    ]);
    const nobody = await fixture.askFor(ConsumeStats, RequestCode.GET_CONSUME_STATS, {
      consumerGroup: 'Nobody',
    });
    expect(nobody.offsetTable.size).toBe(0);
    const listed = { consumerGroup: 'Nobody', topicList: 'T;Nothing' };
    expect((await fixture.askFor(ConsumeStats, RequestCode.GET_CONSUME_STATS, listed)).offsetTable.size).toBe(
      2,
    );
  });

  it('317: all groups of the broker, and what is left in all', async () => {
    const { fixture } = await consumed();
    await using _ = fixture;
    const list = await fixture.askFor(ConsumeStatsList, RequestCode.GET_BROKER_CONSUME_STATS, {
      isOrder: 'false',
    });
    expect(list).toMatchObject({ brokerAddr: '127.0.0.1:10911', totalDiff: 2, totalInflightDiff: 0 });
    expect(list.consumeStatsList.find((stats) => stats.has('G'))?.get('G')).toHaveLength(1);
    const ordered = await fixture.askFor(ConsumeStatsList, RequestCode.GET_BROKER_CONSUME_STATS, {
      isOrder: 'true',
    });
    expect(ordered.totalDiff).toBe(0);
  });

  it('303: times of the first, the last and the next message', async () => {
    const { fixture, storedAt } = await consumed();
    await using _ = fixture;
    const question = { topic: 'T', group: 'G' };
    const { consumeTimeSpanSet } = await fixture.askFor(
      QueryConsumeTimeSpanBody,
      RequestCode.QUERY_CONSUME_TIME_SPAN,
      question,
    );
    expect(consumeTimeSpanSet[0]).toEqual({
      messageQueue: queue(0),
      minTimeStamp: storedAt,
      maxTimeStamp: storedAt + 2000,
      consumeTimeStamp: storedAt,
      delayTime: fixture.clock.now() - (storedAt + 1000),
    });
    expect(consumeTimeSpanSet[1]).toMatchObject({ minTimeStamp: -1, delayTime: 0 });
  });

  it('300 and 343: who consumed the topic, what the group consumed', async () => {
    const { fixture } = await consumed();
    await using _ = fixture;
    const who = await fixture.askFor(GroupList, RequestCode.QUERY_TOPIC_CONSUME_BY_WHO, { topic: 'T' });
    expect(who.groupList).toEqual(['G']);
    const what = await fixture.askFor(TopicList, RequestCode.QUERY_TOPICS_BY_CONSUMER, { group: 'G' });
    expect(what).toEqual({ brokerAddr: '127.0.0.1:10911', topicList: ['T'] });
  });
});

describe('moving offsets', () => {
  const offsetOf = async (fixture: BrokerFixture, group: string) => {
    const question = { consumerGroup: group, topic: 'T', queueId: '0' };
    return (await fixture.ask(RequestCode.QUERY_CONSUMER_OFFSET, question)).extFields['offset'];
  };
  const pull = async (fixture: BrokerFixture) => {
    const extFields = {
      consumerGroup: 'G',
      topic: 'T',
      queueId: '0',
      queueOffset: '1',
      maxMsgNums: '32',
      sysFlag: '4',
      commitOffset: '0',
      suspendTimeoutMillis: '0',
      subscription: '*',
      subVersion: '0',
    };
    return fixture.ask(RequestCode.PULL_MESSAGE, extFields);
  };

  it('222 by time: the next pull learns of it, and commits in between do not count', async () => {
    const { fixture, storedAt } = await consumed();
    await using _ = fixture;
    const wanted = { topic: 'T', group: 'G', timestamp: String(storedAt + 1500), isForce: 'true' };
    const reset = await fixture.askFor(ResetOffsetBody, RequestCode.INVOKE_BROKER_TO_RESET_OFFSET, wanted);
    expect([...reset.offsetTable]).toEqual([
      [queue(0), 2],
      [queue(1), 0],
    ]);
    await fixture.commitOffset('G', 'T', 0, 3);
    expect(await offsetOf(fixture, 'G')).toBe('2');
    const pulled = await pull(fixture);
    expect([pulled.code, pulled.extFields['nextBeginOffset']]).toEqual([ResponseCode.PULL_OFFSET_MOVED, '2']);
    expect((await pull(fixture)).code).toBe(ResponseCode.SUCCESS);
  });

  it('222 to the end, and to an offset of one queue', async () => {
    const { fixture } = await consumed();
    await using _ = fixture;
    const end = { topic: 'T', group: 'G', timestamp: '-1', isForce: 'true' };
    await fixture.ask(RequestCode.INVOKE_BROKER_TO_RESET_OFFSET, end);
    expect(await offsetOf(fixture, 'G')).toBe('3');
    const one = { ...end, queueId: '0', offset: '2' };
    await fixture.ask(RequestCode.INVOKE_BROKER_TO_RESET_OFFSET, one);
    expect(await offsetOf(fixture, 'G')).toBe('2');
  });

  it.each([
    [{ topic: 'Nothing', group: 'G' }, ResponseCode.TOPIC_NOT_EXIST, 'Topic Nothing does not exist'],
    [
      { topic: 'T', group: 'Nobody' },
      ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST,
      'Group Nobody does not exist',
    ],
    [
      { topic: 'T', group: 'G', queueId: '0', offset: '9' },
      ResponseCode.SYSTEM_ERROR,
      'Target offset 9 not in consume queue range [0-3]',
    ],
  ])('222 refuses %j', async (wanted, code, remark) => {
    const { fixture } = await consumed();
    await using _ = fixture;
    const answer = await fixture.ask(RequestCode.INVOKE_BROKER_TO_RESET_OFFSET, {
      timestamp: '0',
      isForce: 'true',
      ...wanted,
    });
    expect([answer.code, answer.remark]).toEqual([code, remark]);
  });

  it('314 copies the offsets of a group', async () => {
    const { fixture } = await consumed();
    await using _ = fixture;
    await fixture.ask(RequestCode.CLONE_GROUP_OFFSET, { srcGroup: 'G', destGroup: 'H', offline: 'true' });
    expect(await offsetOf(fixture, 'H')).toBe('1');
  });

  it('43 tells all offsets', async () => {
    const { fixture } = await consumed();
    await using _ = fixture;
    const answer = await fixture.ask(RequestCode.GET_ALL_CONSUMER_OFFSET);
    expect(JSON.parse(Buffer.from(answer.body).toString())).toEqual({ offsetTable: { 'T@G': { 0: 1 } } });
  });
});

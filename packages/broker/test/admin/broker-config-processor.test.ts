import { BrokerStatsData, KVTable, RegisterBrokerBody, RequestCode, ResponseCode } from '@centaurmq/protocol';
import { describe, expect, it } from 'vitest';
import { parseProperties } from '../../src/config/broker-properties.ts';
import { BrokerFixture, sendFields } from '../broker-fixture.ts';

const update = (fixture: BrokerFixture, text: string) =>
  fixture.ask(RequestCode.UPDATE_BROKER_CONFIG, {}, { body: Buffer.from(text) });

async function configOf(fixture: BrokerFixture): Promise<Map<string, string>> {
  const answer = await fixture.ask(RequestCode.GET_BROKER_CONFIG);
  expect(JSON.parse(answer.extFields['version'] ?? '')).toHaveProperty('counter');
  return new Map(parseProperties(Buffer.from(answer.body).toString()));
}

describe('the configuration', () => {
  it('is told and changed while the broker runs', async () => {
    await using fixture = await BrokerFixture.start();
    expect((await configOf(fixture)).get('autoCreateTopicEnable')).toBe('true');
    expect((await update(fixture, 'autoCreateTopicEnable=false\nunknownKey=1\n')).code).toBe(0);
    expect((await configOf(fixture)).get('autoCreateTopicEnable')).toBe('false');
    expect((await fixture.send('New', 'x')).code).toBe(ResponseCode.TOPIC_NOT_EXIST);
  });

  it.each([
    ['fileReservedTime=soon', ResponseCode.SYSTEM_ERROR, 'fileReservedTime: expected a whole number'],
    ['listenPort=1', ResponseCode.SYSTEM_ERROR, 'because it takes a restart to change it'],
    ['rocketmqHome=/tmp', ResponseCode.NO_PERMISSION, 'black list'],
  ])('is not changed by %s', async (text, code, remark) => {
    await using fixture = await BrokerFixture.start();
    const answer = await update(fixture, `autoCreateTopicEnable=false\n${text}\n`);
    expect([answer.code, answer.remark]).toEqual([code, expect.stringContaining(remark)]);
    expect((await configOf(fixture)).get('autoCreateTopicEnable')).toBe('true');
  });

  it('tells the name servers when the permission of the broker changes', async () => {
    await using fixture = await BrokerFixture.start();
    await fixture.createTopic('T');
    await update(fixture, 'brokerPermission=4\n');
    const last = fixture.registrations.at(-1);
    const { topicConfigTable } = RegisterBrokerBody.decode(
      last?.body ?? Buffer.alloc(0),
    ).topicConfigSerializeWrapper;
    expect(topicConfigTable.get('T')?.perm).toBe(4);
    expect(topicConfigTable.get('TBW102')?.perm).toBe(5);
  });
});

describe('how the broker is doing', () => {
  it('28: every value that tools parse, in its form', async () => {
    await using fixture = await BrokerFixture.start();
    await fixture.send('T', 'one');
    await fixture.send('T', 'two');
    await fixture.clock.advance(10_000);
    const { table } = await fixture.askFor(KVTable, RequestCode.GET_BROKER_RUNTIME_INFO);
    const three = expect.stringMatching(/^\d+\.\d+ \d+\.\d+ \d+\.\d+$/);
    const whole = expect.stringMatching(/^-?\d+$/);
    expect(Object.fromEntries(table)).toMatchObject({
      brokerVersionDesc: 'V5_3_3',
      brokerVersion: '479',
      brokerActive: 'true',
      putTps: '0.2 0.2 0.2',
      getTransferredTps: three,
      getTotalTps: three,
      msgPutTotalTodayNow: '2',
      msgPutTotalTodayMorning: '0',
      msgPutTotalYesterdayMorning: '0',
      msgGetTotalTodayNow: '0',
      sendThreadPoolQueueSize: '0',
      sendThreadPoolQueueHeadWaitTimeMills: '0',
      pullThreadPoolQueueHeadWaitTimeMills: '0',
      ackThreadPoolQueueHeadWaitTimeMills: '0',
      pageCacheLockTimeMills: whole,
      earliestMessageTimeStamp: String(fixture.clock.now() - 10_000),
      commitLogDiskRatio: expect.stringMatching(/^0\.\d+$/),
      commitLogMinOffset: '0',
      timerReadBehind: '0',
      timerEnqueueTps: '0.0',
      putMessageTimesTotal: '2',
      // In the background, as both messages came at level os.
      groupCommitTimesTotal: '1',
      bootTimestamp: String(fixture.clock.now() - 10_000),
      runtime: '[ 0 days, 0 hours, 0 minutes, 10 seconds ]',
    });
  });

  it('28: how far each delay level in use has been delivered', async () => {
    await using fixture = await BrokerFixture.start();
    await fixture.send('T', 'now');
    const delayed = { topic: 'T', properties: 'DELAY\u00013\u0002' };
    await fixture.ask(
      RequestCode.SEND_MESSAGE,
      { ...sendFields('T'), ...delayed },
      { body: Buffer.from('later') },
    );
    const levels = async () => {
      const { table } = await fixture.askFor(KVTable, RequestCode.GET_BROKER_RUNTIME_INFO);
      return [...table].filter(([key]) => key.startsWith('scheduleMessageOffset_'));
    };
    expect(await levels()).toEqual([['scheduleMessageOffset_3', '0,1']]);
    await fixture.clock.advance(10_000);
    expect(await levels()).toEqual([['scheduleMessageOffset_3', '1,1']]);
  });

  it('315: what a topic and a group did, and code 1 for what is unknown', async () => {
    await using fixture = await BrokerFixture.start();
    await fixture.send('T', 'one');
    await fixture.clock.advance(10_000);
    await fixture.send('T', 'two');
    await fixture.clock.advance(10_000);
    const question = { statsName: 'TOPIC_PUT_NUMS', statsKey: 'T' };
    const { statsMinute } = await fixture.askFor(
      BrokerStatsData,
      RequestCode.VIEW_BROKER_STATS_DATA,
      question,
    );
    expect(statsMinute.sum).toBe(2);
    const unknown = await fixture.ask(RequestCode.VIEW_BROKER_STATS_DATA, { ...question, statsKey: 'U' });
    expect([unknown.code, unknown.remark]).toEqual([1, 'The stats <TOPIC_PUT_NUMS> <U> not exist']);
  });
});

describe('the rest of administration', () => {
  it.each([
    RequestCode.CLEAN_EXPIRED_CONSUMEQUEUE,
    RequestCode.CLEAN_UNUSED_TOPIC,
    RequestCode.DELETE_EXPIRED_COMMITLOG,
    RequestCode.GET_ALL_DELAY_OFFSET,
    RequestCode.GET_ALL_MESSAGE_REQUEST_MODE,
  ])('%i is answered', async (code) => {
    await using fixture = await BrokerFixture.start();
    expect((await fixture.ask(code)).code).toBe(ResponseCode.SUCCESS);
  });

  it('answers code 3 to what it does not know', async () => {
    await using fixture = await BrokerFixture.start();
    for (const code of [RequestCode.TRIGGER_DELETE_FILES, RequestCode.AUTH_CREATE_USER, 31_999])
      expect((await fixture.ask(code)).code).toBe(ResponseCode.REQUEST_CODE_NOT_SUPPORTED);
  });

  it('is served on the port below too, but pulls are not', async () => {
    await using fixture = await BrokerFixture.start();
    const vip = { address: '127.0.0.1:10909' };
    expect((await fixture.ask(RequestCode.GET_BROKER_CONFIG, {}, vip)).code).toBe(ResponseCode.SUCCESS);
    expect((await fixture.ask(RequestCode.GET_ALL_TOPIC_CONFIG, {}, vip)).code).toBe(ResponseCode.SUCCESS);
    for (const code of [RequestCode.PULL_MESSAGE, RequestCode.LITE_PULL_MESSAGE])
      expect((await fixture.ask(code, {}, vip)).code).toBe(ResponseCode.REQUEST_CODE_NOT_SUPPORTED);
  });
});

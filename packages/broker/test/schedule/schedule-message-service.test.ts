import {
  ConsumerSendMsgBackRequestHeader,
  type RemotingCommand,
  RequestCode,
  ResponseCode,
  type StoredMessage,
  decodeRecords,
  parseOffsetMessageId,
  requestCommand,
} from '@centaurmq/protocol';
import { silentLogger } from '@centaurmq/remoting';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  DELAY_OFFSET_TABLE,
  ScheduleMessageService,
  type ScheduleMessageServiceOptions,
} from '../../src/schedule/schedule-message-service.ts';
import {
  type BrokerKit,
  type FrameClient,
  propertiesText,
  sendCommand,
  startBroker,
  temporaryDirectory,
} from '../broker-kit.ts';
import { MemoryMetadata } from '../store/memory-metadata.ts';
import { longPullCommand, pullCommand } from '../pull/pull-command.ts';

let kit: BrokerKit;
let client: FrameClient;

beforeEach(async () => {
  kit = await startBroker();
  client = await kit.connect();
});
afterEach(() => kit.stop());

async function messages(topic: string, queueId = 0): Promise<StoredMessage[]> {
  const pulled = await client.ask(pullCommand({ topic, queueId }));
  return pulled.code === ResponseCode.SUCCESS ? decodeRecords(pulled.body) : [];
}

describe('delayed messages', () => {
  it('wait in the schedule topic and arrive when their level says', async () => {
    await client.ask(sendCommand({ body: 'plain' }));
    const properties = propertiesText({ DELAY: '2', TAGS: 'a' });
    const answer = await client.ask(sendCommand({ queueId: 1, body: 'late', properties }));
    expect(answer).toMatchObject({
      code: ResponseCode.SUCCESS,
      extFields: { queueId: '1', queueOffset: '0' },
    });
    const [waiting] = await messages('SCHEDULE_TOPIC_XXXX', 1);
    expect(waiting!.properties.get('REAL_TOPIC')).toBe('T');
    expect(waiting!.properties.get('REAL_QID')).toBe('1');
    await kit.clock.advance(4999);
    expect(await messages('T', 1)).toEqual([]);
    await kit.clock.advance(1);
    const [delivered] = await messages('T', 1);
    expect(delivered).toMatchObject({
      topic: 'T',
      queueId: 1,
      queueOffset: 0,
      bornTimestamp: waiting!.bornTimestamp,
    });
    expect(Buffer.from(delivered!.body).toString()).toBe('late');
    expect(delivered!.properties.get('UNIQ_KEY')).toBe(waiting!.properties.get('UNIQ_KEY'));
    expect(delivered!.storeTimestamp).toBe(kit.clock.now());
    const byTag = await client.ask(pullCommand({ queueId: 1, subscription: 'a' }));
    expect(byTag.code).toBe(ResponseCode.SUCCESS);
  });

  it('takes levels above the highest as the highest, and keeps levels apart', async () => {
    await client.ask(sendCommand({ body: 'two hours', properties: propertiesText({ DELAY: '99' }) }));
    await client.ask(sendCommand({ body: 'one second', properties: propertiesText({ DELAY: '1' }) }));
    await kit.clock.advance(1000);
    expect((await messages('T')).map((message) => Buffer.from(message.body).toString())).toEqual([
      'one second',
    ]);
    await kit.clock.advance(7_198_999);
    // The first connection was closed for being idle.
    client = await kit.connect();
    expect(await messages('T')).toHaveLength(1);
    await kit.clock.advance(1);
    expect(await messages('T')).toHaveLength(2);
  });

  it('arrive also when somebody has pulled the schedule topic and gone', async () => {
    await client.ask(sendCommand());
    const pull = longPullCommand({ topic: 'SCHEDULE_TOPIC_XXXX', queueId: 0, suspendTimeoutMillis: 10 });
    const held = client.tell(pull);
    await kit.clock.advance(20);
    await client.answerTo(held.opaque);
    await client.ask(sendCommand({ properties: propertiesText({ DELAY: '1' }) }));
    await kit.clock.advance(1000);
    expect(await messages('T')).toHaveLength(2);
  });

  it('do not start from a damaged cursor', async () => {
    const metadata = new MemoryMetadata();
    const value = Buffer.from('12x');
    await metadata.commit({ puts: [{ table: DELAY_OFFSET_TABLE, key: '3', value }], deletes: [] });
    const parts = {
      metadata,
      clock: kit.clock,
      logger: silentLogger,
      store: {} as ScheduleMessageServiceOptions['store'],
    };
    await expect(ScheduleMessageService.load(parts)).rejects.toThrow(
      /delayOffset holds for level 3 the value "12x"/,
    );
  });

  it('survive a restart and are not delivered twice', { timeout: 60_000 }, async () => {
    const directory = await temporaryDirectory();
    const location = { kind: 'directory', path: directory.path } as const;
    await kit.stop();
    kit = await startBroker({ location });
    client = await kit.connect();
    await client.ask(sendCommand({ body: 'early', properties: propertiesText({ DELAY: '1' }) }));
    await client.ask(sendCommand({ body: 'late', properties: propertiesText({ DELAY: '3' }) }));
    await kit.clock.advance(1000);
    expect(await messages('T')).toHaveLength(1);
    await kit.stop();
    kit = await startBroker({ location, clock: kit.clock });
    client = await kit.connect();
    await kit.clock.advance(8999);
    expect(await messages('T')).toHaveLength(1);
    await kit.clock.advance(1);
    expect((await messages('T')).map((message) => Buffer.from(message.body).toString())).toEqual([
      'early',
      'late',
    ]);
    await kit.stop();
    await directory.remove();
    kit = await startBroker();
  });
});

describe('CONSUMER_SEND_MSG_BACK', () => {
  async function sendBack(
    given: Partial<ConsumerSendMsgBackRequestHeader> & { offset: number },
  ): Promise<RemotingCommand> {
    return client.ask(
      requestCommand(RequestCode.CONSUMER_SEND_MSG_BACK, {
        extFields: ConsumerSendMsgBackRequestHeader.encode({ group: 'G', delayLevel: 0, ...given }),
      }),
    );
  }

  async function sendOne(): Promise<{ msgId: string; offset: number }> {
    const answer = await client.ask(sendCommand({ body: 'again' }));
    const msgId = answer.extFields['msgId']!;
    return { msgId, offset: parseOffsetMessageId(msgId)!.commitLogOffset };
  }

  it('brings the message back to the retry topic after ten seconds', async () => {
    const { msgId, offset } = await sendOne();
    expect((await sendBack({ offset })).code).toBe(ResponseCode.SUCCESS);
    await kit.clock.advance(9999);
    expect(await messages('%RETRY%G')).toEqual([]);
    await kit.clock.advance(1);
    const [retry] = await messages('%RETRY%G');
    expect(retry).toMatchObject({ topic: '%RETRY%G', reconsumeTimes: 1 });
    expect(retry!.properties.get('RETRY_TOPIC')).toBe('T');
    expect(retry!.properties.get('ORIGIN_MESSAGE_ID')).toBe(msgId);
    expect(Buffer.from(retry!.body).toString()).toBe('again');
    expect((await sendBack({ offset: retry!.commitLogOffset })).code).toBe(ResponseCode.SUCCESS);
    await kit.clock.advance(30_000);
    const second = (await messages('%RETRY%G'))[1];
    expect(second).toMatchObject({ reconsumeTimes: 2 });
    expect(second!.properties.get('ORIGIN_MESSAGE_ID')).toBe(msgId);
    expect(second!.properties.get('RETRY_TOPIC')).toBe('T');
  });

  it('gives up to the dead letter queue: on demand, or after the last time', async () => {
    const { offset } = await sendOne();
    await sendBack({ offset, delayLevel: -1 });
    await sendBack({ offset, maxReconsumeTimes: 0 });
    const dead = await messages('%DLQ%G');
    expect(dead).toHaveLength(2);
    expect(dead[0]).toMatchObject({ reconsumeTimes: 1 });
    expect(dead[0]!.properties.get('DELAY')).toBe('0');
  });

  it('refuses what it cannot find', async () => {
    expect(await sendBack({ offset: 12_345 })).toMatchObject({
      code: ResponseCode.SYSTEM_ERROR,
      remark: 'look message by offset failed, 12345',
    });
    const answer = await sendBack({ offset: 0, group: 'not a group' });
    expect(answer.code).toBe(ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST);
  });
});

import {
  type RemotingCommand,
  RequestCode,
  ResponseCode,
  SendMessageRequestHeader,
  decodeRecords,
  encodeBatch,
  parseOffsetMessageId,
  requestCommand,
} from '@centaurmq/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BrokerKit, type FrameClient, propertiesText, sendCommand, startBroker } from '../broker-kit.ts';
import { pullCommand } from '../pull/pull-command.ts';

let kit: BrokerKit;
let client: FrameClient;

beforeEach(async () => {
  // Everything through TypeScript: the hot path has to give the same answers, which another test compares.
  kit = await startBroker({ hotPath: false, config: { maxMessageSize: 1024 } });
  client = await kit.connect();
});
afterEach(() => kit.stop());

async function stored(topic: string, queueId = 0, queueOffset = 0) {
  const pulled = await client.ask(pullCommand({ topic, queueId, queueOffset }));
  expect(pulled.code).toBe(ResponseCode.SUCCESS);
  return decodeRecords(pulled.body);
}

describe('SendMessageProcessor', () => {
  it('creates the topic, stores the message and says where', async () => {
    const properties = propertiesText({ TAGS: 'a', KEYS: 'k' });
    const answer = await client.ask(sendCommand({ topic: 'New', queueId: 2, properties, body: 'hello' }));
    expect(answer).toMatchObject({ code: ResponseCode.SUCCESS, remark: null });
    expect(Object.keys(answer.extFields)).toEqual([
      'msgId',
      'queueId',
      'queueOffset',
      'transactionId',
      'MSG_REGION',
      'TRACE_ON',
    ]);
    expect(answer.extFields).toMatchObject({
      queueId: '2',
      queueOffset: '0',
      MSG_REGION: 'DefaultRegion',
      TRACE_ON: 'true',
    });
    const location = parseOffsetMessageId(answer.extFields['msgId']!);
    expect(location).toEqual({ storeHost: { host: '10.1.2.3', port: 10_911 }, commitLogOffset: 0 });
    const [message] = await stored('New', 2);
    expect(message).toMatchObject({
      topic: 'New',
      queueId: 2,
      queueOffset: 0,
      commitLogOffset: 0,
      bornTimestamp: 1_699_999_999_000,
    });
    expect(message!.storeTimestamp).toBe(kit.clock.now());
    expect(message!.bornHost.host).toBe('127.0.0.1');
    expect(Buffer.from(message!.body).toString()).toBe('hello');
    expect([...message!.properties.keys()]).toEqual([
      'UNIQ_KEY',
      'WAIT',
      'TAGS',
      'KEYS',
      'MSG_REGION',
      'TRACE_ON',
      'CLUSTER',
      '__CRC32#',
    ]);
    expect(answer.extFields['transactionId']).toBe(message!.properties.get('UNIQ_KEY'));
  });

  it('numbers the messages of a queue and answers code 10 with long names alike', async () => {
    await client.ask(sendCommand());
    const v1 = requestCommand(RequestCode.SEND_MESSAGE, {
      extFields: SendMessageRequestHeader.encode({
        producerGroup: 'P',
        topic: 'T',
        defaultTopic: 'TBW102',
        defaultTopicQueueNums: 4,
        queueId: 0,
        sysFlag: 0,
        bornTimestamp: 1,
        flag: 9,
        properties: propertiesText(),
        maxReconsumeTimes: 0,
      }),
      body: Buffer.from('x'),
    });
    expect((await client.ask(v1)).extFields).toMatchObject({ queueId: '0', queueOffset: '1' });
    expect((await stored('T', 0, 1))[0]).toMatchObject({ flag: 9, queueOffset: 1 });
  });

  it('chooses a queue when the producer leaves it open, and makes a unique key when there is none', async () => {
    const queues = new Set<string>();
    for (let count = 0; count < 40; count += 1) {
      const answer = await client.ask(sendCommand({ queueId: -1, properties: 'TAGS\u0001a' }));
      queues.add(answer.extFields['queueId']!);
      expect(answer.extFields['transactionId']).toMatch(/^[0-9A-F]{32}$/);
    }
    expect([...queues].toSorted()).toEqual(['0', '1', '2', '3']);
  });

  it.each<[string, () => RemotingCommand, number, RegExp]>([
    [
      'a topic with other characters',
      () => sendCommand({ topic: 'a b' }),
      ResponseCode.INVALID_PARAMETER,
      /illegal characters/,
    ],
    ['a blank topic', () => sendCommand({ topic: ' ' }), ResponseCode.INVALID_PARAMETER, /blank/],
    [
      'a topic of the system',
      () => sendCommand({ topic: 'SCHEDULE_TOPIC_XXXX' }),
      ResponseCode.NO_PERMISSION,
      /forbidden/,
    ],
    [
      'a queue that is not there',
      () => sendCommand({ topic: 'BenchmarkTest', queueId: 1024 }),
      ResponseCode.INVALID_PARAMETER,
      /queueId\[1024\] is illegal/,
    ],
    ['an empty body', () => sendCommand({ body: '' }), ResponseCode.MESSAGE_ILLEGAL, /empty/],
    [
      'a body above the limit',
      () => sendCommand({ body: Buffer.alloc(1025) }),
      ResponseCode.MESSAGE_ILLEGAL,
      /limit 1024B/,
    ],
    [
      'properties above 32 KiB',
      () => sendCommand({ properties: propertiesText({ p: 'x'.repeat(33_000) }) }),
      ResponseCode.MESSAGE_ILLEGAL,
      /properties/,
    ],
    [
      'a half message',
      () => sendCommand({ properties: propertiesText({ TRAN_MSG: 'true' }) }),
      ResponseCode.NO_PERMISSION,
      /transaction message is forbidden/,
    ],
    [
      'a timer message',
      () => sendCommand({ properties: propertiesText({ TIMER_DELAY_SEC: '5' }) }),
      ResponseCode.SYSTEM_ERROR,
      /timerWheelEnable is false/,
    ],
    [
      'a retry topic of an unusable group',
      () => sendCommand({ topic: '%RETRY%' }),
      ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST,
      /subscription group not exist/,
    ],
    [
      'a batch to a retry topic',
      () => sendCommand({ topic: '%RETRY%G', batch: true }),
      ResponseCode.MESSAGE_ILLEGAL,
      /does not support retry/,
    ],
    [
      'a batch that breaks off',
      () => sendCommand({ batch: true, body: batchOf(2).subarray(0, 40) }),
      ResponseCode.MESSAGE_ILLEGAL,
      /illegal/,
    ],
  ])('refuses %s', async (_name, command, code, remark) => {
    const answer = await client.ask(command());
    expect(answer.code).toBe(code);
    expect(answer.remark).toMatch(remark);
    expect(answer.extFields).toMatchObject({ MSG_REGION: 'DefaultRegion', TRACE_ON: 'true' });
  });

  it('answers TOPIC_NOT_EXIST when topics are not created by sends', async () => {
    await kit.stop();
    kit = await startBroker({ hotPath: false, config: { autoCreateTopicEnable: false } });
    client = await kit.connect();
    const answer = await client.ask(sendCommand({ topic: 'New' }));
    expect(answer.code).toBe(ResponseCode.TOPIC_NOT_EXIST);
    expect(answer.remark).toMatch(/topic\[New\] not exist/);
  });

  it('stores a batch as single messages with their own properties', async () => {
    const answer = await client.ask(sendCommand({ batch: true, body: batchOf(3) }));
    expect(answer.code).toBe(ResponseCode.SUCCESS);
    const ids = answer.extFields['msgId']!.split(',');
    expect(ids).toHaveLength(3);
    expect(answer.extFields['queueOffset']).toBe('0');
    expect(answer.extFields['transactionId']).toBeUndefined();
    const messages = await stored('T');
    expect(messages.map((message) => message.queueOffset)).toEqual([0, 1, 2]);
    expect(messages.map((message) => message.commitLogOffset)).toEqual(
      ids.map((id) => parseOffsetMessageId(id)!.commitLogOffset),
    );
    expect([...messages[1]!.properties.keys()]).toEqual(['n', '__CRC32#']);
  });

  it('answers nothing to a one-way send, and stores it', async () => {
    client.tell(sendCommand({ oneway: true }));
    const answer = await client.ask(sendCommand());
    expect(answer.extFields['queueOffset']).toBe('1');
    expect(client.frames).toHaveLength(1);
  });

  it('sends a retry that is used up to the dead letter queue', async () => {
    const retry = {
      topic: '%RETRY%G',
      properties: propertiesText({ RETRY_TOPIC: 'T' }),
      maxReconsumeTimes: 2,
    };
    expect((await client.ask(sendCommand({ ...retry, reconsumeTimes: 2 }))).code).toBe(ResponseCode.SUCCESS);
    expect((await client.ask(sendCommand({ ...retry, reconsumeTimes: 3 }))).code).toBe(ResponseCode.SUCCESS);
    expect(await stored('%RETRY%G')).toHaveLength(1);
    const [dead] = await stored('%DLQ%G');
    expect(dead!.properties.get('DELAY')).toBe('-1');
    expect(dead!.properties.get('RETRY_TOPIC')).toBe('T');
  });
});

function batchOf(count: number): Buffer {
  const element = (index: number) => ({
    flag: 0,
    properties: new Map([['n', String(index)]]),
    body: Buffer.from(`element ${index}`),
  });
  return encodeBatch(Array.from({ length: count }, (_, index) => element(index)));
}

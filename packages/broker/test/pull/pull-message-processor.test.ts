import {
  PullMessageResponseHeader,
  PullSysFlag,
  QueryConsumerOffsetRequestHeader,
  type RemotingCommand,
  RequestCode,
  ResetOffsetRequestHeader,
  ResponseCode,
  decodeRecords,
  requestCommand,
} from '@centaurmq/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type BrokerKit,
  type FrameClient,
  LISTEN_PORT,
  propertiesText,
  sendCommand,
  startBroker,
} from '../broker-kit.ts';
import { longPullCommand, pullCommand } from './pull-command.ts';

let kit: BrokerKit;
let client: FrameClient;

beforeEach(async () => {
  kit = await startBroker();
  client = await kit.connect();
});
afterEach(() => kit.stop());

async function send(count: number, given: Parameters<typeof sendCommand>[0] = {}): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    const answer = await client.ask(sendCommand({ body: `m${index}`, ...given }));
    expect(answer.code).toBe(ResponseCode.SUCCESS);
  }
}

function offsets(answer: RemotingCommand): [number, number, number] {
  const { nextBeginOffset, minOffset, maxOffset } = PullMessageResponseHeader.decode(answer.extFields);
  return [nextBeginOffset, minOffset, maxOffset];
}

function bodies(answer: RemotingCommand): string[] {
  return decodeRecords(answer.body).map((message) => Buffer.from(message.body).toString());
}

describe('PullMessageProcessor', () => {
  it('answers the stored records, as many as asked for', async () => {
    await send(5);
    const answer = await client.ask(pullCommand({ queueOffset: 1, maxMsgNums: 3 }));
    expect(answer).toMatchObject({ code: ResponseCode.SUCCESS, remark: 'FOUND' });
    expect(bodies(answer)).toEqual(['m1', 'm2', 'm3']);
    expect(offsets(answer)).toEqual([4, 0, 5]);
    expect(answer.extFields).toMatchObject({
      suggestWhichBrokerId: '0',
      topicSysFlag: '0',
      groupSysFlag: '0',
    });
  });

  it('answers more than 8 KiB of records, and a message longer than its buffers', async () => {
    await send(3, { body: 'x'.repeat(20_000) });
    await send(1, { body: 'y'.repeat(600_000) });
    await send(1, { body: 'z' });
    const first = await client.ask(pullCommand({}));
    expect(bodies(first).map((body) => body.length)).toEqual([20_000, 20_000, 20_000]);
    const second = await client.ask(pullCommand({ queueOffset: 3 }));
    expect(bodies(second).map((body) => body.length)).toEqual([600_000]);
    expect(offsets(second)).toEqual([4, 0, 5]);
    expect(bodies(await client.ask(pullCommand({ queueOffset: 4 })))).toEqual(['z']);
  });

  it('filters by tag in the consume queue', async () => {
    for (const tag of ['a', 'b', 'a', 'c'])
      await send(1, { body: tag, properties: propertiesText({ TAGS: tag }) });
    expect(bodies(await client.ask(pullCommand({ subscription: 'a||c' })))).toEqual(['a', 'a', 'c']);
    const none = await client.ask(pullCommand({ subscription: 'd' }));
    expect(none).toMatchObject({ code: ResponseCode.PULL_RETRY_IMMEDIATELY, remark: 'NO_MATCHED_MESSAGE' });
    expect(offsets(none)).toEqual([4, 0, 4]);
  });

  it('answers each position outside the queue with its code and the offset to go to', async () => {
    await send(2);
    const overflow = await client.ask(pullCommand({ queueOffset: 2 }));
    expect(overflow).toMatchObject({ code: ResponseCode.PULL_NOT_FOUND, remark: 'OFFSET_OVERFLOW_ONE' });
    expect(offsets(overflow)).toEqual([2, 0, 2]);
    const badly = await client.ask(pullCommand({ queueOffset: 9 }));
    expect(badly).toMatchObject({ code: ResponseCode.PULL_OFFSET_MOVED, remark: 'OFFSET_OVERFLOW_BADLY' });
    expect(offsets(badly)).toEqual([2, 0, 2]);
    expect((await client.ask(pullCommand({ queueId: 1 }))).code).toBe(ResponseCode.PULL_NOT_FOUND);
    expect((await client.ask(pullCommand({ queueId: 1, queueOffset: 3 }))).code).toBe(
      ResponseCode.PULL_OFFSET_MOVED,
    );
  });

  it('holds a pull until a message arrives', async () => {
    await send(1);
    const held = client.tell(longPullCommand({ queueOffset: 1 }));
    await kit.clock.advance(14_000);
    expect(client.answered(held.opaque)).toBeUndefined();
    await send(1, { queueId: 1 });
    expect(client.answered(held.opaque)).toBeUndefined();
    await send(1, { body: 'woken' });
    expect(bodies(await client.answerTo(held.opaque))).toEqual(['woken']);
  });

  it('answers a held pull when its time is up', async () => {
    await send(1);
    const held = client.tell(longPullCommand({ queueOffset: 1, suspendTimeoutMillis: 15_000 }));
    await kit.clock.advance(14_999);
    expect(client.answered(held.opaque)).toBeUndefined();
    await kit.clock.advance(1);
    const answer = await client.answerTo(held.opaque);
    expect(answer.code).toBe(ResponseCode.PULL_NOT_FOUND);
    expect(offsets(answer)).toEqual([1, 0, 1]);
  });

  it('goes on holding while what arrives does not match, and says how far it looked', async () => {
    await send(1, { properties: propertiesText({ TAGS: 'a' }) });
    const held = client.tell(longPullCommand({ queueOffset: 1, subscription: 'a' }));
    await kit.clock.advance(1);
    await send(2, { properties: propertiesText({ TAGS: 'b' }) });
    await kit.clock.advance(1);
    expect(client.answered(held.opaque)).toBeUndefined();
    await kit.clock.advance(15_000);
    const answer = await client.answerTo(held.opaque);
    expect(answer).toMatchObject({ code: ResponseCode.PULL_RETRY_IMMEDIATELY, remark: 'NO_MATCHED_MESSAGE' });
    expect(offsets(answer)).toEqual([3, 0, 3]);
  });

  it('finds what matches after what did not', async () => {
    await send(1, { properties: propertiesText({ TAGS: 'a' }) });
    const held = client.tell(longPullCommand({ queueOffset: 1, subscription: 'a' }));
    await kit.clock.advance(1);
    await send(1, { properties: propertiesText({ TAGS: 'b' }) });
    await send(1, { body: 'match', properties: propertiesText({ TAGS: 'a' }) });
    expect(bodies(await client.answerTo(held.opaque))).toEqual(['match']);
  });

  it('holds only a second when long polling is off', async () => {
    await kit.stop();
    kit = await startBroker({ config: { longPollingEnable: false } });
    client = await kit.connect();
    await send(1);
    const held = client.tell(longPullCommand({ queueOffset: 1 }));
    await kit.clock.advance(999);
    expect(client.answered(held.opaque)).toBeUndefined();
    await kit.clock.advance(1);
    expect((await client.answerTo(held.opaque)).code).toBe(ResponseCode.PULL_NOT_FOUND);
  });

  it('drops the held pulls of a closed connection', async () => {
    await send(1);
    const other = await kit.connect();
    other.tell(longPullCommand({ queueOffset: 1 }));
    await kit.clock.advance(1);
    other.close();
    await kit.clock.advance(1);
    await send(1);
    await kit.clock.advance(60_000);
    expect(other.frames).toEqual([]);
  });

  it('commits the offset that comes along, once', async () => {
    await send(1);
    const sysFlag = PullSysFlag.SUBSCRIPTION | PullSysFlag.COMMIT_OFFSET;
    await client.ask(pullCommand({ sysFlag, commitOffset: 1 }));
    const query = requestCommand(RequestCode.QUERY_CONSUMER_OFFSET, {
      extFields: QueryConsumerOffsetRequestHeader.encode({ consumerGroup: 'G', topic: 'T', queueId: 0 }),
    });
    expect((await client.ask(query)).extFields['offset']).toBe('1');
  });

  it('tells a consumer of a reset once, and goes on from there', async () => {
    await send(5);
    await client.ask(pullCommand({ queueOffset: 5 }));
    const reset = await client.ask(
      requestCommand(RequestCode.INVOKE_BROKER_TO_RESET_OFFSET, {
        extFields: ResetOffsetRequestHeader.encode({
          group: 'G',
          topic: 'T',
          queueId: 0,
          offset: 2,
          timestamp: -1,
          isForce: true,
        }),
      }),
    );
    expect(reset.code).toBe(ResponseCode.SUCCESS);
    const moved = await client.ask(pullCommand({ queueOffset: 5 }));
    expect(moved).toMatchObject({ code: ResponseCode.PULL_OFFSET_MOVED, remark: 'OFFSET_RESET' });
    expect(offsets(moved)).toEqual([2, 0, 5]);
    expect(bodies(await client.ask(pullCommand({ queueOffset: 2 })))).toEqual(['m2', 'm3', 'm4']);
  });

  it('gives a missing required field as an error, not as a closed connection', async () => {
    const answer = await client.ask(requestCommand(RequestCode.PULL_MESSAGE, { extFields: { topic: 'T' } }));
    expect(answer.code).toBe(ResponseCode.SYSTEM_ERROR);
    expect(answer.remark).toMatch(/consumerGroup/);
  });

  it('takes no pulls on the port for older clients', async () => {
    const vip = await kit.connect(LISTEN_PORT - 2);
    expect((await vip.ask(pullCommand())).code).toBe(ResponseCode.REQUEST_CODE_NOT_SUPPORTED);
    expect((await vip.ask(sendCommand())).code).toBe(ResponseCode.SUCCESS);
  });
});

import {
  GetMaxOffsetRequestHeader,
  QueryConsumerOffsetRequestHeader,
  type RemotingCommand,
  RequestCode,
  ResponseCode,
  SearchOffsetRequestHeader,
  UpdateConsumerOffsetRequestHeader,
  requestCommand,
} from '@centaurmq/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BrokerKit, type FrameClient, sendCommand, startBroker } from '../broker-kit.ts';
import { pullCommand } from '../pull/pull-command.ts';

let kit: BrokerKit;
let client: FrameClient;

beforeEach(async () => {
  kit = await startBroker();
  client = await kit.connect();
});
afterEach(() => kit.stop());

function query(given: Partial<QueryConsumerOffsetRequestHeader> = {}): RemotingCommand {
  return requestCommand(RequestCode.QUERY_CONSUMER_OFFSET, {
    extFields: QueryConsumerOffsetRequestHeader.encode({
      consumerGroup: 'G',
      topic: 'T',
      queueId: 0,
      ...given,
    }),
  });
}

function update(
  commitOffset: number,
  given: Partial<UpdateConsumerOffsetRequestHeader> = {},
): RemotingCommand {
  return requestCommand(RequestCode.UPDATE_CONSUMER_OFFSET, {
    extFields: UpdateConsumerOffsetRequestHeader.encode({
      consumerGroup: 'G',
      topic: 'T',
      queueId: 0,
      commitOffset,
      ...given,
    }),
  });
}

function ofQueue(code: number, queueId = 0): RemotingCommand {
  return requestCommand(code, { extFields: GetMaxOffsetRequestHeader.encode({ topic: 'T', queueId }) });
}

describe('committed offsets', () => {
  it('starts a new group at 0 of a queue that is whole, and elsewhere leaves it to the client', async () => {
    expect((await client.ask(query())).code).toBe(ResponseCode.QUERY_NOT_FOUND);
    await client.ask(sendCommand());
    expect(await client.ask(query())).toMatchObject({
      code: ResponseCode.SUCCESS,
      extFields: { offset: '0' },
    });
    expect((await client.ask(query({ setZeroIfNotFound: false }))).code).toBe(ResponseCode.QUERY_NOT_FOUND);
    expect((await client.ask(query({ queueId: 1 }))).code).toBe(ResponseCode.QUERY_NOT_FOUND);
  });

  it('answers what was committed, also when it went back', async () => {
    await client.ask(sendCommand());
    await client.ask(pullCommand());
    expect((await client.ask(update(7))).code).toBe(ResponseCode.SUCCESS);
    expect((await client.ask(query())).extFields['offset']).toBe('7');
    await client.ask(update(3));
    expect((await client.ask(query())).extFields['offset']).toBe('3');
  });

  it('refuses groups and topics that are not there', async () => {
    await client.ask(sendCommand());
    const noGroup = await client.ask(update(1, { consumerGroup: 'unknown' }));
    expect(noGroup).toMatchObject({
      code: ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST,
      remark: 'Group unknown not exist!',
    });
    await client.ask(pullCommand());
    const noTopic = await client.ask(update(1, { topic: 'unknown' }));
    expect(noTopic).toMatchObject({ code: ResponseCode.TOPIC_NOT_EXIST, remark: 'Topic unknown not exist!' });
  });
});

describe('offsets of queues', () => {
  it('is right after the last acknowledgement', async () => {
    expect((await client.ask(ofQueue(RequestCode.GET_MAX_OFFSET))).extFields['offset']).toBe('0');
    expect((await client.ask(ofQueue(RequestCode.GET_EARLIEST_MSG_STORETIME))).extFields['timestamp']).toBe(
      '-1',
    );
    const firstAt = kit.clock.now();
    await client.ask(sendCommand());
    await kit.clock.advance(1000);
    await client.ask(sendCommand());
    expect((await client.ask(ofQueue(RequestCode.GET_MAX_OFFSET))).extFields['offset']).toBe('2');
    expect((await client.ask(ofQueue(RequestCode.GET_MIN_OFFSET))).extFields['offset']).toBe('0');
    const earliest = await client.ask(ofQueue(RequestCode.GET_EARLIEST_MSG_STORETIME));
    expect(earliest.extFields['timestamp']).toBe(String(firstAt));
  });

  it('finds offsets by time', async () => {
    const start = kit.clock.now();
    for (let index = 0; index < 5; index += 1) {
      await client.ask(sendCommand());
      await kit.clock.advance(1000);
    }
    const search = async (timestamp: number, boundaryType: 'LOWER' | 'UPPER' = 'LOWER') => {
      const extFields = SearchOffsetRequestHeader.encode({ topic: 'T', queueId: 0, timestamp, boundaryType });
      const answer = await client.ask(requestCommand(RequestCode.SEARCH_OFFSET_BY_TIMESTAMP, { extFields }));
      expect(answer.code).toBe(ResponseCode.SUCCESS);
      return Number(answer.extFields['offset']);
    };
    expect(await search(start - 10)).toBe(0);
    expect(await search(start)).toBe(0);
    expect(await search(start + 1)).toBe(1);
    expect(await search(start + 2000)).toBe(2);
    expect(await search(start + 2500, 'UPPER')).toBe(2);
    expect(await search(start + 60_000)).toBe(5);
  });
});

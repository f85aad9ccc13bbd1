import {
  QueryMessageRequestHeader,
  type RemotingCommand,
  RequestCode,
  ResponseCode,
  ViewMessageRequestHeader,
  decodeRecords,
  parseOffsetMessageId,
  requestCommand,
} from '@centaurmq/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BrokerKit, type FrameClient, propertiesText, sendCommand, startBroker } from '../broker-kit.ts';

let kit: BrokerKit;
let client: FrameClient;

beforeEach(async () => {
  kit = await startBroker();
  client = await kit.connect();
});
afterEach(() => kit.stop());

function query(given: Partial<QueryMessageRequestHeader>): RemotingCommand {
  return requestCommand(RequestCode.QUERY_MESSAGE, {
    extFields: QueryMessageRequestHeader.encode({
      topic: 'T',
      key: 'k',
      maxNum: 10,
      beginTimestamp: 0,
      endTimestamp: Number.MAX_SAFE_INTEGER,
      ...given,
    }),
  });
}

describe('QueryMessageProcessor', () => {
  it('finds messages by any of their keys and by their unique key', async () => {
    for (const keys of ['a b', 'c', 'b']) {
      const properties = propertiesText({ KEYS: keys });
      await client.ask(sendCommand({ body: keys, properties }));
    }
    await kit.clock.advance(1000);
    const found = await client.ask(query({ key: 'b' }));
    expect(found.code).toBe(ResponseCode.SUCCESS);
    const messages = decodeRecords(found.body);
    expect(messages.map((message) => Buffer.from(message.body).toString())).toEqual(['a b', 'b']);
    expect(found.extFields['indexLastUpdatePhyoffset']).toBe(String(messages[1]!.commitLogOffset));
    const key = messages[0]!.properties.get('UNIQ_KEY')!;
    const unique = await client.ask(query({ key, maxNum: 0, uniqueKeyQuery: true }));
    expect(decodeRecords(unique.body).map((message) => message.commitLogOffset)).toEqual([0]);
  });

  it('says when there is none', async () => {
    await client.ask(sendCommand());
    const none = await client.ask(query({ key: 'nothing' }));
    expect(none).toMatchObject({ code: ResponseCode.QUERY_NOT_FOUND });
    expect(none.extFields).toHaveProperty('indexLastUpdateTimestamp');
  });

  it('shows a message by its place in the log, and nothing between two messages', async () => {
    await client.ask(sendCommand());
    const sent = await client.ask(sendCommand({ body: 'second' }));
    const { commitLogOffset } = parseOffsetMessageId(sent.extFields['msgId']!)!;
    const view = (offset: number) =>
      client.ask(
        requestCommand(RequestCode.VIEW_MESSAGE_BY_ID, {
          extFields: ViewMessageRequestHeader.encode({ offset }),
        }),
      );
    const [message] = decodeRecords((await view(commitLogOffset)).body);
    expect(Buffer.from(message!.body).toString()).toBe('second');
    for (const offset of [commitLogOffset + 1, 10_000_000, -1]) {
      const missing = await view(offset);
      expect(missing.code).toBe(ResponseCode.SYSTEM_ERROR);
      expect(missing.remark).toBe(`can not find message by the offset, ${offset}`);
    }
  });
});

import {
  decodeRecord,
  PullMessageRequestHeader,
  PullMessageResponseHeader,
  recordCrcMatches,
  requestCommand,
  RequestCode,
  ResponseCode,
  type StoredMessage,
} from '@centaurmq/protocol';
import { nodeTransport, RemotingClient, silentLogger, systemClock } from '@centaurmq/remoting';

const pullTimeoutMillis = 10_000;
const messagesPerPull = 32;

/** Every message of one queue, in order, each whole by its checksums. */
export async function readQueue(
  brokerAddress: string,
  topic: string,
  queueId: number,
  fromOffset: number,
): Promise<StoredMessage[]> {
  const client = new RemotingClient({
    name: 'crash-reader',
    transport: nodeTransport(),
    clock: systemClock,
    logger: silentLogger,
  });
  const messages: StoredMessage[] = [];
  try {
    for (let next = fromOffset; ;) {
      const response = await client.invoke(brokerAddress, pullRequest(topic, queueId, next), {
        timeoutMillis: pullTimeoutMillis,
      });
      if (response.code === ResponseCode.PULL_NOT_FOUND) return messages;
      // The broker died before its first send: what was acknowledged will be missed all the same.
      if (response.code === ResponseCode.TOPIC_NOT_EXIST) return messages;
      if (response.code !== ResponseCode.SUCCESS) {
        throw new Error(`pull of ${topic}/${queueId} at ${next}: ${response.code} ${response.remark}`);
      }
      messages.push(...wholeRecords(response.body ?? Buffer.alloc(0)));
      const header = PullMessageResponseHeader.decode(response.extFields);
      if (header.nextBeginOffset <= next)
        throw new Error(`pull of ${topic}/${queueId} at ${next} does not advance`);
      next = header.nextBeginOffset;
    }
  } finally {
    await client.close();
  }
}

function wholeRecords(bytes: Uint8Array): StoredMessage[] {
  const messages: StoredMessage[] = [];
  for (let offset = 0; offset < bytes.length;) {
    const message = decodeRecord(bytes, offset);
    if (recordCrcMatches(bytes.subarray(offset, offset + message.storeSize)) !== true) {
      throw new Error(`the record at commit log offset ${message.commitLogOffset} fails its checksum`);
    }
    messages.push(message);
    offset += message.storeSize;
  }
  return messages;
}

function pullRequest(topic: string, queueId: number, queueOffset: number): ReturnType<typeof requestCommand> {
  return requestCommand(RequestCode.PULL_MESSAGE, {
    extFields: PullMessageRequestHeader.encode({
      consumerGroup: 'crash-consumer',
      topic,
      queueId,
      queueOffset,
      maxMsgNums: messagesPerPull,
      // Neither commit nor hold; the subscription comes with the request.
      sysFlag: 4,
      commitOffset: 0,
      suspendTimeoutMillis: 0,
      subscription: '*',
      subVersion: 0,
      expressionType: 'TAG',
    }),
  });
}

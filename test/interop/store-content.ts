import { dump, type ReceivedMessage } from './apache/java-clients.ts';

/** The file sizes of the archived stores: small, so that a few hundred messages span several of each kind. */
export const smallFiles = {
  mappedFileSizeCommitLog: 32 * 1024,
  mappedFileSizeConsumeQueue: 20 * 25,
  maxHashSlotNum: 500,
  maxIndexNum: 300,
  timerWheelEnable: false,
};

/** 127 bytes, the longest a topic may be. */
export const longTopic: string = `Long-${'t'.repeat(122)}`;
/** Its retry topic is longer than 127 bytes, so that its records have the second version's layout. */
export const longGroup: string = `long-${'g'.repeat(140)}`;

/** What an official client reads of the archived stores' topics. */
export async function storeContent(nameServerAddress: string): Promise<unknown> {
  const topics = ['Orders', longTopic, 'Bodies', `%RETRY%${longGroup}`];
  const content = await dump('5.3.3', nameServerAddress, topics);
  return {
    queues: content.queues.map(({ topic, queueId, minOffset, maxOffset }) => ({
      topic,
      queueId,
      minOffset,
      maxOffset,
    })),
    messages: content.messages.map(toExpected),
  };
}

function toExpected(message: ReceivedMessage): unknown {
  return {
    topic: message.topic,
    queueId: message.queueId,
    queueOffset: message.queueOffset,
    commitLogOffset: message.commitLogOffset,
    storeSize: message.storeSize,
    storeTimestamp: message.storeTimestamp,
    sysFlag: message.sysFlag,
    keys: message.keys,
    tags: message.tags,
    reconsumeTimes: message.reconsumeTimes,
    bodyLength: message.body.length,
    bodyText: message.body.replace(/\.+$/u, ''),
  };
}

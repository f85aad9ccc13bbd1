import { expect, vi } from 'vitest';
import { dump, type ReceivedMessage } from '@centaurmq/apache-rocketmq';

/** The file sizes of the archived stores: small, so that a few hundred messages span several of each kind. */
export const smallFiles = {
  mappedFileSizeCommitLog: 32 * 1024,
  mappedFileSizeConsumeQueue: 20 * 25,
  maxHashSlotNum: 500,
  maxIndexNum: 300,
  timerWheelEnable: false,
  // The archived messages are older than the default of 72 hours.
  fileReservedTime: 876_000,
};

/** 127 bytes, the longest a topic may be. */
export const longTopic: string = `Long-${'t'.repeat(122)}`;
/** Its retry topic is longer than 127 bytes, so that its records have the second version's layout. */
export const longGroup: string = `long-${'g'.repeat(140)}`;

export interface StoreContent {
  /** Queues and messages as they were when the store was archived. */
  readonly archived: unknown;
  /** Bodies of the delayed messages that have been delivered since. */
  readonly delivered: readonly string[];
}

/** What an official client reads of the archived stores' topics. */
export async function storeContent(nameServerAddress: string): Promise<StoreContent> {
  const topics = ['Orders', longTopic, 'Bodies', `%RETRY%${longGroup}`];
  const content = await dump('5.3.3', nameServerAddress, topics);
  const delivered = content.messages.filter(isDelayed);
  const archived = {
    queues: content.queues.map(({ topic, queueId, minOffset, maxOffset }) => ({
      topic,
      queueId,
      minOffset,
      maxOffset:
        Number(maxOffset) -
        delivered.filter((message) => message.topic === topic && message.queueId === queueId).length,
    })),
    messages: content.messages.filter((message) => !isDelayed(message)).map(toExpected),
  };
  return { archived, delivered: delivered.map(({ body }) => body).toSorted() };
}

/** As {@link storeContent}, once the two delayed messages, due two hours after the store was archived, are delivered. */
export async function storeContentWhenDelivered(nameServerAddress: string): Promise<StoreContent> {
  return vi.waitFor(
    async () => {
      const content = await storeContent(nameServerAddress);
      expect(content.delivered).toEqual(['delayed-0', 'delayed-1']);
      return content;
    },
    { timeout: 60_000, interval: 500 },
  );
}

function isDelayed({ keys }: ReceivedMessage): boolean {
  return keys?.startsWith('delayed-key-') === true;
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

import type { MessageExt } from '../../src/message/message-ext.ts';

/** A received message; only what a test is about needs to be given. */
export function messageExt(given: Partial<MessageExt> = {}): MessageExt {
  return {
    topic: 'T',
    body: Buffer.from('body'),
    tag: null,
    keys: [],
    properties: new Map(),
    messageId: `ID${given.queueOffset ?? 0}`,
    offsetMessageId: '',
    brokerName: 'broker-a',
    queueId: 0,
    queueOffset: 0,
    commitLogOffset: 0,
    reconsumeTimes: 0,
    bornTimestamp: 0,
    bornHost: '127.0.0.1:1',
    storeTimestamp: 0,
    storeHost: '127.0.0.1:2',
    flag: 0,
    sysFlag: 0,
    bodyError: null,
    ...given,
  };
}

/** Messages with these queue offsets. */
export function messagesAt(...queueOffsets: number[]): MessageExt[] {
  return queueOffsets.map((queueOffset) => messageExt({ queueOffset }));
}

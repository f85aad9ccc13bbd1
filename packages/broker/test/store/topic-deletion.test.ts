import { ManualClock, silentLogger } from '@centaurmq/remoting';
import { expect, it } from 'vitest';
import { openStore } from '../../src/store/open-store.ts';
import { temporaryDirectory } from '../broker-kit.ts';

const spec = {
  name: 'T',
  readQueueNums: 1,
  writeQueueNums: 1,
  perm: 6,
  ackLevel: 'os',
  hotPath: true,
} as const;
const message = {
  topic: 'T',
  queueId: 0,
  flag: 0,
  sysFlag: 0,
  bornTimestamp: 0,
  reconsumeTimes: 0,
  preparedTransactionOffset: 0,
  tagsCode: null,
  kind: 'single',
  bornHost: { host: '10.0.0.1', port: 1 },
  properties: Buffer.from('UNIQ_KEY\u0001A\u0002'),
  body: Buffer.from('body'),
} as const;

it(
  'a topic that is made again while it is being deleted starts empty and keeps what it gets',
  { timeout: 60_000 },
  async () => {
    const directory = await temporaryDirectory();
    const sizes = {
      mappedFileSizeCommitLog: 1 << 20,
      mappedFileSizeConsumeQueue: 2000,
      maxMessageSize: 4096,
    };
    const options = {
      location: { kind: 'directory', path: directory.path },
      files: { ...sizes, messageIndexEnable: true, maxHashSlotNum: 100, maxIndexNum: 400 },
      identity: {
        storeHost: '10.1.2.3',
        storePort: 10_911,
        clusterName: 'C',
        brokerName: 'b',
        regionId: 'R',
        traceOn: true,
        version: 479,
      },
      settings: {
        ...sizes,
        flushIntervalCommitLog: 500,
        syncFlushTimeout: 5000,
        fileReservedTime: 72,
        deleteWhen: '04',
        diskMaxUsedSpaceRatio: 75,
        commitLogBytesMax: 0,
      },
      clock: new ManualClock(),
      logger: silentLogger,
    } as const;
    let store = await openStore(options);
    const { messages } = store;
    messages.defineTopic(spec);
    for (let round = 0; round < 20; round += 1) {
      for (let count = 0; count < 150; count += 1) messages.append(message);
      const deleted = messages.deleteTopic('T');
      messages.defineTopic(spec);
      expect(messages.append(message).status).toBe('unknownTopic');
      await messages.topicSettled('T');
      expect(messages.maxOffset('T', 0)).toBe(0);
      expect(messages.append(message)).toMatchObject({ status: 'appended', queueOffset: 0 });
      await deleted;
    }
    // Deleted, defined and deleted again: gone.
    void messages.deleteTopic('T');
    messages.defineTopic(spec);
    await messages.deleteTopic('T');
    expect(messages.append(message).status).toBe('unknownTopic');
    messages.defineTopic(spec);
    messages.append(message);
    await store.close();
    store = await openStore(options);
    store.messages.defineTopic(spec);
    expect(store.messages.maxOffset('T', 0)).toBe(1);
    await store.close();
    await directory.remove();
  },
);

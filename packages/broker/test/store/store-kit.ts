import { ManualClock, silentLogger } from '@centaurmq/remoting';
import type { MessageToAppend } from '../../src/store/message-store.ts';
import type { OpenStoreOptions } from '../../src/store/open-store.ts';

const sizes = {
  mappedFileSizeCommitLog: 1 << 20,
  mappedFileSizeConsumeQueue: 20_000,
  maxMessageSize: 65_536,
};

/** Options of a small store in memory on virtual time. */
export const storeOptions: OpenStoreOptions = {
  location: { kind: 'memory' },
  files: { ...sizes, messageIndexEnable: true, maxHashSlotNum: 1000, maxIndexNum: 4000 },
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
    flushDiskType: 'ASYNC_FLUSH',
    flushIntervalCommitLog: 500,
    syncFlushTimeout: 5000,
    fileReservedTime: 72,
    deleteWhen: '04',
    diskMaxUsedSpaceRatio: 75,
    diskSpaceCleanForciblyRatio: 85,
    commitLogBytesMax: 0,
  },
  clock: new ManualClock(),
  logger: silentLogger,
};

/** A plain message to queue 0. */
export function messageTo(topic: string, bodyBytes = 4): MessageToAppend {
  return {
    topic,
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
    body: Buffer.alloc(bodyBytes),
  };
}

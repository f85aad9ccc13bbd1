// What it costs to cross from TypeScript to the storage engine: a store in memory, as the broker sees it.
import { type MessageStore, type OpenStore, openStore } from '@centaurmq/broker';
import { MqVersion, decodeRecords } from '@centaurmq/protocol';
import { silentLogger, systemClock } from '@centaurmq/remoting';
import {
  type Operation,
  measureOperation,
  operationColumns,
  operationsPerSecond,
} from '../measure/operations.ts';
import type { Workload, WorkloadOptions } from '../workload.ts';

const TOPIC = 'Boundary';
const BODY_BYTES = 1024;
const MESSAGES = 32;
const QUEUE_STATE = 'ask for the state of a queue';
const LOOKUP = 'look up a message of 1 KiB by its commit log offset';
const READ = `read ${MESSAGES} messages of 1 KiB into a buffer`;
const SUBJECT = 'TypeScript and the engine';

export const boundary: Workload = {
  name: 'boundary',
  title: 'Calls of the storage engine',
  description:
    'One core, one call at a time, a store in memory. Asking for a state carries no bytes: it is what crossing costs.',
  compared: operationsPerSecond,
  higherIsBetter: true,
  details: operationColumns,
  ours: [],
  rows: () => [QUEUE_STATE, LOOKUP, READ].map((name) => ({ name, subjects: [SUBJECT] })),
  open: async ({ seconds }: WorkloadOptions) => {
    const store = await openInMemory();
    const operations = operationsOn(store.messages);
    return {
      measure: (row) => measureOperation(row.name, operations, seconds),
      [Symbol.asyncDispose]: () => store.close(),
    };
  },
};

/** Each operation is tried once: one that finds nothing would be fast. */
function operationsOn(messages: MessageStore): ReadonlyMap<string, Operation> {
  const [commitLogOffset = 0] = appendMessages(messages);
  const recordBytes = messages.lookup(commitLogOffset)?.length ?? 0;
  const out = Buffer.alloc(MESSAGES * recordBytes);
  const request = {
    topic: TOPIC,
    queueId: 0,
    queueOffset: 0,
    messageCountMax: MESSAGES,
    recordBytesMax: out.length,
    tagCodes: null,
  };
  messages.read(request, out, 0);
  const found = decodeRecords(out).length;
  if (found !== MESSAGES) throw new Error(`${found} of ${MESSAGES} messages were read`);
  return new Map([
    [QUEUE_STATE, { bytes: 0, run: () => void messages.queueState(TOPIC, 0) }],
    [LOOKUP, { bytes: recordBytes, run: () => void messages.lookup(commitLogOffset) }],
    [READ, { bytes: out.length, run: () => void messages.read(request, out, 0) }],
  ]);
}

/** @returns their commit log offsets */
function appendMessages(messages: MessageStore): readonly number[] {
  messages.defineTopic({
    name: TOPIC,
    readQueueNums: 1,
    writeQueueNums: 1,
    perm: 6,
    ackLevel: 'os',
    hotPath: true,
  });
  return Array.from({ length: MESSAGES }, () => {
    const appended = messages.append({
      topic: TOPIC,
      queueId: 0,
      flag: 0,
      sysFlag: 0,
      bornTimestamp: systemClock.now(),
      reconsumeTimes: 0,
      preparedTransactionOffset: 0,
      tagsCode: null,
      kind: 'single',
      bornHost: { host: '127.0.0.1', port: 1 },
      properties: Buffer.from('UNIQ_KEY\u00017F000001000A18B4AAC2000000000001\u0002'),
      body: Buffer.alloc(BODY_BYTES, 'x'),
    });
    if (appended.status !== 'appended') throw new Error(`not appended: ${appended.reason}`);
    return appended.commitLogOffset;
  });
}

function openInMemory(): Promise<OpenStore> {
  const files = {
    mappedFileSizeCommitLog: 1 << 20,
    mappedFileSizeConsumeQueue: 20_000,
    messageIndexEnable: true,
    maxHashSlotNum: 1000,
    maxIndexNum: 4000,
    maxMessageSize: 65_536,
  };
  return openStore({
    location: { kind: 'memory' },
    files,
    identity: {
      storeHost: '127.0.0.1',
      storePort: 10_911,
      clusterName: 'Bench',
      brokerName: 'bench',
      regionId: 'Bench',
      traceOn: false,
      version: MqVersion.CURRENT,
    },
    settings: {
      ...files,
      flushDiskType: 'ASYNC_FLUSH',
      flushIntervalCommitLog: 500,
      syncFlushTimeout: 5000,
      fileReservedTime: 72,
      deleteWhen: '04',
      diskMaxUsedSpaceRatio: 75,
      diskSpaceCleanForciblyRatio: 85,
      commitLogBytesMax: 0,
    },
    clock: systemClock,
    logger: silentLogger,
  });
}

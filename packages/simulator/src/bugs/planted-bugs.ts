import {
  AppendStatus,
  type NativeModule,
  ReadHead,
  ReadStatus,
  withoutHotPath,
} from '@centaurmq/broker/simulation';
import type { AckLevelName } from '../plan/run-plan.ts';
import { dropLastRecord } from './drop-last-record.ts';
import { keepInMemory } from './keep-in-memory.ts';

/** A bug that a broker could have, put into its engine on purpose: the checks have to find it. */
export interface PlantedBug {
  readonly what: string;
  /** At which levels it breaks a promise. */
  readonly levels: readonly [AckLevelName, ...AckLevelName[]];
  /** The engine with the bug. `memory` belongs to one broker and outlives its deaths. */
  readonly plant: (native: NativeModule, memory: Map<string, number>) => NativeModule;
}

/** Every so many-th time: a bug that shows always would be found by any test. */
const RARELY = 25;
/** In a stored record. */
const RECORD_STORE_TIMESTAMP_AT = 56;
const EARLY_MILLIS = 3000n;
const SCHEDULE_TOPIC = 'SCHEDULE_TOPIC_XXXX';

export const plantedBugs: Readonly<Record<string, PlantedBug>> = {
  acknowledgeBeforeFlush: {
    what: 'a flush answers at once that everything is on the disk, and writes nothing',
    levels: ['fsync'],
    plant: (native) => ({
      ...native,
      flush: (store) => (JSON.parse(native.status(store)) as { appendedOffset: number }).appendedOffset,
    }),
  },
  deliverBeforeFlush: {
    what: 'consumers get messages that are not on the disk yet',
    levels: ['fsync'],
    plant: (native) => ({
      ...withoutHotPath(native),
      defineTopic: (store, specJson) =>
        native.defineTopic(store, JSON.stringify({ ...(JSON.parse(specJson) as object), ackLevel: 'os' })),
    }),
  },
  acknowledgeBeforeWrite: {
    what: 'a message that does not wait for the disk is acknowledged before it is in the file of the log',
    levels: ['fsync'],
    plant: keepInMemory,
  },
  dropLastRecordOnRecovery: {
    what: 'recovery takes the last record for a torn one',
    levels: ['os', 'fsync'],
    plant: dropLastRecord,
  },
  skipMessageOnRead: {
    what: 'now and then the next offset of a pull is one too far',
    levels: ['os', 'fsync'],
    plant: (native) => onRead(native, (head) => void (head[ReadHead.NEXT_BEGIN_OFFSET] = nextOf(head) + 1)),
  },
  swapRecordsOnRead: {
    what: 'now and then the first two records of a pull change places',
    levels: ['os', 'fsync'],
    plant: (native) =>
      onRead(native, (head, records) => {
        if ((head[ReadHead.MESSAGE_COUNT] ?? 0) < 2) return;
        const first = records.readInt32BE(0);
        const second = records.readInt32BE(first);
        const both = Buffer.from(records.subarray(0, first + second));
        both.copy(records, 0, first);
        both.copy(records, second, 0, first);
      }),
  },
  forgetMetadata: {
    what: 'topics, groups and offsets are not written',
    levels: ['os', 'fsync'],
    plant: (native) => ({ ...native, metadataCommit: () => undefined }),
  },
  loseDelayedMessages: {
    what: 'now and then a message that is to wait is acknowledged and dropped',
    levels: ['os', 'fsync'],
    plant: (native) => {
      const waiting = handlesOf(SCHEDULE_TOPIC);
      let count = 0;
      return {
        ...native,
        defineTopic: (store, specJson) => waiting.note(specJson, native.defineTopic(store, specJson)),
        append: (store, request, nowMillis, head) => {
          if (!waiting.has(handleOfAppend(request)) || ++count % RARELY !== 0)
            return native.append(store, request, nowMillis, head);
          head.fill(0);
          return AppendStatus.APPENDED;
        },
      };
    },
  },
  deliverTooEarly: {
    what: 'delayed messages come three seconds too early',
    levels: ['os', 'fsync'],
    plant: (native) => {
      const waiting = handlesOf(SCHEDULE_TOPIC);
      return {
        ...native,
        defineTopic: (store, specJson) => waiting.note(specJson, native.defineTopic(store, specJson)),
        read: (store, topic, queueId, queueOffset, maxCount, maxBytes, tagCodes, out, outStart, head) => {
          const status = native.read(
            store,
            topic,
            queueId,
            queueOffset,
            maxCount,
            maxBytes,
            tagCodes,
            out,
            outStart,
            head,
          );
          if (status === ReadStatus.FOUND && waiting.has(topic)) makeOlder(recordsIn(out, outStart, head));
          return status;
        },
      };
    },
  },
};

/** Changes what a read found, rarely. */
function onRead(native: NativeModule, change: (head: Float64Array, records: Buffer) => void): NativeModule {
  let count = 0;
  return {
    ...withoutHotPath(native),
    read: (store, topic, queueId, queueOffset, maxCount, maxBytes, tagCodes, out, outStart, head) => {
      const status = native.read(
        store,
        topic,
        queueId,
        queueOffset,
        maxCount,
        maxBytes,
        tagCodes,
        out,
        outStart,
        head,
      );
      if (status === ReadStatus.FOUND && ++count % RARELY === 0) change(head, recordsIn(out, outStart, head));
      return status;
    },
  };
}

function nextOf(head: Float64Array): number {
  return head[ReadHead.NEXT_BEGIN_OFFSET] ?? 0;
}

function recordsIn(out: Uint8Array, outStart: number, head: Float64Array): Buffer {
  return Buffer.from(out.buffer, out.byteOffset + outStart, head[ReadHead.RECORD_BYTES] ?? 0);
}

function makeOlder(records: Buffer): void {
  for (let at = 0; at < records.length; at += records.readInt32BE(at)) {
    const storeTimestamp = records.readBigInt64BE(at + RECORD_STORE_TIMESTAMP_AT);
    records.writeBigInt64BE(storeTimestamp - EARLY_MILLIS, at + RECORD_STORE_TIMESTAMP_AT);
  }
}

/** The engine's handles of a topic, learnt as it is defined. */
function handlesOf(topicName: string): {
  note(specJson: string, handle: number): number;
  has(handle: number): boolean;
} {
  const handles = new Set<number>();
  return {
    note(specJson, handle) {
      if ((JSON.parse(specJson) as { name: string }).name === topicName) handles.add(handle);
      return handle;
    },
    has: (handle) => handles.has(handle),
  };
}

/** An append request begins with its topic. */
function handleOfAppend(request: Uint8Array): number {
  return new DataView(request.buffer, request.byteOffset).getUint32(0);
}

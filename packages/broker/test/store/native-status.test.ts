import type * as binding from '@centaurmq/native';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeAppendRequest } from '../../src/store/append-request.ts';
import type { MessageToAppend } from '../../src/store/message-store.ts';
import { type NativeModule, loadNativeModule } from '../../src/store/native-module.ts';
import {
  AppendStatus,
  LOOKUP_HEAD_RECORD_BYTES,
  LookupStatus,
  QUEUE_BOUNDS,
  QueueHead,
  QueueStatus,
  ReadHead,
  ReadStatus,
} from '../../src/store/native-status.ts';
import { messageTo } from './store-kit.ts';

// The binding's own declarations must be what the broker believes them to be: checked by the compiler.
const declared = (engine: typeof binding): NativeModule => engine;

const native = loadNativeModule();
const head = new Float64Array(16);
let store: number;
let topic: number;

const spec = { name: 'T', readQueueNums: 4, writeQueueNums: 4, perm: 6, ackLevel: 'os', hotPath: true };
const message = {
  ...messageTo('T'),
  properties: Buffer.from('TAGS\u0001a\u0002'),
  body: Buffer.from('body'),
};

beforeEach(() => {
  ({ store } = JSON.parse(
    native.open(JSON.stringify({ disk: 'memory', segmentBytes: 65_536, bodyBytesMax: 1000 })),
  ) as { store: number });
  const identity = {
    storeHost: '10.1.2.3',
    storePort: 1,
    clusterName: 'C',
    brokerName: 'b',
    regionId: 'R',
    traceOn: true,
    version: 479,
  };
  native.configure(store, JSON.stringify(identity));
  topic = native.defineTopic(store, JSON.stringify(spec));
});
afterEach(() => native.close(store, 0));

function append(given: Partial<MessageToAppend> = {}, handle = topic): number {
  return native.append(store, encodeAppendRequest(handle, { ...message, ...given }), 1000, head);
}

function read(
  queueOffset: number,
  given: { queueId?: number; out?: Buffer; tagCodes?: Int32Array } = {},
): number {
  const { queueId = 0, out = Buffer.alloc(4096), tagCodes = null } = given;
  return native.read(store, topic, queueId, queueOffset, 32, 4096, tagCodes, out, 0, head);
}

describe("the engine's numbers", () => {
  it('are declared as the broker uses them', () => {
    expect(declared).toBeTypeOf('function');
  });

  it('of append', () => {
    expect(append()).toBe(AppendStatus.APPENDED);
    expect(append({ body: Buffer.alloc(1001) })).toBe(AppendStatus.MESSAGE_ILLEGAL);
    expect(append({ kind: 'batch', body: Buffer.from('no batch') })).toBe(AppendStatus.MESSAGE_ILLEGAL);
    expect(append({ properties: Buffer.from(`a\u0001${'x'.repeat(33_000)}\u0002`) })).toBe(
      AppendStatus.PROPERTIES_TOO_LONG,
    );
    expect(append({}, topic + 1000)).toBe(AppendStatus.UNKNOWN_TOPIC);
  });

  it('of read', () => {
    expect(read(0)).toBe(ReadStatus.NO_MATCHED_LOGIC_QUEUE);
    append();
    append();
    expect(read(0)).toBe(ReadStatus.FOUND);
    expect(head.subarray(0, 4)).toEqual(Float64Array.of(2, 0, 2, 2));
    const recordBytes = head[ReadHead.RECORD_BYTES]! / 2;
    expect(read(2)).toBe(ReadStatus.OFFSET_OVERFLOW_ONE);
    expect(read(3)).toBe(ReadStatus.OFFSET_OVERFLOW_BADLY);
    expect(head[ReadHead.NEXT_BEGIN_OFFSET]).toBe(2);
    expect(read(0, { tagCodes: Int32Array.of(1) })).toBe(ReadStatus.NO_MATCHED_MESSAGE);
    expect(read(0, { out: Buffer.alloc(10) })).toBe(ReadStatus.OUTPUT_TOO_SMALL);
    expect(head[ReadHead.RECORD_BYTES]).toBe(recordBytes);
    expect(read(0, { queueId: 1 })).toBe(ReadStatus.NO_MATCHED_LOGIC_QUEUE);
  });

  it('of read after the oldest messages were deleted', () => {
    for (let count = 0; count < 400; count += 1) append({ body: Buffer.alloc(900) });
    const policy = {
      task: 'retain',
      nowMillis: 1_000_000,
      ageMillisMax: 0,
      logBytesMax: null,
      segmentCountMax: 2,
    };
    native.maintain(store, JSON.stringify(policy));
    expect(read(0)).toBe(ReadStatus.OFFSET_TOO_SMALL);
    expect(head[ReadHead.NEXT_BEGIN_OFFSET]).toBe(head[ReadHead.MIN_OFFSET]);
    expect(head[ReadHead.MIN_OFFSET]).toBeGreaterThan(0);
  });

  it('of lookup and queueState', () => {
    append();
    const out = Buffer.alloc(4096);
    expect(native.lookup(store, 0, out, head)).toBe(LookupStatus.FOUND);
    const recordBytes = head[LOOKUP_HEAD_RECORD_BYTES]!;
    expect(out.readInt32BE(0)).toBe(recordBytes);
    expect(native.lookup(store, 0, Buffer.alloc(8), head)).toBe(LookupStatus.OUTPUT_TOO_SMALL);
    expect(head[LOOKUP_HEAD_RECORD_BYTES]).toBe(recordBytes);
    expect(native.lookup(store, 1, out, head)).toBe(LookupStatus.NOT_FOUND);
    expect(native.queueState(store, topic, 0, head)).toBe(QueueStatus.KNOWN);
    expect(head[QueueHead.MAX_OFFSET]).toBe(1);
    expect(head[QueueHead.LAST_STORE_TIMESTAMP]).toBe(1000);
    expect(head[QueueHead.EARLIEST_STORE_TIMESTAMP]).toBe(1000);
    const bounds = new Float64Array(QUEUE_BOUNDS);
    expect(native.queueState(store, topic, 0, bounds)).toBe(QueueStatus.KNOWN);
    expect(bounds).toEqual(Float64Array.of(0, 1, 1));
    expect(native.topicPutTotal(store, topic)).toBe(1);
    expect(native.topicPutTotal(store, topic + 1)).toBe(0);
  });
});

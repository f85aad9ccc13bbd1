import {
  ResponseCode,
  SendMessageResponseHeader,
  decodeFrame,
  encodeFrame,
  requestCommand,
} from '@centaurmq/protocol';
import { type Connection, ManualClock, silentLogger } from '@centaurmq/remoting';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StoreIngestEffects, withheldBytesMaxDefault } from '../../src/store/ingest-effects.ts';
import type { AnsweredPull } from '../../src/store/message-store.ts';
import { NativeChunkIngestor, ingestLimits } from '../../src/store/native-chunk-ingestor.ts';
import { type NativeModule, loadNativeModule } from '../../src/store/native-module.ts';
import { type OpenStore, openStore } from '../../src/store/open-store.ts';
import { sendCommand } from '../broker-kit.ts';
import { pullCommand } from '../pull/pull-command.ts';
import { storeOptions } from './store-kit.ts';

const connection: Connection = {
  id: 1,
  remote: { host: '2001:db8::7', port: 4000 },
  local: { host: '10.1.2.3', port: 10_911 },
  isOpen: true,
};
const files = { ...storeOptions.files, mappedFileSizeCommitLog: 8 << 20, messageIndexEnable: false };

const engine = loadNativeModule();
const disk = { flushes: true };
const native: NativeModule = {
  ...engine,
  flush(store) {
    if (!disk.flushes) throw new Error('the disk does not answer');
    return engine.flush(store);
  },
};
let clock: ManualClock;
let store: OpenStore;
let sent: Buffer[];
let answered: AnsweredPull[];

beforeEach(async () => {
  disk.flushes = true;
  clock = new ManualClock();
  sent = [];
  answered = [];
  store = await openStore({
    ...storeOptions,
    files,
    settings: { ...storeOptions.settings, ...files },
    clock,
    native,
  });
  const topic = { readQueueNums: 4, writeQueueNums: 4, perm: 6, hotPath: true };
  store.messages.defineTopic({ ...topic, name: 'T', ackLevel: 'os' });
  store.messages.defineTopic({ ...topic, name: 'Safe', ackLevel: 'fsync' });
});
afterEach(() => store.close());

function ingestor(
  given: Partial<typeof ingestLimits & { withheldBytesMax: number }> = {},
  module: NativeModule = native,
): NativeChunkIngestor {
  return new NativeChunkIngestor({
    native: module,
    store: store.messages.store,
    effects: new StoreIngestEffects({
      store: store.messages,
      withheldBytesMax: withheldBytesMaxDefault,
      ...given,
      pullAnswered: (pull) => answered.push(pull),
      unsafeResponse: () => ({ code: ResponseCode.FLUSH_DISK_TIMEOUT, remark: null }),
    }),
    clock,
    logger: silentLogger,
    limits: { ...ingestLimits, ...given },
    sendFrames: (_connection, bytes) => sent.push(Buffer.from(bytes)),
  });
}

function sends(count: number, topic = 'T'): Buffer {
  return Buffer.concat(
    Array.from({ length: count }, (_, opaque) => encodeFrame({ ...sendCommand({ topic }), opaque })),
  );
}

function frames(bytes: Uint8Array | null): ReturnType<typeof decodeFrame>[] {
  const found = [];
  for (let rest = Buffer.from(bytes ?? []); rest.length > 0; rest = rest.subarray(4 + rest.readInt32BE(0))) {
    found.push(decodeFrame(rest.subarray(0, 4 + rest.readInt32BE(0))));
  }
  return found;
}

describe('NativeChunkIngestor', () => {
  it('answers the sends of a chunk and lists what it does not take', () => {
    const other = encodeFrame({ ...requestCommand(28), opaque: 99 });
    const chunk = Buffer.concat([sends(2), other, sends(1), other.subarray(0, 10)]);
    const result = ingestor().ingest(connection, chunk);
    expect(frames(result.responses).map((response) => response.opaque)).toEqual([0, 1, 0]);
    expect(result.consumedBytes).toBe(chunk.length - 10);
    const [start, end] = result.otherFrames;
    expect(decodeFrame(chunk.subarray(start, end))).toMatchObject({ code: 28, opaque: 99 });
    expect(result.violation).toBeNull();
    const offsets = frames(result.responses).map(
      ({ extFields }) => SendMessageResponseHeader.decode(extFields).queueOffset,
    );
    expect(offsets).toEqual([0, 1, 2]);
  });

  it('lends its buffer for many responses, copies when all are lent, and works in pieces when one does not suffice', () => {
    const small = ingestor({ outputBytes: 16 * 1024, outputBuffersMax: 1 });
    const chunk = sends(200);
    let consumed = 0;
    const releases: (() => void)[] = [];
    const answered: number[] = [];
    while (consumed < chunk.length) {
      const result = small.ingest(connection, chunk.subarray(consumed));
      expect(result.consumedBytes).toBeGreaterThan(0);
      consumed += result.consumedBytes;
      if (result.release !== null) releases.push(result.release);
      answered.push(...frames(result.responses).map((response) => response.opaque));
    }
    expect(answered).toEqual(Array.from({ length: 200 }, (_, opaque) => opaque));
    expect(releases).toHaveLength(1);
    for (const release of releases) release();
    expect(small.ingest(connection, sends(100)).release).not.toBeNull();
  });

  it('answers pulls in pieces of its buffer, and tells what it answered', () => {
    const properties = 'UNIQ_KEY\u0001A\u0002';
    const send = encodeFrame(sendCommand({ body: Buffer.alloc(60_000), properties }));
    const hot = ingestor({ answeredPullsMax: 5 });
    hot.ingest(connection, send);
    store.messages.configurePulls({ messageCountMax: 32, recordBytesMax: 262_144, litePullEnable: true });
    const topics = [{ id: 3, topic: 'T', topicSysFlag: 0, registered: null }];
    store.messages.definePullGroup({ group: 'G', groupSysFlag: 0, topics });
    const count = 12;
    const chunk = Buffer.concat(
      Array.from({ length: count }, (_, opaque) => encodeFrame({ ...pullCommand(), opaque })),
    );
    const opaques: number[] = [];
    for (let consumed = 0; consumed < chunk.length;) {
      const result = hot.ingest(connection, chunk.subarray(consumed));
      expect(result.otherFrames).toEqual([]);
      consumed += result.consumedBytes;
      opaques.push(...frames(result.responses).map((response) => response.opaque));
      result.release?.();
    }
    expect(opaques).toEqual(Array.from({ length: count }, (_, opaque) => opaque));
    expect(answered).toHaveLength(count);
    expect(answered[0]).toMatchObject({ id: 3, queueId: 0, nextBeginOffset: 1, commitOffset: null });
    const small = ingestor({ outputBytes: 128 * 1024 }).ingest(connection, chunk);
    expect(small).toMatchObject({ responses: null, consumedBytes: chunk.length });
  });

  it('says what is wrong with bytes that are no frame', () => {
    const chunk = Buffer.concat([sends(1), Buffer.from([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0])]);
    const result = ingestor().ingest(connection, chunk);
    expect(frames(result.responses)).toHaveLength(1);
    expect(result.violation).toMatch(/at byte \d+ of the chunk: its length is outside/);
  });

  it('leaves everything to the general path when the engine fails', () => {
    const broken = {
      ...native,
      ingest: () => {
        throw new Error('no such store');
      },
    };
    const chunk = sends(3);
    const result = ingestor({}, broken).ingest(connection, chunk);
    expect(result.consumedBytes).toBe(chunk.length);
    expect(result.otherFrames).toHaveLength(6);
  });

  it('leaves sends to the general path while too many answers wait for the disk', async () => {
    disk.flushes = false;
    const bounded = ingestor({ withheldBytesMax: 1000 });
    const chunk = sends(5, 'Safe');
    expect(bounded.ingest(connection, chunk)).toMatchObject({ responses: null, otherFrames: [] });
    const second = bounded.ingest(connection, chunk);
    expect(second.otherFrames).toHaveLength(10);
    expect(second.consumedBytes).toBe(chunk.length);
    await clock.advance(5000);
    expect(frames(sent[0] ?? null).map((response) => response.code)).toEqual([10, 10, 10, 10, 10]);
    disk.flushes = true;
    expect(bounded.ingest(connection, chunk).otherFrames).toEqual([]);
    await clock.advance(1);
    expect(frames(sent[1] ?? null).map((response) => response.code)).toEqual([0, 0, 0, 0, 0]);
  });
});

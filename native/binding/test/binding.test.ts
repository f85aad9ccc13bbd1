import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import type * as EngineModule from '../index.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const require = createRequire(import.meta.url);
const engine = require('../index.js') as typeof EngineModule;

const NOW = 1_700_000_000_000;
const PEER = Buffer.from([10, 0, 0, 7, 0, 0, 0x12, 0x34]);
const PORT = 10_911;
const IDENTITY = {
  storeHost: '127.0.0.1',
  storePort: PORT,
  clusterName: 'DefaultCluster',
  brokerName: 'broker-a',
  regionId: 'DefaultRegion',
  traceOn: true,
  version: 479,
};
const SMALL_FILES = { segmentBytes: 1 << 20, indexSlots: 1000, indexEntries: 4000 };
const UNIQUE_KEY = 'UNIQ_KEY\u0001AC11\u0002';
const TOPIC = { name: 'Orders', readQueueNums: 4, writeQueueNums: 4, perm: 6, ackLevel: 'os', hotPath: true };

function appendRequest(topic: number, body: string): Buffer {
  const fixed = Buffer.alloc(47);
  fixed.writeUInt32BE(topic, 0);
  fixed.writeInt32BE(1, 4);
  fixed.writeUInt8(PEER.length, 46);
  const properties = Buffer.from('KEYS\u0001k1\u0002UNIQ_KEY\u0001AC11\u0002');
  return Buffer.concat([fixed, PEER, sized(properties), sized(Buffer.from(body))]);
}

function sized(bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function put(key: string, value: string): Buffer {
  return Buffer.concat([Buffer.of(0), ...['topics', key, value].map((text) => sized(Buffer.from(text)))]);
}

function errorOf(call: () => unknown): { code?: string; message: string } {
  try {
    call();
  } catch (error) {
    return error as Error;
  }
  throw new Error('expected an error');
}

describe('the engine in this process', () => {
  let store = -1;
  let topic = -1;

  beforeEach(() => {
    const opened = JSON.parse(engine.open(JSON.stringify({ disk: 'memory', ...SMALL_FILES }))) as {
      store: number;
      report: { startKind: string };
    };
    expect(opened.report.startKind).toBe('new');
    store = opened.store;
    engine.configure(store, JSON.stringify(IDENTITY));
    topic = engine.defineTopic(store, JSON.stringify(TOPIC));
  });

  afterEach(() => {
    engine.close(store, NOW);
  });

  it('appends a message and reads it back', () => {
    const head = new Float64Array(16);
    expect(engine.append(store, appendRequest(topic, 'hello'), NOW, head)).toBe(0);
    const [queueOffset, commitLogOffset, endOffset, recordCount, first] = head;
    expect([queueOffset, commitLogOffset, recordCount, first]).toEqual([0, 0, 1, 0]);
    const out = Buffer.alloc(1000, 1);
    expect(engine.read(store, topic, 1, 0, 32, 1000, null, out, 8, head)).toBe(0);
    expect([head[0], head[1], head[2], head[3], head[4]]).toEqual([1, 0, 1, 1, endOffset]);
    expect(out.subarray(0, 8)).toEqual(Buffer.alloc(8, 1));
    expect(out.readInt32BE(8)).toBe(endOffset);
    expect(out.includes('hello')).toBe(true);
    expect(engine.read(store, topic, 1, 0, 32, 1000, Int32Array.of(77), out, 0, head)).toBe(1);
    expect(engine.read(store, topic, 1, 0, 32, 1000, null, out.subarray(0, 20), 0, head)).toBe(9);
    expect(head[4]).toBe(endOffset);
    expect(engine.lookup(store, 0, out, head)).toBe(0);
    expect(head[0]).toBe(endOffset);
    expect(engine.lookup(store, 1, out, head)).toBe(1);
    expect(engine.queueState(store, topic, 1, head)).toBe(0);
    expect([...head.subarray(0, 5)]).toEqual([0, 1, 1, NOW, NOW]);
    expect(engine.searchOffset(store, topic, 1, NOW, false)).toBe(0);
    expect(engine.flush(store)).toBeGreaterThanOrEqual(endOffset ?? Number.NaN);
  });

  it('finds messages by key', () => {
    const head = new Float64Array(16);
    engine.append(store, appendRequest(topic, 'a'), NOW, head);
    engine.append(store, appendRequest(topic, 'b'), NOW + 1000, head);
    const second = head[1];
    const out = new Float64Array(8);
    expect(engine.queryIndex(store, 'Orders', 'k1', 8, 0, NOW + 5000, out)).toBe(2);
    expect([...out.subarray(0, 2)]).toEqual([second, 0]);
    expect(engine.queryIndex(store, 'Orders', 'other', 8, 0, NOW + 5000, out)).toBe(0);
  });

  it('reports arrivals of watched queues, a few at a time when asked for few', () => {
    const head = new Float64Array(16);
    engine.watch(store, topic, 1, true);
    engine.watch(store, topic, 2, true);
    const request = appendRequest(topic, 'x');
    engine.append(store, request, NOW, head);
    request.writeInt32BE(2, 4);
    engine.append(store, request, NOW, head);
    const out = new Uint32Array(2);
    expect(engine.arrivals(store, out)).toBe(1);
    const first = out[1];
    expect(engine.arrivals(store, out)).toBe(1);
    expect([first, out[1]].toSorted((a, b) => Number(a) - Number(b))).toEqual([1, 2]);
    expect(engine.arrivals(store, out)).toBe(0);
  });

  it('ingests a chunk: appends, answers, and lists what it does not take', () => {
    const header = JSON.stringify({
      code: 310,
      extFields: {
        a: 'group',
        b: 'Orders',
        c: 'TBW102',
        d: '4',
        e: '0',
        f: '0',
        g: '1',
        h: '0',
        i: UNIQUE_KEY,
      },
      flag: 0,
      language: 'JAVA',
      opaque: 5,
      version: 479,
    });
    const send = sized(Buffer.concat([sized(Buffer.from(header)), Buffer.from('body')]));
    const beat = sized(sized(Buffer.from('{"code":34,"opaque":6}')));
    const chunk = Buffer.concat([send, beat, send.subarray(0, 20)]);
    const out = Buffer.alloc(4096);
    const head = new Float64Array(16);
    const frames = new Uint32Array(8);
    const pulls = new Float64Array(6);
    expect(engine.ingest(store, PEER, PORT, chunk, NOW, out, head, frames, pulls)).toBe(0);
    expect([head[0], head[3], head[4], head[5], head[6]]).toEqual([send.length + beat.length, 0, 0, 1, 1]);
    expect([frames[0], frames[1]]).toEqual([send.length, send.length + beat.length]);
    expect(out.subarray(8, head[1]).toString()).toMatch(/^\{"code":0,.*"opaque":5,.*"queueId":"0"/);
    const malformed = Buffer.from([0, 0, 0, 2, 0]);
    expect(engine.ingest(store, PEER, PORT, malformed, NOW, out, head, frames, pulls)).toBe(1);
    expect(head[8]).toBe(1);
  });

  it('answers a pull of a group that was defined, and says what it answered', () => {
    engine.append(store, appendRequest(topic, 'one'), NOW, new Float64Array(8));
    engine.configurePulls(
      store,
      JSON.stringify({ messageCountMax: 32, recordBytesMax: 4096, litePullEnable: true }),
    );
    const registered = { subVersion: 17, tagCodes: null };
    const topics = [{ id: 7, topic: 'Orders', topicSysFlag: 0, registered }];
    engine.definePullGroup(store, JSON.stringify({ group: 'G', groupSysFlag: 0, topics }));
    const header = JSON.stringify({
      code: 11,
      extFields: {
        consumerGroup: 'G',
        topic: 'Orders',
        queueId: '1',
        queueOffset: '0',
        maxMsgNums: '32',
        sysFlag: '1',
        commitOffset: '3',
        suspendTimeoutMillis: '0',
        subVersion: '17',
      },
      flag: 0,
      opaque: 5,
    });
    const pull = sized(sized(Buffer.from(header)));
    const out = Buffer.alloc(8192);
    const head = new Float64Array(16);
    const [frames, pulls] = [new Uint32Array(8), new Float64Array(12)];
    const rest = [NOW, out, head, frames, pulls] as const;
    expect(engine.ingest(store, PEER, PORT, Buffer.concat([pull, pull]), ...rest)).toBe(0);
    expect([head[0], head[5], head[10]]).toEqual([2 * pull.length, 0, 2]);
    const recordBytes = pulls[5] ?? 0;
    expect(Array.from(pulls.subarray(6))).toEqual([7, 1, 1, 3, 1, recordBytes]);
    expect(out.subarray(8, head[1]).toString()).toMatch(/^\{"code":0,.*"opaque":5,.*"nextBeginOffset":"1"/);
    engine.definePullGroup(store, JSON.stringify({ group: 'G', groupSysFlag: 0, topics: [] }));
    expect(engine.ingest(store, PEER, PORT, pull, ...rest)).toBe(0);
    expect([head[5], head[10]]).toEqual([1, 0]);
    expect(() => engine.definePullGroup(store, '{}')).toThrow(/definePullGroup: missing field/);
  });

  it('keeps tables', () => {
    engine.metadataCommit(store, Buffer.concat([put('b', '2'), put('a', '1')]));
    const expected = Buffer.concat(['a', '1', 'b', '2'].map((text) => sized(Buffer.from(text))));
    expect(Buffer.from(engine.metadataScan(store, 'topics'))).toEqual(expected);
    expect(engine.metadataScan(store, 'groups')).toHaveLength(0);
    expect(errorOf(() => engine.metadataCommit(store, Buffer.of(0, 0)))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('byte 1'),
    });
  });

  it('is the same store in a worker thread', async () => {
    const head = new Float64Array(16);
    engine.append(store, appendRequest(topic, 'shared'), NOW, head);
    const worker = new Worker(
      `const { parentPort, workerData: { path, store, topic } } = require('node:worker_threads');
       const engine = require(path);
       const head = new Float64Array(8);
       engine.queueState(store, topic, 1, head);
       parentPort.postMessage([head[1], engine.flush(store)]);`,
      { eval: true, workerData: { path: require.resolve('../index.js'), store, topic } },
    );
    const answer = await new Promise((resolve, reject) => {
      worker.once('message', resolve).once('error', reject);
    });
    expect(answer).toEqual([1, head[2]]);
    await worker.terminate();
  });

  it('names what is wrong with an argument', () => {
    expect(errorOf(() => engine.flush(123_456))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: 'store 123456 is not open in this process',
    });
    const request = appendRequest(topic, 'hello');
    for (let end = 0; end < request.length; end += 1) {
      const error = errorOf(() => engine.append(store, request.subarray(0, end), NOW, new Float64Array(8)));
      expect(error.code).toBe('INVALID_ARGUMENT');
    }
    expect(errorOf(() => engine.open('{"disk":"tape"}')).message).toContain('tape');
    expect(errorOf(() => engine.maintain(store, '{"task":"sing"}')).message).toContain('sing');
  });

  it('has written what it appended when it returns, also where records are collected for the flush', () => {
    const { disk } = JSON.parse(engine.simulatedDisk('{"task":"create"}')) as { disk: number };
    const openOn = (simulatedDisk: number) => {
      const options = { disk: 'simulated', simulatedDisk, appendBy: 'writing', ...SMALL_FILES };
      return JSON.parse(engine.open(JSON.stringify(options))) as {
        store: number;
        report: { endOffset: number };
      };
    };
    const first = openOn(disk).store;
    engine.configure(first, JSON.stringify(IDENTITY));
    const fsync = engine.defineTopic(first, JSON.stringify({ ...TOPIC, ackLevel: 'fsync' }));
    const head = new Float64Array(8);
    expect(engine.append(first, appendRequest(fsync, 'do not wait'), NOW, head)).toBe(0);
    engine.abandon(first);
    const died = JSON.parse(engine.simulatedDisk(JSON.stringify({ task: 'processDeath', disk }))) as {
      disk: number;
    };
    const { store: next, report } = openOn(died.disk);
    expect(report.endOffset).toBe(head[2]);
    engine.close(next, NOW);
  });

  it('does its upkeep and tells its state', () => {
    const maintain = (task: object): unknown => JSON.parse(engine.maintain(store, JSON.stringify(task)));
    engine.append(store, appendRequest(topic, 'x'), NOW, new Float64Array(8));
    expect(maintain({ task: 'verify' })).toMatchObject({ bytesVerified: expect.any(Number) });
    expect(maintain({ task: 'prepareSpace' })).toMatchObject({ prepared: expect.any(Boolean) });
    expect(maintain({ task: 'checkpoint' })).toMatchObject({ checkpointOffset: expect.any(Number) });
    expect(
      maintain({ task: 'retain', nowMillis: NOW, ageMillisMax: null, logBytesMax: null, segmentCountMax: 1 }),
    ).toMatchObject({ segmentsDeleted: [], bytesFreed: 0 });
    const status = JSON.parse(engine.status(store)) as Record<string, unknown>;
    expect(status).toMatchObject({ topicCount: 1, poisonReason: null });
    expect(status['appendedOffset']).toBeGreaterThan(0);
  });
});

describe('the process', () => {
  const fillAndClose = (stores: number): void => {
    const head = new Float64Array(8);
    for (let count = 0; count < stores; count += 1) {
      const options = JSON.stringify({ disk: 'memory', ...SMALL_FILES });
      const { store } = JSON.parse(engine.open(options)) as { store: number };
      engine.configure(store, JSON.stringify(IDENTITY));
      const request = appendRequest(engine.defineTopic(store, JSON.stringify(TOPIC)), 'x'.repeat(4000));
      for (let appended = 0; appended < 200; appended += 1) {
        expect(engine.append(store, request, NOW, head)).toBe(0);
      }
      engine.close(store, NOW);
    }
  };

  it('gets its memory back from closed stores', () => {
    fillAndClose(20);
    const before = process.memoryUsage().rss;
    fillAndClose(100);
    // Each store held 800 kB of messages: 100 that stayed would be 80 MB.
    expect(process.memoryUsage().rss - before).toBeLessThan(40_000_000);
  });
});

describe('the package', () => {
  it('duplicates descriptors, and refuses what is none', () => {
    const own = openSync(import.meta.filename, 'r');
    const second = engine.duplicateDescriptor(own);
    expect(second).not.toBe(own);
    closeSync(own);
    expect(fstatSync(second).isFile()).toBe(true);
    closeSync(second);
    expect(() => engine.duplicateDescriptor(-1)).toThrow('-1 is no descriptor');
    expect(() => engine.duplicateDescriptor(1_000_000)).toThrow('descriptor 1000000 cannot be duplicated');
  });

  it('exports by name what its types declare', () => {
    const types = readFileSync(new URL('../index.d.ts', import.meta.url), 'utf8');
    const declared = [...types.matchAll(/^export declare (?:function|class) (\w+)/gm)].map(
      (match) => match[1],
    );
    expect(new Set(Object.keys(engine))).toEqual(new Set(declared));
    expect(Object.values(engine).every((member) => typeof member === 'function')).toBe(true);
  });
});

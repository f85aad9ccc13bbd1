import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Logger, ManualClock, silentLogger } from '@centaurmq/remoting';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { type BlockingTasks, inlineBlockingTasks } from '../../src/store/blocking-tasks.ts';
import { type NativeModule, loadNativeModule } from '../../src/store/native-module.ts';
import { type OpenStore, type StoreLocation, openStore } from '../../src/store/open-store.ts';
import { messageTo, storeOptions } from './store-kit.ts';

const SEGMENT_BYTES = 256 * 1024;

const settings = { ...storeOptions.settings, mappedFileSizeCommitLog: SEGMENT_BYTES };

const opened: OpenStore[] = [];
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
});

async function setUp(
  given: {
    native?: Partial<NativeModule>;
    settings?: Partial<typeof settings>;
    logger?: Logger;
    location?: StoreLocation;
    /** A task that never ends. */
    hanging?: string;
  } = {},
) {
  const clock = new ManualClock();
  const native = { ...loadNativeModule(), ...given.native };
  const inline = inlineBlockingTasks(native);
  const ran: string[] = [];
  const tasks: BlockingTasks = {
    run(name, ...args) {
      const task = name === 'maintain' ? (JSON.parse(String(args[1])) as { task: string }).task : name;
      ran.push(task);
      if (task === given.hanging) return new Promise(() => undefined);
      return inline.run(name, ...args);
    },
    flush(store) {
      ran.push('flush');
      return inline.flush(store);
    },
    close: () => inline.close(),
  };
  const store = await openStore({
    ...storeOptions,
    location: given.location ?? storeOptions.location,
    files: { ...storeOptions.files, mappedFileSizeCommitLog: SEGMENT_BYTES },
    settings: { ...settings, ...given.settings },
    clock,
    logger: given.logger ?? silentLogger,
    native,
    tasks,
  });
  opened.push(store);
  for (const [name, ackLevel] of [
    ['Os', 'os'],
    ['Safe', 'fsync'],
  ] as const) {
    store.messages.defineTopic({
      name,
      readQueueNums: 1,
      writeQueueNums: 1,
      perm: 6,
      ackLevel,
      hotPath: true,
    });
  }
  ran.length = 0;
  store.startMaintenance();
  return { clock, store, ran };
}

function append({ messages }: OpenStore, topic: string, bodyBytes = 100) {
  return messages.append(messageTo(topic, bodyBytes));
}

describe('StoreMaintenance', () => {
  it('does nothing while nothing is appended', async () => {
    const { clock, ran } = await setUp();
    await clock.advance(60_000);
    expect(ran).toEqual([]);
  });

  it('warms the segment of a store on disk before its first message', async () => {
    const path = mkdtempSync(join(tmpdir(), 'store-maintenance-'));
    onTestFinished(() => {
      rmSync(path, { recursive: true });
    });
    const { ran, store } = await setUp({ location: { kind: 'directory', path } });
    expect(ran).toEqual(['warmSegment']);
    expect(readdirSync(join(path, 'commitlog'))).toEqual(['00000000000000000000']);
    await opened.splice(opened.indexOf(store), 1)[0]?.close();
  });

  it('writes space ahead instead of warming it where messages are flushed one by one', async () => {
    const path = mkdtempSync(join(tmpdir(), 'store-maintenance-'));
    onTestFinished(() => {
      rmSync(path, { recursive: true });
    });
    const location = { kind: 'directory', path } as const;
    const { ran, store } = await setUp({ location, settings: { flushDiskType: 'SYNC_FLUSH' } });
    expect(ran).toEqual(['prepareSpace']);
    await opened.splice(opened.indexOf(store), 1)[0]?.close();
  });

  it('closes without waiting for a segment in preparation', async () => {
    const { store, ran } = await setUp({ hanging: 'prepareSpace' });
    store.messages.noteSpaceWanted();
    await opened.pop()?.close();
    expect(ran).toEqual(['prepareSpace', 'close']);
  });

  it('flushes in the background every half second, and writes a checkpoint after it', async () => {
    const { clock, store, ran } = await setUp();
    append(store, 'Os');
    await clock.advance(499);
    expect(ran).toEqual([]);
    await clock.advance(1);
    expect(ran).toEqual(['flush']);
    expect(store.messages.status().flushedOffset).toBe(store.messages.status().appendedOffset);
    await clock.advance(9500);
    expect(ran).toEqual(['flush', 'checkpoint']);
    await clock.advance(60_000);
    expect(ran).toHaveLength(2);
  });

  it('prepares the next segment when the active one is half full', async () => {
    const { clock, store, ran } = await setUp();
    append(store, 'Os', 60_000);
    append(store, 'Os', 60_000);
    await clock.advance(500);
    expect(ran).not.toContain('prepareSpace');
    append(store, 'Os', 60_000);
    await clock.advance(500);
    expect(ran).toContain('prepareSpace');
    expect(store.messages.status().segmentPrepared).toBe(true);
    await clock.advance(5000);
    expect(ran.filter((name) => name === 'prepareSpace')).toHaveLength(1);
  });

  it('tries a task that failed again, but not at once', async () => {
    let failures = 0;
    const logger = { ...silentLogger, error: () => (failures += 1) };
    const native = loadNativeModule();
    const { clock, store } = await setUp({
      logger,
      native: {
        maintain(store, task) {
          if (task.includes('prepareSpace') && failures < 2) throw new Error('no space left on device');
          return native.maintain(store, task);
        },
      },
    });
    for (let count = 0; count < 1000; count += 1) store.messages.noteSpaceWanted();
    await clock.advance(0);
    for (let count = 0; count < 1000; count += 1) store.messages.noteSpaceWanted();
    expect(failures).toBe(1);
    await clock.advance(1000);
    store.messages.noteSpaceWanted();
    await clock.advance(1000);
    expect(failures).toBe(2);
    store.messages.noteSpaceWanted();
    await clock.advance(0);
    expect(store.messages.status().segmentPrepared).toBe(true);
  });

  it('deletes the oldest segments beyond commitLogBytesMax and says so', async () => {
    const reports: string[] = [];
    const logger = { ...silentLogger, info: (_fields: object, message: string) => reports.push(message) };
    const { clock, store } = await setUp({ settings: { commitLogBytesMax: 2 * SEGMENT_BYTES }, logger });
    for (let count = 0; count < 20; count += 1) append(store, 'Os', 60_000);
    expect(store.messages.minOffset('Os', 0)).toBe(0);
    await clock.advance(20_000);
    const { minOffset, appendedOffset } = store.messages.status();
    expect(minOffset).toBeGreaterThan(0);
    expect(appendedOffset - minOffset).toBeLessThanOrEqual(3 * SEGMENT_BYTES);
    expect(store.messages.minOffset('Os', 0)).toBeGreaterThan(0);
    expect(store.messages.lookup(0)).toBeNull();
    expect(reports).toContain('Expired segments were deleted.');
  });
});

describe('a store whose flush fails', () => {
  it('is poisoned: messages that wait and all that follow are refused with the reason, reads go on', async () => {
    const native = loadNativeModule();
    let broken = false;
    const { clock, store } = await setUp({
      native: {
        flush(number) {
          if (broken) throw new Error('fdatasync: EIO');
          return native.flush(number);
        },
        status: (number) =>
          JSON.stringify({
            ...(JSON.parse(native.status(number)) as object),
            poisonReason: broken ? 'fdatasync: EIO' : null,
          }),
      },
    });
    const first = append(store, 'Safe');
    const flushed = store.messages.acknowledged('Safe', first.status === 'appended' ? first.endOffset : 0);
    await clock.advance(0);
    expect(await flushed).toBe('reached');
    broken = true;
    const second = append(store, 'Safe');
    const lost = store.messages.acknowledged('Safe', second.status === 'appended' ? second.endOffset : 0);
    await clock.advance(0);
    expect(await lost).toBe('poisoned');
    expect(store.messages.gate.poisonReason).toBe('fdatasync: EIO');
    expect(store.messages.maxOffset('Safe', 0)).toBe(1);
    broken = false;
  });
});

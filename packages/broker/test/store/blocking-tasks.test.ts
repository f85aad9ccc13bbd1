import { afterEach, describe, expect, it } from 'vitest';
import { pooledBlockingTasks } from '../../src/store/blocking-tasks.ts';
import { type NativeModule, loadNativeModule } from '../../src/store/native-module.ts';
import { openStore } from '../../src/store/open-store.ts';
import { temporaryDirectory } from '../broker-kit.ts';
import { messageTo, storeOptions } from './store-kit.ts';

const cleanUps: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

async function setUp() {
  const engine = loadNativeModule();
  const flushing: number[] = [];
  const native: NativeModule = {
    ...engine,
    flushInBackground(store) {
      flushing.push(store);
      return engine.flushInBackground(store);
    },
  };
  const tasks = pooledBlockingTasks(native);
  const directory = await temporaryDirectory();
  cleanUps.push(directory.remove);
  const location = { kind: 'directory', path: directory.path } as const;
  const store = await openStore({ ...storeOptions, location, native, tasks });
  cleanUps.push(() => store.close());
  const topic = { readQueueNums: 1, writeQueueNums: 1, perm: 6, hotPath: true };
  store.messages.defineTopic({ name: 'Safe', ackLevel: 'fsync', ...topic });
  return { store, tasks, flushing };
}

describe('the flush of a store on a disk', () => {
  it('makes all that was appended durable, without a worker of the pool', async () => {
    const { store, tasks, flushing } = await setUp();
    store.messages.append(messageTo('Safe', 100));
    const flushedOffset = await tasks.flush(store.messages.store);
    expect(flushing).toEqual([store.messages.store]);
    expect(flushedOffset).toBe(store.messages.status().appendedOffset);
    expect(store.messages.status().flushedOffset).toBe(flushedOffset);
  });

  it('takes what the rest of the turn appends', async () => {
    const { store, tasks } = await setUp();
    const flush = tasks.flush(store.messages.store);
    await Promise.resolve();
    store.messages.append(messageTo('Safe', 100));
    expect(await flush).toBe(store.messages.status().appendedOffset);
    expect(await flush).toBeGreaterThan(0);
  });

  it('is refused when the store is closed', async () => {
    const { store, tasks } = await setUp();
    await store.close();
    cleanUps.pop();
    await expect(tasks.flush(store.messages.store)).rejects.toThrow('is not open');
  });
});

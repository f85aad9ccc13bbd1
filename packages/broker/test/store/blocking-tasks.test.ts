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
  const flushers: number[] = [];
  const native: NativeModule = {
    ...engine,
    startFlusher(store, onFlushed) {
      flushers.push(store);
      engine.startFlusher(store, onFlushed);
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
  return { store, tasks, flushers };
}

describe('the flush of a store on a disk', () => {
  it('makes all that was appended durable, on one thread of the engine', async () => {
    const { store, tasks, flushers } = await setUp();
    expect(flushers).toEqual([]);
    store.messages.append(messageTo('Safe', 100));
    await tasks.flush(store.messages.store);
    store.messages.append(messageTo('Safe', 100));
    const flushedOffset = await tasks.flush(store.messages.store);
    expect(flushers).toEqual([store.messages.store]);
    expect(flushedOffset).toBe(store.messages.status().appendedOffset);
    expect(store.messages.status().flushedOffset).toBe(flushedOffset);
  });

  it('tells what a checkpoint has flushed', async () => {
    const { store, tasks } = await setUp();
    store.messages.append(messageTo('Safe', 100));
    await tasks.run('maintain', store.messages.store, '{"task":"checkpoint"}');
    expect(store.messages.status().flushedOffset).toBeGreaterThan(0);
    expect(await tasks.flush(store.messages.store)).toBe(store.messages.status().appendedOffset);
  });

  it('refuses whoever waits when the store is closed', async () => {
    const { store, tasks } = await setUp();
    store.messages.append(messageTo('Safe', 100));
    await tasks.flush(store.messages.store);
    const waiting = tasks.flush(store.messages.store);
    const closed = store.close();
    cleanUps.pop();
    await expect(waiting).rejects.toThrow('is flushed no more: it is closed');
    await closed;
  });

  it('is refused when the store is closed', async () => {
    const { store, tasks } = await setUp();
    await store.close();
    cleanUps.pop();
    await expect(tasks.flush(store.messages.store)).rejects.toThrow('is not open');
  });
});

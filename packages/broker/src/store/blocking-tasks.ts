import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import { BackgroundFlushes } from './background-flushes.ts';
import type { NativeModule } from './native-module.ts';

/** The engine's functions that may wait for the disk; they never run on the event loop of a real broker. */
export type BlockingFunction =
  | 'open'
  | 'close'
  | 'deleteTopic'
  | 'queryIndex'
  | 'warm'
  | 'maintain'
  | 'metadataScan'
  | 'metadataCommit';

/** Where blocking work runs. */
export interface BlockingTasks {
  run<F extends BlockingFunction>(
    name: F,
    ...args: Parameters<NativeModule[F]>
  ): Promise<ReturnType<NativeModule[F]>>;
  /**
   * Asks that everything appended so far be made durable; resolves with the flushed commit log offset, once it is further than the last
   * one that was told. It may not cover everything yet.
   */
  flush(store: number): Promise<number>;
  /** Waits for running tasks and ends the threads. */
  close(): Promise<void>;
}

export interface BlockingTaskLimits {
  /** A flush, maintenance, and two reads of cold messages or of the index may overlap; more gain nothing. */
  readonly threadsMax: number;
  /** A thread with nothing to do for this long ends, so that an idle broker stays small. */
  readonly threadIdleMillis: number;
  /** Tasks waiting for a thread; beyond it a task is refused. */
  readonly queuedTasksMax: number;
}

export const blockingTaskLimits: BlockingTaskLimits = {
  threadsMax: 4,
  threadIdleMillis: 10_000,
  queuedTasksMax: 1024,
};

/**
 * A pool of worker threads that share the engine's mapped memory through its handle. Flushes, thousands a second where
 * acknowledgements wait for them, are left to a thread of the engine, which needs no message for the next one. For one store.
 */
export function pooledBlockingTasks(
  native: NativeModule,
  limits: BlockingTaskLimits = blockingTaskLimits,
): BlockingTasks {
  const pool = new Piscina<{ name: BlockingFunction; args: unknown[] }, unknown>({
    filename: fileURLToPath(new URL('../../store-worker.js', import.meta.url)),
    minThreads: 0,
    maxThreads: limits.threadsMax,
    idleTimeout: limits.threadIdleMillis,
    maxQueue: limits.queuedTasksMax,
    // The engine holds threads' results in shared memory only; nothing is left behind in a worker.
    concurrentTasksPerWorker: 1,
  });
  let flushes: BackgroundFlushes | null = null;
  return {
    run: async <F extends BlockingFunction>(name: F, ...args: Parameters<NativeModule[F]>) =>
      (await pool.run({ name, args })) as ReturnType<NativeModule[F]>,
    flush: (store) => {
      flushes ??= new BackgroundFlushes(native, store);
      return flushes.next();
    },
    close: async () => {
      flushes?.close();
      await pool.close();
    },
  };
}

/** Runs at once on the caller's thread: for stores in memory, where nothing waits for a disk, and for simulation. */
export function inlineBlockingTasks(native: NativeModule): BlockingTasks {
  return {
    run: async <F extends BlockingFunction>(name: F, ...args: Parameters<NativeModule[F]>) => {
      const task = native[name] as (...args: Parameters<NativeModule[F]>) => ReturnType<NativeModule[F]>;
      return task(...args);
    },
    flush: async (store) => native.flush(store),
    close: () => Promise.resolve(),
  };
}

import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { type Logger, ThreadedTransport, type Transport } from '@centaurmq/remoting';
import type { IngestEffects } from './ingest-effects.ts';
import { applyIoThreadNote, type IoThreadNote } from './io-thread-effects.ts';
import type { IoWorkerData } from './io-worker.ts';
import type { NativeModule } from './native-module.ts';

export interface IoThreadsOptions {
  /** At least one. */
  readonly threadCount: number;
  /** Plain connections are served by the engine where it can. */
  readonly hotSockets: boolean;
  /** The engine's number of the store. */
  readonly store: number;
  readonly native: NativeModule;
  readonly effects: IngestEffects;
  /** For connections of this side. */
  readonly transport: Transport;
  readonly logger: Logger;
}

/** Compiled, also when the rest runs from sources: worker threads are not given a loader. */
const WORKER_FILE = fileURLToPath(new URL('../../dist/store/io-worker.js', import.meta.url));

/** Threads that each serve their own connections over the one store. */
export function startIoThreads(options: IoThreadsOptions): ThreadedTransport {
  const { threadCount, hotSockets, store, native, effects, transport, logger } = options;
  const data: IoWorkerData = { store, hotSockets };
  return new ThreadedTransport({
    // Without the arguments of this process: a condition that resolves packages to their sources is not for it.
    workers: Array.from(
      { length: threadCount },
      () => new Worker(WORKER_FILE, { workerData: data, execArgv: [] }),
    ),
    duplicateDescriptor: (descriptor) => native.duplicateDescriptor(descriptor),
    connect: (to) => transport.connect(to),
    logger,
    noted: (note, reply) => applyIoThreadNote(effects, note as IoThreadNote, reply),
  });
}

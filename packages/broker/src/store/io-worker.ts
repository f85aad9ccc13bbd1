// The entry of an I/O thread: serves sockets, runs the hot path on the shared store, leaves everything else to the broker's thread.
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { type IoThreadServices, serveIoThread, systemClock } from '@centaurmq/remoting';
import { IoThreadEffects, type SettledNote } from './io-thread-effects.ts';
import { NativeChunkIngestor } from './native-chunk-ingestor.ts';
import { openHotSockets } from './native-hot-sockets.ts';
import { loadNativeModule } from './native-module.ts';

/** What the broker's thread gives a new one. */
export interface IoWorkerData {
  /** The engine's number of the store. */
  readonly store: number;
  /** Plain connections are served by the engine where it can. */
  readonly hotSockets: boolean;
}

function serve(port: MessagePort, { store, hotSockets }: IoWorkerData): void {
  const clock = systemClock;
  serveIoThread({
    port,
    clock,
    hotPath: ({ logger, sendFrames, note }: IoThreadServices) => {
      const effects = new IoThreadEffects(clock, note);
      const native = loadNativeModule();
      const parts = { native, store, effects, clock, logger };
      const ingestor = new NativeChunkIngestor({ ...parts, sendFrames });
      const sockets = hotSockets ? openHotSockets(parts) : null;
      return { ingestor, sockets, noted: (settled) => effects.settled(settled as SettledNote) };
    },
  });
}

if (parentPort !== null) serve(parentPort, workerData as IoWorkerData);

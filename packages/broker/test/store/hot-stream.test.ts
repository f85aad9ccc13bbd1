// Sockets of the engine are held to what is demanded of every transport; the cases are those of `remoting`.
import { HotTransport, type HotSockets, nodeTransport, silentLogger, systemClock } from '@centaurmq/remoting';
import { afterAll, describe } from 'vitest';
import type { World } from '../../../remoting/test/fixture.ts';
import { malformedInputCases } from '../../../remoting/test/server/malformed-input-cases.ts';
import { peerThatDoesNotReadCases } from '../../../remoting/test/server/peer-that-does-not-read-cases.ts';
import { pair, streamCases } from '../../../remoting/test/transport/stream-cases.ts';
import { StoreIngestEffects, withheldBytesMaxDefault } from '../../src/store/ingest-effects.ts';
import { NativeChunkIngestor } from '../../src/store/native-chunk-ingestor.ts';
import { openHotSockets } from '../../src/store/native-hot-sockets.ts';
import { loadNativeModule } from '../../src/store/native-module.ts';
import { openStore } from '../../src/store/open-store.ts';
import { storeOptions } from './store-kit.ts';

describe.skipIf(process.platform !== 'linux')('sockets of the engine', async () => {
  const native = loadNativeModule();
  const store = await openStore({ ...storeOptions, native });
  const effects = new StoreIngestEffects({
    store: store.messages,
    withheldBytesMax: withheldBytesMaxDefault,
    pullAnswered: () => undefined,
    unsafeResponse: () => ({ code: 1, remark: null }),
  });
  const parts = { native, store: store.messages.store, effects, clock: systemClock, logger: silentLogger };
  const opened: HotSockets[] = [];
  afterAll(async () => {
    for (const sockets of opened) sockets.close();
    await store.close();
  });

  const transport = (): HotTransport => {
    const sockets = openHotSockets(parts);
    if (sockets === null) throw new Error('the engine serves no sockets here');
    opened.push(sockets);
    const duplicateDescriptor = (descriptor: number): number => native.duplicateDescriptor(descriptor);
    return new HotTransport({
      transport: nodeTransport(),
      sockets,
      duplicateDescriptor,
      logger: silentLogger,
    });
  };
  const world: World = {
    world: 'sockets of the engine',
    make: () => ({
      transport: transport(),
      clock: systemClock,
      chunkIngestor: new NativeChunkIngestor({ ...parts, sendFrames: () => undefined }),
    }),
  };

  malformedInputCases(world);
  peerThatDoesNotReadCases(world);
  streamCases('the engine, reading', () => pair(transport()));
  streamCases('the engine, writing', async () => {
    const { near, far, close } = await pair(transport());
    return { near: far, far: near, close };
  });
});

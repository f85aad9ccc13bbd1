import type { NativeModule } from './native-module.ts';
import { IngestHead } from './native-status.ts';

/** The engine with a hot path that takes nothing: every frame goes through TypeScript. For tests that compare the two ways. */
export function withoutHotPath(native: NativeModule): NativeModule {
  return {
    ...native,
    ingest(_store, _peer, _localPort, chunk, _nowMillis, _out, head, frames) {
      const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      let start = 0;
      let count = 0;
      while (start + 4 <= chunk.length && 2 * count < frames.length) {
        const end = start + 4 + view.getInt32(start);
        if (end > chunk.length) break;
        frames.set([start, end], 2 * count);
        count += 1;
        start = end;
      }
      head.fill(0);
      head[IngestHead.CONSUMED_BYTES] = start;
      head[IngestHead.OTHER_FRAME_COUNT] = count;
      return 0;
    },
  };
}

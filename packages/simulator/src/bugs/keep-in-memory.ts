import { AppendHead, AppendStatus, type NativeModule, withoutHotPath } from '@centaurmq/broker/simulation';
import { tearRecord } from './tear-record.ts';

const FIRST_UNWRITTEN = 'commit log offset of the first record that no flush has written';

/**
 * Records reach the log's file with a flush only: what dies before takes them along. Who waits for the disk does not notice. The real
 * engine has written them by then, so they are torn before the next start.
 */
export function keepInMemory(native: NativeModule, memory: Map<string, number>): NativeModule {
  const flushed = (store: number): void => {
    const { flushedOffset } = JSON.parse(native.status(store)) as { flushedOffset: number };
    if ((memory.get(FIRST_UNWRITTEN) ?? Infinity) < flushedOffset) memory.delete(FIRST_UNWRITTEN);
  };
  return {
    ...withoutHotPath(native),
    append(store, request, nowMillis, head) {
      const status = native.append(store, request, nowMillis, head);
      if (status === AppendStatus.APPENDED && !memory.has(FIRST_UNWRITTEN))
        memory.set(FIRST_UNWRITTEN, head[AppendHead.COMMIT_LOG_OFFSET] ?? 0);
      return status;
    },
    flush(store) {
      const flushedOffset = native.flush(store);
      flushed(store);
      return flushedOffset;
    },
    // A checkpoint flushes, too.
    maintain(store, taskJson) {
      const report = native.maintain(store, taskJson);
      flushed(store);
      return report;
    },
    close(store, nowMillis) {
      native.close(store, nowMillis);
      memory.delete(FIRST_UNWRITTEN);
    },
    open(optionsJson) {
      const at = memory.get(FIRST_UNWRITTEN);
      memory.delete(FIRST_UNWRITTEN);
      if (at !== undefined) tearRecord(native, optionsJson, at);
      return native.open(optionsJson);
    },
  };
}

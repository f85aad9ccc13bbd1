import { AppendHead, type NativeModule, withoutHotPath } from '@centaurmq/broker/simulation';
import { tearRecord } from './tear-record.ts';

const LAST_RECORD = 'commit log offset of the last record';

/** Before each start the last record is made one that recovery takes for torn. */
export function dropLastRecord(native: NativeModule, memory: Map<string, number>): NativeModule {
  return {
    ...withoutHotPath(native),
    append(store, request, nowMillis, head) {
      const status = native.append(store, request, nowMillis, head);
      memory.set(LAST_RECORD, head[AppendHead.COMMIT_LOG_OFFSET] ?? 0);
      return status;
    },
    open(optionsJson) {
      const at = memory.get(LAST_RECORD);
      if (at !== undefined) tearRecord(native, optionsJson, at);
      return native.open(optionsJson);
    },
  };
}

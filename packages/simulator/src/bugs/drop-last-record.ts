import { AppendHead, type NativeModule, withoutHotPath } from '@centaurmq/broker/simulation';

const LAST_RECORD = 'commit log offset of the last record';
const MAGIC_CODE_AT = 4;

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
      const { simulatedDisk, segmentBytes } = JSON.parse(optionsJson) as {
        simulatedDisk: number;
        segmentBytes: number;
      };
      const at = memory.get(LAST_RECORD);
      if (at !== undefined) {
        const segmentStart = at - (at % segmentBytes);
        const path = `commitlog/${String(segmentStart).padStart(20, '0')}`;
        const position = at - segmentStart + MAGIC_CODE_AT;
        native.simulatedDisk(
          JSON.stringify({ task: 'flipBit', disk: simulatedDisk, path, position, bit: 0 }),
        );
      }
      return native.open(optionsJson);
    },
  };
}

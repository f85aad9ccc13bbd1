import type { NativeModule } from '@centaurmq/broker/simulation';

const MAGIC_CODE_AT = 4;

/** Makes the record at this place of the log one that recovery takes for torn, before the store is opened with these options. */
export function tearRecord(native: NativeModule, optionsJson: string, commitLogOffset: number): void {
  const { simulatedDisk, segmentBytes } = JSON.parse(optionsJson) as {
    simulatedDisk: number;
    segmentBytes: number;
  };
  const segmentStart = commitLogOffset - (commitLogOffset % segmentBytes);
  const path = `commitlog/${String(segmentStart).padStart(20, '0')}`;
  const position = commitLogOffset - segmentStart + MAGIC_CODE_AT;
  native.simulatedDisk(JSON.stringify({ task: 'flipBit', disk: simulatedDisk, path, position, bit: 0 }));
}

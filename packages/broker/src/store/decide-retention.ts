import { usedSpaceRatio } from './used-space-ratio.ts';
import type { StoreStatus } from './message-store.ts';

/** RocketMQ's settings of what is kept, read on every round: they may change while the broker runs. */
export interface RetentionSettings {
  /** Hours a segment is kept. */
  readonly fileReservedTime: number;
  /** Hours of the day at which expired segments go, separated by semicolons. */
  readonly deleteWhen: string;
  /** Percent of the disk from which expired segments go at once. */
  readonly diskMaxUsedSpaceRatio: number;
  /** Percent of the disk from which the oldest segments go whatever their age. */
  readonly diskSpaceCleanForciblyRatio: number;
  /** Bytes the commit log may have; 0: no limit. */
  readonly commitLogBytesMax: number;
}

/** What the engine is asked to delete. */
export interface RetentionPolicy {
  readonly ageMillisMax: number | null;
  readonly logBytesMax: number | null;
  readonly segmentCountMax: number;
}

const HOUR_MILLIS = 3_600_000;
/** RocketMQ's deleteFileBatchMax. */
const SEGMENTS_PER_ROUND_MAX = 10;

/** What may go now; null when nothing is due (Java: CleanCommitLogService). */
export function decideRetention(
  settings: RetentionSettings,
  status: Pick<StoreStatus, 'appendedOffset' | 'minOffset' | 'space'>,
  hourOfDay: number,
): RetentionPolicy | null {
  const usedPercent = 100 * usedSpaceRatio(status.space);
  const overfull = usedPercent > settings.diskSpaceCleanForciblyRatio;
  const hours = settings.deleteWhen.split(';').map(Number);
  const ageDue = hours.includes(hourOfDay) || usedPercent > settings.diskMaxUsedSpaceRatio;
  const logBytes = status.appendedOffset - status.minOffset;
  const sizeDue = settings.commitLogBytesMax > 0 && logBytes > settings.commitLogBytesMax;
  if (!overfull && !ageDue && !sizeDue) return null;
  const reservedMillis = ageDue ? settings.fileReservedTime * HOUR_MILLIS : null;
  return {
    ageMillisMax: overfull ? 0 : reservedMillis,
    logBytesMax: sizeDue ? settings.commitLogBytesMax : null,
    segmentCountMax: SEGMENTS_PER_ROUND_MAX,
  };
}

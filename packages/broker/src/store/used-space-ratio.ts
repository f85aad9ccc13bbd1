import type { DiskSpace } from './message-store.ts';

/**
 * How full the disk is for the broker, 0 to 1: what is reserved for the system counts neither as used nor as free
 * (Java: UtilAll#getDiskPartitionSpaceUsedPercent). 0 when the space is unknown.
 */
export function usedSpaceRatio(space: DiskSpace | null): number {
  if (space === null) return 0;
  const usedBytes = space.totalBytes - space.freeBytes;
  const ownBytes = usedBytes + space.availableBytes;
  return ownBytes === 0 ? 0 : usedBytes / ownBytes;
}

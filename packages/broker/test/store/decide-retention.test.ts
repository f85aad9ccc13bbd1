import { describe, expect, it } from 'vitest';
import { decideRetention } from '../../src/store/decide-retention.ts';

const settings = {
  fileReservedTime: 72,
  deleteWhen: '04;16',
  diskMaxUsedSpaceRatio: 75,
  diskSpaceCleanForciblyRatio: 85,
  commitLogBytesMax: 0,
};
const MIB = 1024 * 1024;
const HOURS_72 = 72 * 3_600_000;

function status(usedPercent: number, logBytes = 100 * MIB) {
  // A third of what is not used is reserved for the system.
  const availableBytes = 1000 - usedPercent * 10;
  const freeBytes = availableBytes * 1.5;
  const space = { totalBytes: usedPercent * 10 + freeBytes, freeBytes, availableBytes };
  return { minOffset: 5 * MIB, appendedOffset: 5 * MIB + logBytes, space };
}

describe('decideRetention', () => {
  it('deletes by age only at the hours of deleteWhen', () => {
    expect(decideRetention(settings, status(10), 3)).toBeNull();
    const policy = { ageMillisMax: HOURS_72, logBytesMax: null, segmentCountMax: 10 };
    expect(decideRetention(settings, status(10), 4)).toEqual(policy);
    expect(decideRetention(settings, status(10), 16)).toEqual(policy);
  });

  it('deletes by age at any hour when the disk is above diskMaxUsedSpaceRatio', () => {
    expect(decideRetention(settings, status(75), 3)).toBeNull();
    expect(decideRetention(settings, status(76), 3)?.ageMillisMax).toBe(HOURS_72);
  });

  it('deletes the oldest whatever their age above 85 percent', () => {
    expect(decideRetention(settings, status(85), 3)?.ageMillisMax).toBe(HOURS_72);
    expect(decideRetention(settings, status(86), 3)?.ageMillisMax).toBe(0);
  });

  it('deletes by total bytes at any hour', () => {
    const bounded = { ...settings, commitLogBytesMax: 50 * MIB };
    expect(decideRetention(bounded, status(10, 50 * MIB), 3)).toBeNull();
    const policy = { ageMillisMax: null, logBytesMax: 50 * MIB, segmentCountMax: 10 };
    expect(decideRetention(bounded, status(10, 51 * MIB), 3)).toEqual(policy);
  });

  it('knows no disk pressure when the space is unknown', () => {
    expect(decideRetention(settings, { ...status(99), space: null }, 3)).toBeNull();
  });
});

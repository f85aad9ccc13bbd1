import { ManualClock } from '@centaurmq/remoting';
import { describe, expect, it } from 'vitest';
import { StoreStatsService } from '../../src/statistics/store-stats-service.ts';

function setup(clock: ManualClock) {
  const totals = { times: 0, bytes: 0 };
  const stats = new StoreStatsService({ clock, putTotals: totals });
  stats.start();
  return { stats, totals };
}

describe('StoreStatsService', () => {
  it('averages over 10 s, 1 min and 10 min', async () => {
    const clock = new ManualClock();
    const { stats, totals } = setup(clock);
    await clock.advance(600_000);
    totals.times += 600;
    await clock.advance(1000);
    expect(stats.putTps()).toEqual([60, 10, 1]);
    await clock.advance(10_000);
    expect(stats.putTps()).toEqual([0, 10, 1]);
    stats.stop();
    expect(clock.pendingTimerCount).toBe(0);
  });

  it('adds found and missed pulls', async () => {
    const clock = new ManualClock();
    const { stats } = setup(clock);
    stats.getFound(32);
    stats.getMissed();
    await clock.advance(2000);
    expect(stats.getTotalTps()).toEqual([1, 1, 1]);
    expect(stats.getFoundTps()).toEqual([0.5, 0.5, 0.5]);
    expect(stats.getMissTps()).toEqual([0.5, 0.5, 0.5]);
    expect(stats.getTransferredTps()).toEqual([16, 16, 16]);
  });

  it('remembers the totals of the last two mornings', async () => {
    const noon = new Date(2026, 5, 1, 12).getTime();
    const clock = new ManualClock(noon);
    const { stats, totals } = setup(clock);
    totals.times += 10;
    stats.getFound(3);
    await clock.advance(13 * 3_600_000);
    totals.times += 5;
    expect(stats.putDayTotals).toEqual({ yesterdayMorning: 0, todayMorning: 10, todayNow: 15 });
    await clock.advance(24 * 3_600_000);
    expect(stats.putDayTotals).toEqual({ yesterdayMorning: 10, todayMorning: 15, todayNow: 15 });
    expect(stats.getDayTotals).toEqual({ yesterdayMorning: 3, todayMorning: 3, todayNow: 3 });
  });
});

import { describe, expect, it } from 'vitest';
import { CallTimes } from '../../src/statistics/call-times.ts';

describe('CallTimes', () => {
  it('counts by interval, lower ends included', () => {
    const times = new CallTimes();
    times.record(0.4, 32);
    times.record(1, 1);
    times.record(9.9, 1);
    times.record(10, 2);
    times.record(60_000, 1);
    expect(times.distribution()).toBe(
      '[<=0ms]:32 [0~10ms]:2 [10~50ms]:2 [50~100ms]:0 [100~200ms]:0 [200~500ms]:0 [500ms~1s]:0 [1~2s]:0 [2~3s]:0 [3~4s]:0 [4~5s]:0 [5~10s]:0 [10s~]:1 ',
    );
    expect(times.maxMillis).toBe(60_000);
  });

  it('interpolates a quantile inside its interval, and never beyond the longest', () => {
    const times = new CallTimes();
    expect(times.quantileMillis(0.99)).toBe(0);
    times.record(0.5, 99);
    times.record(20, 1);
    expect(times.quantileMillis(0.99)).toBe(1);
    expect(times.quantileMillis(0.995)).toBe(15);
    expect(times.quantileMillis(1)).toBe(20);
  });
});

import { expect, it } from 'vitest';
import { ManualClock } from '../../src/index.ts';

it('fires due timers in order, lets what they cause settle in between, and never by itself', async () => {
  const clock = new ManualClock(1_000);
  const seen: string[] = [];
  clock.setTimer(30, () => seen.push(`c at ${clock.now()}`));
  clock.setTimer(10, () => {
    seen.push(`a at ${clock.now()}`);
    void Promise.resolve().then(() => clock.setTimer(5, () => seen.push(`chained at ${clock.now()}`)));
  });
  clock.setTimer(10, () => seen.push(`b at ${clock.now()}`));
  const cancelled = clock.setTimer(20, () => seen.push('cancelled'));
  cancelled.cancel();
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  expect(seen).toEqual([]);
  await clock.advance(29);
  expect(seen).toEqual(['a at 1010', 'b at 1010', 'chained at 1015']);
  expect(clock.now()).toBe(1_029);
  expect(clock.monotonicMillis()).toBe(29);
  await clock.advance(1);
  expect(seen.at(-1)).toBe('c at 1030');
  expect(clock.pendingTimerCount).toBe(0);
});

import { describe, expect, it } from 'vitest';
import { ProcessClock, VirtualTime, WorldStoppedError } from '../../src/time/virtual-time.ts';

describe('virtual time', () => {
  it('jumps from timer to timer, in order, and runs what each makes ready before the next', async () => {
    const time = new VirtualTime();
    const clock = new ProcessClock(time);
    const seen: string[] = [];
    clock.setTimer(20, () => void seen.push(`second ${time.elapsedMillis}`));
    clock.setTimer(10, () => {
      void Promise.resolve().then(() => seen.push(`made ready by the first ${time.elapsedMillis}`));
    });
    await time.until(clock.sleep(86_400_000));
    expect(seen).toEqual(['made ready by the first 10', 'second 20']);
    expect(time.elapsedMillis).toBe(86_400_000);
  });

  it('does not fire what was cancelled, nor anything of a process that has ended', async () => {
    const time = new VirtualTime();
    const [clock, ended] = [new ProcessClock(time), new ProcessClock(time)];
    let fired = 0;
    clock.setTimer(1, () => fired++).cancel();
    ended.setTimer(1, () => fired++);
    ended.end();
    ended.setTimer(1, () => fired++);
    await time.until(clock.sleep(5));
    expect(fired).toBe(0);
  });

  it('says so when nothing will ever happen', async () => {
    const time = new VirtualTime();
    await expect(time.until(new Promise(() => undefined))).rejects.toThrow(WorldStoppedError);
  });

  it('says so when something goes in circles', async () => {
    const time = new VirtualTime(1000);
    const clock = new ProcessClock(time);
    const again = (): void => void clock.setTimer(0, again);
    again();
    await expect(time.until(clock.sleep(1))).rejects.toThrow(/1000 events/);
  });

  it('goes on however small the remainder of a wait is', async () => {
    const time = new VirtualTime();
    const clock = new ProcessClock(time);
    await time.until(clock.sleep(142_651.552_598));
    const due = clock.monotonicMillis() + 1.4e-11;
    await time.until(clock.sleep(due - clock.monotonicMillis() + 1e-12));
    expect(clock.monotonicMillis()).toBeGreaterThanOrEqual(142_651.552);
    await time.until(clock.sleep(1e-12));
    expect(clock.monotonicMillis()).toBeGreaterThan(due - 1);
  });
});

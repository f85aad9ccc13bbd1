import { ManualClock, silentLogger } from '@centaurmq/remoting';
import { expect, test } from 'vitest';
import { PeriodicTask } from '../../src/instance/periodic-task.ts';
import type { PeriodicTaskOptions } from '../../src/instance/periodic-task.ts';

function start(options: Partial<PeriodicTaskOptions>): {
  task: PeriodicTask;
  clock: ManualClock;
  runs: number[];
} {
  const clock = new ManualClock();
  const runs: number[] = [];
  const run = options.run ?? (() => Promise.resolve());
  const task = new PeriodicTask({
    name: 'test',
    clock,
    logger: silentLogger,
    firstDelayMillis: 100,
    intervalMillis: 1_000,
    ...options,
    run: () => {
      runs.push(clock.monotonicMillis());
      return run();
    },
  });
  task.start();
  return { task, clock, runs };
}

test('runs after the first delay and then at intervals, until it is stopped', async () => {
  const { task, clock, runs } = start({});
  await clock.advance(2_500);
  await task.stop();
  await clock.advance(5_000);
  expect(runs).toEqual([100, 1_100, 2_100]);
  expect(clock.pendingTimerCount).toBe(0);
});

test('a failed run does not end it, and a returned number replaces the interval once', async () => {
  let count = 0;
  const run = (): Promise<number | void> =>
    ++count === 1 ? Promise.reject(new Error('no')) : Promise.resolve(count === 2 ? 50 : undefined);
  const { clock, runs } = start({ run });
  await clock.advance(2_200);
  expect(runs).toEqual([100, 1_100, 1_150, 2_150]);
});

test('woken, it runs at once, but not closer than the spacing', async () => {
  const { task, clock, runs } = start({ spacingMillis: 300, intervalMillis: 10_000 });
  await clock.advance(150);
  task.wake();
  task.wake();
  await clock.advance(1_000);
  expect(runs).toEqual([100, 400]);
  task.wake();
  await clock.advance(0);
  expect(runs).toEqual([100, 400, 1_150]);
});

test('woken while it runs, it runs again afterwards; never two at a time', async () => {
  let finish: (() => void) | undefined;
  const { task, clock, runs } = start({
    run: () =>
      new Promise((resolve) => {
        finish = () => resolve();
      }),
  });
  await clock.advance(100);
  task.wake();
  await clock.advance(500);
  expect(runs).toEqual([100]);
  finish?.();
  await clock.advance(0);
  expect(runs).toEqual([100, 600]);
});

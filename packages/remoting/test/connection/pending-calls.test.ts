import { responseTo } from '@centaurmq/protocol';
import { expect, it } from 'vitest';
import { PendingCalls } from '../../src/connection/pending-calls.ts';
import { ManualClock } from '../../src/index.ts';

function calling(calls: PendingCalls, events: string[]): (name: string, timeoutMillis: number) => number {
  return (name, timeoutMillis) => {
    const opaque = calls.nextOpaque();
    const note = (what: string) => () => void events.push(`${name} ${what}`);
    calls.add(
      opaque,
      { answered: note('answered'), failed: note('failed'), timedOut: note('timed out') },
      timeoutMillis,
    );
    return opaque;
  };
}

it('times each call out at its own time, with one timer', async () => {
  const clock = new ManualClock();
  const calls = new PendingCalls(clock);
  const events: string[] = [];
  const call = calling(calls, events);
  call('long', 5_000);
  call('short', 1_000);
  const answered = call('answered early', 500);
  call('middle', 3_000);
  expect(clock.pendingTimerCount).toBe(1);
  calls.take(answered)?.answered(responseTo({ opaque: answered, serializeType: 0 }, 0));
  await clock.advance(999);
  expect(events).toEqual(['answered early answered']);
  await clock.advance(1);
  expect(events.at(-1)).toBe('short timed out');
  await clock.advance(1_999);
  call('late', 1);
  await clock.advance(1);
  expect(events.slice(-2)).toEqual(['middle timed out', 'late timed out']);
  expect(calls.size).toBe(1);
  calls.failAll(new Error('closed'));
  expect(events.at(-1)).toBe('long failed');
  expect(clock.pendingTimerCount).toBe(0);
});

it('gives no opaque twice, and each call once', () => {
  const calls = new PendingCalls(new ManualClock());
  const events: string[] = [];
  const first = calling(calls, events)('first', 1_000);
  expect(first).toBe(1);
  expect(calls.nextOpaque()).toBe(2);
  expect(calls.take(99)).toBeNull();
  expect(calls.take(first)).not.toBeNull();
  expect(calls.take(first)).toBeNull();
});

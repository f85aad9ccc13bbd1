import { expect, it } from 'vitest';
import { createUniqueKeyGenerator } from '../../src/index.ts';

function generator(now: () => number, ip = '10.0.0.1'): () => string {
  return createUniqueKeyGenerator({ ip, pid: 0x1_2345, now, random: { below: () => 0xcafe } });
}

it('lays out address, pid, chance, time in the month and counter', () => {
  const monthStart = new Date(2026, 2, 1).getTime();
  const next = generator(() => monthStart + 0x1234);
  expect(next()).toBe('0A00000123450000CAFE000012340000');
  expect(next()).toBe('0A00000123450000CAFE000012340001');
  expect(generator(() => monthStart, '2001:db8::1')()).toHaveLength(56);
});

it('counts on when the month ends, and forgives a clock that steps back', () => {
  const monthEnd = new Date(2026, 3, 1).getTime();
  let now = monthEnd - 1;
  const next = generator(() => now);
  const before = next();
  now = monthEnd;
  expect(next().slice(20)).toBe('000000000001');
  now = monthEnd - 500;
  expect(next().slice(20)).toBe('000000000002');
  expect(before.slice(20, 28)).toBe(
    (monthEnd - 1 - new Date(2026, 2, 1).getTime()).toString(16).toUpperCase().padStart(8, '0'),
  );
});

it('makes a hundred thousand different keys within a few milliseconds', () => {
  let calls = 0;
  // 65,536 keys share a millisecond at most: then the counter would come round.
  const next = generator(() => new Date(2026, 2, 5).getTime() + Math.floor(calls++ / 50_000));
  expect(new Set(Array.from({ length: 100_000 }, next)).size).toBe(100_000);
});

import { expect, it } from 'vitest';
import { initialDataVersion, isSameDataVersion, nextDataVersion } from '../../src/index.ts';

it('changes with every change, also within a millisecond', () => {
  const first = initialDataVersion(1000);
  const second = nextDataVersion(first, 1000);
  expect(second).toEqual({ counter: 1, stateVersion: 0, timestamp: 1000 });
  expect(isSameDataVersion(first, second)).toBe(false);
  expect(isSameDataVersion(second, { ...second })).toBe(true);
});

it.each(['counter', 'stateVersion', 'timestamp'] as const)('differs by its %s', (member) => {
  const version = { counter: 1, stateVersion: 2, timestamp: 3 };
  expect(isSameDataVersion(version, { ...version, [member]: 9 })).toBe(false);
});

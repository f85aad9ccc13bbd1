import { describe, expect, it } from 'vitest';
import { committedGroup } from '../src/measure/group-commits.ts';

describe('group commits', () => {
  const before = { messages: 100, logBytes: 5000, groupCommits: 10 };

  it('have the size that a flush had on average', () => {
    const after = { messages: 180, logBytes: 105_000, groupCommits: 14 };
    expect(committedGroup(before, after)).toEqual({ messages: 20, bytes: 25_000 });
  });

  it('are missed where a broker counts none', () => {
    expect(() => committedGroup(before, { ...before, messages: 200 })).toThrow('counted 0 group commits');
    expect(() => committedGroup(before, { ...before, groupCommits: Number.NaN })).toThrow('NaN');
  });
});

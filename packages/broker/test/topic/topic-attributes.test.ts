import { describe, expect, it } from 'vitest';
import { decideTopicAttributes, parseTopicAttributes } from '../../src/topic/topic-attributes.ts';

function decide(current: Record<string, string> | null, alterations: Record<string, string>) {
  const before = current === null ? null : new Map(Object.entries(current));
  return Object.fromEntries(decideTopicAttributes(before, new Map(Object.entries(alterations))));
}

describe('decideTopicAttributes', () => {
  it('adds, replaces and deletes', () => {
    const current = { 'message.type': 'NORMAL', 'reserve.time': '1' };
    const alterations = { '+message.type': 'FIFO', '-reserve.time': '', '+ack.level': 'fsync' };
    expect(decide(current, alterations)).toEqual({
      'message.type': 'FIFO',
      'ack.level': 'fsync',
    });
  });

  it.each([
    [null, { 'message.type': 'FIFO' }, 'wrong format key: message.type'],
    [null, { '+constructor': 'x' }, 'unsupported key: constructor'],
    [null, { '+message.type': 'SLOW' }, 'message.type: expected one of UNSPECIFIED, NORMAL'],
    [null, { '+reserve.time': '-2' }, 'reserve.time: expected milliseconds of at least -1, found -2'],
    [null, { '-message.type': '' }, 'attempt to delete a nonexistent key: message.type'],
    [null, { '+message.type': 'FIFO', '-message.type': '' }, 'alter duplication key. key: message.type'],
    [{}, { '+queue.type': 'SimpleCQ' }, 'attempt to update an unchangeable attribute. key: queue.type'],
  ])('refuses %j altered by %j', (current, alterations, message) => {
    expect(() => decide(current, alterations as Record<string, string>)).toThrow(message);
  });
});

describe('parseTopicAttributes', () => {
  it('reads what mqadmin writes', () => {
    expect(Object.fromEntries(parseTopicAttributes('+message.type=FIFO,-reserve.time'))).toEqual({
      '+message.type': 'FIFO',
      '-reserve.time': '',
    });
    expect(parseTopicAttributes('').size).toBe(0);
    expect(parseTopicAttributes(undefined).size).toBe(0);
  });

  it.each(['message.type=FIFO', '+message.type', '+a=b=c', '+=x', '+a=1,,+b=2', '+a=1,+a=2'])(
    'refuses %s',
    (text) => {
      expect(() => parseTopicAttributes(text)).toThrow(/malformed|duplication/);
    },
  );
});

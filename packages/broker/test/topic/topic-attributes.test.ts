import { describe, expect, it } from 'vitest';
import { decideTopicAttributes, parseTopicAttributes } from '../../src/topic/topic-attributes.ts';

describe('decideTopicAttributes', () => {
  it('adds, replaces and deletes', () => {
    const current = { 'message.type': 'NORMAL', 'reserve.time': '1' };
    const alterations = { '+message.type': 'FIFO', '-reserve.time': '', '+ack.level': 'fsync' };
    expect(decideTopicAttributes(current, alterations)).toEqual({
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
    expect(() => decideTopicAttributes(current, alterations as Record<string, string>)).toThrow(message);
  });
});

describe('parseTopicAttributes', () => {
  it('reads what mqadmin writes', () => {
    expect(parseTopicAttributes('+message.type=FIFO,-reserve.time')).toEqual({
      '+message.type': 'FIFO',
      '-reserve.time': '',
    });
    expect(parseTopicAttributes('')).toEqual({});
    expect(parseTopicAttributes(undefined)).toEqual({});
  });

  it.each(['message.type=FIFO', '+message.type', '+a=b=c', '+=x', '+a=1,,+b=2', '+a=1,+a=2'])(
    'refuses %s',
    (text) => {
      expect(() => parseTopicAttributes(text)).toThrow(/malformed|duplication/);
    },
  );
});

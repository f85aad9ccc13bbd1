import { decodeProperties } from '@centaurmq/protocol';
import { expect, test } from 'vitest';
import { messageProperties } from '../../src/message/message-properties.ts';
import type { Message } from '../../src/message/message.ts';

const entries = (message: Partial<Message>): [string, string][] => [
  ...decodeProperties(messageProperties({ topic: 'T', body: 'x', ...message }, 'ID')),
];

test('every property once, in a fixed order', () => {
  expect(
    entries({
      properties: { b: '2', a: '1' },
      deliverTimeMillis: 5,
      delayTimeLevel: 3,
      shardingKey: 'shard',
      tag: 'tag',
      waitStoreMessageOk: false,
      keys: ['k1', 'k2'],
    }),
  ).toEqual([
    ['KEYS', 'k1 k2'],
    ['UNIQ_KEY', 'ID'],
    ['WAIT', 'false'],
    ['TAGS', 'tag'],
    ['__SHARDINGKEY', 'shard'],
    ['DELAY', '3'],
    ['TIMER_DELIVER_MS', '5'],
    ['b', '2'],
    ['a', '1'],
  ]);
  expect(entries({})).toEqual([
    ['UNIQ_KEY', 'ID'],
    ['WAIT', 'true'],
  ]);
});

test('a sharding key that is given both ways is written once, as the property says', () => {
  const text = messageProperties(
    { topic: 'T', body: 'x', shardingKey: 'one', properties: { __SHARDINGKEY: 'two', a: '1' } },
    'ID',
  );
  expect(text.split('__SHARDINGKEY')).toHaveLength(2);
  expect(decodeProperties(text).get('__SHARDINGKEY')).toBe('two');
  expect(entries({ properties: { __SHARDINGKEY: 'alone' } }).at(-1)).toEqual(['__SHARDINGKEY', 'alone']);
});

test.each([
  [{ shardingKey: 'a\u0001b' }, '__SHARDINGKEY'],
  [{ tag: '' }, 'TAGS'],
  [{ keys: ['a b'] }, 'contains a space'],
  [{ properties: { 'a\u0002': 'x' } }, 'contains U+0001 or U+0002'],
])('refuses %j', (message, reason) => {
  expect(() => messageProperties({ topic: 'T', body: 'x', ...message }, 'ID')).toThrow(reason);
});

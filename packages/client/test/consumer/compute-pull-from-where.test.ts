import { expect, test } from 'vitest';
import { computePullFromWhere } from '../../src/consumer/compute-pull-from-where.ts';
import type { ConsumeFromWhere } from '../../src/consumer/compute-pull-from-where.ts';

const normal = 'T';
const retry = '%RETRY%G';

test.each<[ConsumeFromWhere, string, number | null, number]>([
  ['CONSUME_FROM_LAST_OFFSET', normal, 5, 5],
  ['CONSUME_FROM_LAST_OFFSET', normal, 0, 0],
  ['CONSUME_FROM_LAST_OFFSET', normal, null, 100],
  ['CONSUME_FROM_LAST_OFFSET', retry, null, 0],
  ['CONSUME_FROM_FIRST_OFFSET', normal, 5, 5],
  ['CONSUME_FROM_FIRST_OFFSET', normal, null, 0],
  ['CONSUME_FROM_FIRST_OFFSET', retry, null, 0],
  ['CONSUME_FROM_TIMESTAMP', normal, null, 50],
  ['CONSUME_FROM_TIMESTAMP', retry, null, 100],
  ['CONSUME_FROM_TIMESTAMP', normal, 5, 5],
])('%s, topic %s, stored %s: begins at %i', async (consumeFromWhere, topic, stored, expected) => {
  const queue = { topic, brokerName: 'b', queueId: 0 };
  const beginning = computePullFromWhere(
    queue,
    { consumeFromWhere, consumeTimestamp: 1234 },
    {
      stored: () => Promise.resolve(stored),
      maxOffset: () => Promise.resolve(100),
      searchOffset: (_, timestamp) => Promise.resolve(timestamp === 1234 ? 50 : -1),
    },
  );
  expect(await beginning).toBe(expected);
});

test('a store that cannot be asked does not count as empty', async () => {
  const queue = { topic: normal, brokerName: 'b', queueId: 0 };
  const beginning = computePullFromWhere(
    queue,
    { consumeFromWhere: 'CONSUME_FROM_LAST_OFFSET', consumeTimestamp: 0 },
    {
      stored: () => Promise.reject(new Error('broker down')),
      maxOffset: () => Promise.resolve(100),
      searchOffset: () => Promise.resolve(0),
    },
  );
  await expect(beginning).rejects.toThrow('broker down');
});

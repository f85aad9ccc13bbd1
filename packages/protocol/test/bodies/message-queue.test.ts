import { expect, it } from 'vitest';
import { type MessageQueue, compareMessageQueues, messageQueueKey } from '../../src/index.ts';

function queue(topic: string, brokerName: string, queueId: number): MessageQueue {
  return { topic, brokerName, queueId };
}

it('sorts by topic, then broker, then number', () => {
  const sorted = [queue('a', 'a', 2), queue('a', 'a', 10), queue('a', 'b', 0), queue('b', 'a', 0)];
  expect(sorted.toReversed().toSorted(compareMessageQueues)).toEqual(sorted);
  expect(compareMessageQueues(queue('a', 'b', 1), queue('a', 'b', 1))).toBe(0);
});

it('has one key for equal queues, and another for any other', () => {
  expect(messageQueueKey(queue('a', 'b', 1))).toBe(messageQueueKey({ ...queue('a', 'b', 1) }));
  const keys = [queue('a', 'b', 1), queue('a', 'b', 11), queue('ab', '', 1), queue('', 'ab', 1)].map(
    messageQueueKey,
  );
  expect(new Set(keys).size).toBe(keys.length);
});

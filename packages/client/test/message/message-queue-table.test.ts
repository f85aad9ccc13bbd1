import { expect, test } from 'vitest';
import { MessageQueueTable } from '../../src/message/message-queue.ts';

const queue = { topic: 'T', brokerName: 'b', queueId: 0 };

test('finds a queue by what it is called, whichever object asks', () => {
  const table = new MessageQueueTable<number>();
  expect(table.get(queue)).toBeUndefined();
  table.set({ ...queue }, 1);
  expect(table.get(queue)).toBe(1);
  expect(table.get({ ...queue, queueId: 1 })).toBeUndefined();
  expect(table.get(queue)).toBe(1);
});

test('what the same object found before is not remembered too long', () => {
  const table = new MessageQueueTable<number>();
  table.set(queue, 1);
  expect(table.get(queue)).toBe(1);
  table.set({ ...queue }, 2);
  expect(table.get(queue)).toBe(2);
  table.delete({ ...queue });
  expect(table.get(queue)).toBeUndefined();
  table.set(queue, 3);
  expect(table.get(queue)).toBe(3);
  table.clear();
  expect(table.get(queue)).toBeUndefined();
});

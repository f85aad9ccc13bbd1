import { expect, test } from 'vitest';
import { OffsetTable } from '../../../src/consumer/offset/offset-store.ts';

const queue = { topic: 'T', brokerName: 'b', queueId: 0 };

test('with increaseOnly an offset never goes back', () => {
  const offsets = new OffsetTable();
  offsets.update(queue, 10, true);
  offsets.update(queue, 7, true);
  expect(offsets.get(queue)).toBe(10);
  offsets.update(queue, 7, false);
  expect(offsets.get(queue)).toBe(7);
});

test('a frozen offset is not moved by handlers that finish late, until it is removed', () => {
  const offsets = new OffsetTable();
  offsets.update(queue, 10, true);
  offsets.updateAndFreeze(queue, 3);
  offsets.update(queue, 11, true);
  offsets.update(queue, 12, false);
  expect(offsets.get(queue)).toBe(3);
  offsets.remove(queue);
  expect(offsets.get(queue)).toBeNull();
  offsets.update(queue, 12, true);
  expect(offsets.entries('T')).toEqual([[queue, 12]]);
  expect(offsets.entries('other')).toEqual([]);
});

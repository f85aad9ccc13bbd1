import { expect, test } from 'vitest';
import { decideQueueChanges } from '../../../src/consumer/rebalance/decide-queue-changes.ts';

const queue = (queueId: number): { topic: string; brokerName: string; queueId: number } => ({
  topic: 'T',
  brokerName: 'b',
  queueId,
});
const working = (
  queueId: number,
  pullExpired = false,
): { queue: ReturnType<typeof queue>; pullExpired: boolean } => ({
  queue: queue(queueId),
  pullExpired,
});

test('drops what is not assigned, adds what is not worked on, leaves the rest alone', () => {
  expect(decideQueueChanges([queue(1), queue(2)], [working(0), working(1)])).toEqual({
    drop: [queue(0)],
    add: [queue(2)],
  });
});

test('nothing changes when the share is the same', () => {
  expect(decideQueueChanges([queue(1), queue(0)], [working(0), working(1)])).toEqual({ drop: [], add: [] });
});

test('a queue whose pulling is stuck is dropped and added again', () => {
  expect(decideQueueChanges([queue(0)], [working(0, true)])).toEqual({ drop: [queue(0)], add: [queue(0)] });
});

import { ManualClock } from '@centaurmq/remoting';
import { expect, test } from 'vitest';
import { avoidanceMillis } from '../../src/producer/latency-fault-tolerance.ts';
import { MqFaultStrategy } from '../../src/producer/mq-fault-strategy.ts';
import { TopicPublishInfo } from '../../src/producer/topic-publish-info.ts';

const queues = ['a', 'b'].flatMap((brokerName) =>
  [0, 1].map((queueId) => ({ topic: 'T', brokerName, queueId })),
);
const text = (queue: { brokerName: string; queueId: number } | null): string =>
  `${queue?.brokerName}${queue?.queueId}`;

test('goes round the queues, beginning where it is told', () => {
  const strategy = new MqFaultStrategy(new ManualClock(), false);
  const info = new TopicPublishInfo(queues, 1);
  expect([1, 2, 3, 4].map(() => text(strategy.selectQueue(info, null)))).toEqual(['b0', 'b1', 'a0', 'a1']);
});

test('avoids the broker of the last attempt when there is another one', () => {
  const strategy = new MqFaultStrategy(new ManualClock(), false);
  const info = new TopicPublishInfo(queues, 3);
  expect(text(strategy.selectQueue(info, 'a'))).toBe('b0');
  const alone = new TopicPublishInfo(queues.slice(0, 2), 0);
  expect(text(strategy.selectQueue(alone, 'a'))).toMatch(/^a/);
  expect(strategy.selectQueue(new TopicPublishInfo([], 0), null)).toBeNull();
});

test('latency decides how long a broker is avoided, in steps', () => {
  expect([0, 549, 550, 1_800, 3_000, 5_000, 15_000].map(avoidanceMillis)).toEqual([
    0, 0, 2_000, 5_000, 6_000, 10_000, 30_000,
  ]);
});

test('when it is latency-aware, a slow broker rests until its time is over', async () => {
  const clock = new ManualClock();
  const strategy = new MqFaultStrategy(clock, true);
  const info = new TopicPublishInfo(queues, 3);
  strategy.succeeded('a', 600);
  expect([1, 2, 3].map(() => strategy.selectQueue(info, null)?.brokerName)).toEqual(['b', 'b', 'b']);
  await clock.advance(2_000);
  expect(new Set([1, 2, 3].map(() => strategy.selectQueue(info, null)?.brokerName))).toEqual(
    new Set(['a', 'b']),
  );
});

test('a broker that cannot be reached is the last choice', () => {
  const strategy = new MqFaultStrategy(new ManualClock(), true);
  const info = new TopicPublishInfo(queues, 3);
  strategy.failed('a', false);
  strategy.failed('b', true);
  expect([1, 2, 3].map(() => strategy.selectQueue(info, null)?.brokerName)).toEqual(['b', 'b', 'b']);
});

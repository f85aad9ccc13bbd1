import { HeartbeatData, PullMessageRequestHeader, RequestCode } from '@centaurmq/protocol';
import { expect, test } from 'vitest';
import { LitePullConsumer } from '../../src/consumer/lite-pull-consumer.ts';
import type { LitePullConsumerOptions } from '../../src/consumer/lite-pull-consumer.ts';
import type { MessageExt } from '../../src/message/message-ext.ts';
import { FakeCluster } from '../fakes/fake-cluster.ts';

const queue = (queueId: number): { topic: string; brokerName: string; queueId: number } => ({
  topic: 'T',
  brokerName: 'broker-a',
  queueId,
});

function newConsumer(cluster: FakeCluster, options: Partial<LitePullConsumerOptions> = {}): LitePullConsumer {
  const { nameServerAddress: nameServers, environment } = cluster;
  return new LitePullConsumer({
    group: 'G',
    nameServers,
    environment,
    consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
    ...options,
  });
}

async function startCluster(queueCount: number, ...bodies: string[]): Promise<FakeCluster> {
  const cluster = await FakeCluster.start();
  cluster.createTopic('T', queueCount);
  for (const body of bodies) cluster.broker.store('T', 0, { body });
  return cluster;
}

const bodiesOf = (messages: readonly MessageExt[]): string[] =>
  messages.map(({ body }) => Buffer.from(body).toString());

test('polls what its share of the queues has, and commits only when told', async () => {
  const cluster = await startCluster(2, 'a', 'b');
  const consumer = newConsumer(cluster, { autoCommit: false });
  await consumer.subscribe('T');
  await cluster.finish(consumer.start());
  expect(bodiesOf(await cluster.finish(consumer.poll()))).toEqual(['a', 'b']);
  await cluster.clock.advance(20_000);
  expect(cluster.broker.offsets.get('G:T:0')).toBeUndefined();
  await cluster.finish(consumer.commit());
  expect(cluster.broker.offsets.get('G:T:0')).toBe(2);
  const heartbeat = HeartbeatData.decode(cluster.broker.received(RequestCode.HEART_BEAT)[0]!.body);
  expect(heartbeat.consumerDataSet[0]).toMatchObject({ consumeType: 'CONSUME_ACTIVELY' });
  const [pull] = cluster.broker.received(RequestCode.LITE_PULL_MESSAGE);
  expect(PullMessageRequestHeader.decode(pull!.extFields)).toMatchObject({ sysFlag: 22, subscription: '*' });
  cluster.broker.store('T', 0, { body: 'c' });
  expect(bodiesOf(await cluster.finish(consumer.poll()))).toEqual(['c']);
  await cluster.finish(consumer.close());
  expect(cluster.broker.offsets.get('G:T:0')).toBe(2);
  expect(cluster.heldProcesses).toBe(0);
});

test('auto-commit: a poll commits what earlier polls returned, and so does closing', async () => {
  const cluster = await startCluster(1, 'a');
  const consumer = newConsumer(cluster);
  await consumer.subscribe('T');
  await cluster.finish(consumer.start());
  await cluster.finish(consumer.poll());
  await cluster.finish(consumer.poll({ timeoutMillis: 0 }));
  expect(cluster.broker.offsets.get('G:T:0')).toBeUndefined();
  await cluster.clock.advance(5_000);
  await cluster.finish(consumer.poll({ timeoutMillis: 0 }));
  await cluster.settle();
  expect(cluster.broker.offsets.get('G:T:0')).toBe(1);
  cluster.broker.store('T', 0, { body: 'b' });
  expect(bodiesOf(await cluster.finish(consumer.poll()))).toEqual(['b']);
  await cluster.finish(consumer.close());
  expect(cluster.broker.offsets.get('G:T:0')).toBe(2);
});

test('a poll waits, but not longer than told', async () => {
  const cluster = await startCluster(1);
  const consumer = newConsumer(cluster);
  await consumer.subscribe('T');
  await cluster.finish(consumer.start());
  const startMillis = cluster.clock.monotonicMillis();
  expect(await cluster.finish(consumer.poll({ timeoutMillis: 1_000 }))).toEqual([]);
  expect(cluster.clock.monotonicMillis() - startMillis).toBeLessThan(1_100);
  const waiting = consumer.poll({ timeoutMillis: 10_000 });
  await cluster.settle();
  cluster.broker.store('T', 0, { body: 'came' });
  expect(bodiesOf(await cluster.finish(waiting))).toEqual(['came']);
  const controller = new AbortController();
  const aborted = consumer.poll({ timeoutMillis: 10_000, signal: controller.signal });
  controller.abort();
  expect(await aborted).toEqual([]);
});

test('seeks within the queue, and says what the queue has otherwise', async () => {
  const cluster = await startCluster(1, 'a', 'b', 'c');
  const consumer = newConsumer(cluster);
  await consumer.assign([queue(0)]);
  await cluster.finish(consumer.start());
  await cluster.finish(consumer.poll());
  await cluster.finish(consumer.seek(queue(0), 1));
  expect(bodiesOf(await cluster.finish(consumer.poll()))).toEqual(['b', 'c']);
  await expect(cluster.finish(consumer.seek(queue(0), 9))).rejects.toThrow(
    'has the offsets 0 to 3; 9 is none of them',
  );
  await expect(cluster.finish(consumer.seek(queue(1), 0))).rejects.toThrow('is not assigned to this client');
});

test('takes exactly the assigned queues, and other ones when they are assigned', async () => {
  const cluster = await startCluster(3);
  for (const queueId of [0, 1, 2]) cluster.broker.store('T', queueId, { body: `${queueId}` });
  const consumer = newConsumer(cluster);
  await consumer.assign([queue(1)]);
  await cluster.finish(consumer.start());
  expect(bodiesOf(await cluster.finish(consumer.poll()))).toEqual(['1']);
  await cluster.finish(consumer.assign([queue(2)]));
  expect(consumer.assignedQueues).toEqual([queue(2)]);
  expect(bodiesOf(await cluster.finish(consumer.poll()))).toEqual(['2']);
  expect(await cluster.finish(consumer.poll({ timeoutMillis: 100 }))).toEqual([]);
  await expect(consumer.subscribe('T')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
});

test('an offset outside of the queue is corrected', async () => {
  const cluster = await startCluster(1, 'a', 'b', 'c');
  cluster.broker.minOffsets.set('T:0', 2);
  const consumer = newConsumer(cluster);
  await consumer.subscribe('T');
  await cluster.finish(consumer.start());
  expect(bodiesOf(await cluster.finish(consumer.poll()))).toEqual(['c']);
});

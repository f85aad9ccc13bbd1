import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  type ClientVersion,
  clientVersions,
  type JavaConsumer,
  produce,
  startConsumer,
} from '@centaurmq/apache-rocketmq';
import { type ClusterUnderTest, startClusterUnderTest } from './cluster-under-test.ts';

const queueCount = 8;
const messageCount = 240;
/** A client that is not told of a change notices by itself after 20 seconds; told, within one. */
const settleTimeoutMillis = 60_000;
const deliveryTimeoutMillis = 60_000;

describe.each(clientVersions)('the official Java consumer %s', (version) => {
  let cluster: ClusterUnderTest;
  beforeAll(async () => {
    cluster = await startClusterUnderTest();
  });
  afterAll(async () => {
    await cluster[Symbol.asyncDispose]();
  });

  test.concurrent('a clustering group of 1, then 3, then 2 shares all queues and consumes everything once', async () => {
    const topic = 'clustering-topic';
    const namesrv = cluster.nameServerAddress;
    const start = (instance: string): Promise<JavaConsumer> =>
      startConsumer(version, 'Push', { namesrv, topic, group: 'clustering-group', instance });
    const sendAndConsumeOnce = async (consumers: readonly JavaConsumer[], phase: string): Promise<void> => {
      await send(cluster, version, topic, phase);
      await waitForAll(consumers, phase);
      // A message delivered twice would come the second time before these.
      await send(cluster, version, topic, `${phase}Again`);
      await waitForAll(consumers, `${phase}Again`);
      expectOnce(consumers, phase);
    };
    await send(cluster, version, topic, 'before');
    await using first = await start('first');
    await waitUntilShared([first]);
    await waitForAll([first], 'before');
    await sendAndConsumeOnce([first], 'one');
    await using second = await start('second');
    await using third = await start('third');
    await waitUntilShared([first, second, third]);
    await sendAndConsumeOnce([first, second, third], 'three');
    for (const { received } of [first, second, third]) expect(bodiesOf(received, 'three')).not.toEqual([]);
    await third.stop();
    await waitUntilShared([first, second]);
    await sendAndConsumeOnce([first, second], 'two');
  });

  test.concurrent('broadcasting gives every message to every instance', async () => {
    const topic = 'broadcasting-topic';
    const namesrv = cluster.nameServerAddress;
    await send(cluster, version, topic, 'all');
    const start = (instance: string): Promise<JavaConsumer> =>
      startConsumer(version, 'Push', {
        namesrv,
        topic,
        group: 'broadcasting-group',
        instance,
        model: 'BROADCASTING',
      });
    await using first = await start('first');
    await using second = await start('second');
    await waitForAll([first], 'all');
    await waitForAll([second], 'all');
    expectOnce([first], 'all');
    expectOnce([second], 'all');
    expect(await first.queues()).toHaveLength(queueCount);
    expect(await second.queues()).toHaveLength(queueCount);
  });

  test.concurrent('a tag expression filters, and a restarted group goes on where it stopped', async () => {
    const topic = 'filter-topic';
    const namesrv = cluster.nameServerAddress;
    const options = { namesrv, topic, group: 'filter-group', expression: 'TagA || TagC' };
    for (const tags of ['TagA', 'TagB', 'TagC']) await send(cluster, version, topic, `first${tags}`, tags);
    await using before = await startConsumer(version, 'Push', { ...options, instance: 'before' });
    await waitForAll([before], 'firstTagA');
    await waitForAll([before], 'firstTagC');
    await before.stop();
    for (const tags of ['TagA', 'TagB', 'TagC']) await send(cluster, version, topic, `second${tags}`, tags);
    await using after = await startConsumer(version, 'Push', { ...options, instance: 'after' });
    await waitForAll([after], 'secondTagA');
    await waitForAll([after], 'secondTagC');
    expect(before.received).toHaveLength(2 * messageCount);
    expect(after.received).toHaveLength(2 * messageCount);
  });

  test.concurrent('a message sent back comes again ten seconds later, from the retry topic', async () => {
    const topic = 'retry-topic';
    const options = { topic, group: 'retry-group', instance: 'one', 'fail-first': true };
    const produced = { topic, prefix: 'again', count: 5, queues: queueCount };
    await produce(version, cluster.nameServerAddress, produced);
    const namesrv = cluster.nameServerAddress;
    await using consumer = await startConsumer(version, 'Push', { namesrv, ...options });
    await vi.waitFor(() => expect(consumer.received).toHaveLength(10), { timeout: 60_000, interval: 100 });
    const again = consumer.received.filter(({ reconsumeTimes }) => reconsumeTimes === 1);
    expect(new Set(again.map(({ body }) => body)).size).toBe(5);
    const first = new Map(consumer.received.slice(0, 5).map((message) => [message.body, message]));
    for (const { body, storeTimestamp } of again) {
      expect(storeTimestamp - (first.get(body)?.storeTimestamp ?? 0)).toBeGreaterThanOrEqual(10_000);
    }
    await consumer.stop();
  });

  test.concurrent('lite pull polls everything once, and commits', async () => {
    const topic = 'lite-topic';
    const namesrv = cluster.nameServerAddress;
    await send(cluster, version, topic, 'first');
    const options = { namesrv, topic, group: 'lite-group' };
    await using before = await startConsumer(version, 'LitePull', { ...options, instance: 'before' });
    await waitForAll([before], 'first');
    expect(await before.queues()).toHaveLength(queueCount);
    await before.stop();
    await send(cluster, version, topic, 'second');
    await using after = await startConsumer(version, 'LitePull', { ...options, instance: 'after' });
    await waitForAll([after], 'second');
    expectOnce([before], 'first');
    expectOnce([after], 'second');
    expect(after.received).toHaveLength(messageCount);
  });
});

async function send(
  cluster: ClusterUnderTest,
  version: ClientVersion,
  topic: string,
  prefix: string,
  tags = 'TagA',
): Promise<void> {
  const options = { topic, prefix, tags, mode: 'async', count: messageCount, queues: queueCount };
  const { sent, failed, errors } = await produce(version, cluster.nameServerAddress, options);
  expect({ sent, failed, errors }).toEqual({ sent: messageCount, failed: 0, errors: [] });
}

/** Until the instances hold all queues, none of them twice, and none of them more than its part. */
async function waitUntilShared(consumers: readonly JavaConsumer[]): Promise<void> {
  await vi.waitFor(
    async () => {
      const held = await Promise.all(consumers.map((consumer) => consumer.queues()));
      expect(held.flat(), 'all queues').toHaveLength(queueCount);
      expect(new Set(held.flat()).size, 'different queues').toBe(queueCount);
      expect(Math.max(...held.map((queues) => queues.length)), 'the largest part').toBe(
        Math.ceil(queueCount / consumers.length),
      );
    },
    { timeout: settleTimeoutMillis, interval: 200 },
  );
}

async function waitForAll(consumers: readonly JavaConsumer[], prefix: string): Promise<void> {
  await vi.waitFor(
    () => {
      const bodies = consumers.flatMap(({ received }) => bodiesOf(received, prefix));
      expect(new Set(bodies).size, `messages ${prefix}`).toBe(messageCount);
    },
    { timeout: deliveryTimeoutMillis, interval: 100 },
  );
}

function expectOnce(consumers: readonly JavaConsumer[], prefix: string): void {
  const bodies = consumers.flatMap(({ received }) => bodiesOf(received, prefix));
  expect(bodies.toSorted()).toEqual(
    Array.from({ length: messageCount }, (_, number) => `${prefix}-${number}`).toSorted(),
  );
}

function bodiesOf(received: JavaConsumer['received'], prefix: string): string[] {
  return received.map(({ body }) => body).filter((body) => body.startsWith(`${prefix}-`));
}

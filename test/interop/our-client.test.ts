// Our producer and consumer against genuine Apache RocketMQ 5.3.3 servers, and against our own.
import { rmSync } from 'node:fs';
import {
  LitePullConsumer,
  type MessageExt,
  Producer,
  type ProducerOptions,
  PushConsumer,
  type PushConsumerOptions,
} from '@centaurmq/client';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { scratchFolder, startApacheCluster } from '@centaurmq/apache-rocketmq';
import { startOurCluster } from './cluster-under-test.ts';

const settleTimeoutMillis = 45_000;
const deliveryTimeoutMillis = 60_000;
const queueCount = 8;
const manyCount = process.env['CI'] === undefined ? 10_000 : 200_000;

interface Servers extends AsyncDisposable {
  readonly nameServerAddress: string;
}

const clusters: readonly [string, () => Promise<Servers>][] = [
  ['Apache RocketMQ 5.3.3', () => startApacheCluster()],
  ['CentaurMQ', () => startOurCluster()],
];

describe.each(clusters)('our client against %s', (_, startCluster) => {
  let cluster: Servers;
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
  });

  const startProducer = async (options: Partial<ProducerOptions> = {}): Promise<Producer> => {
    const nameServers = cluster.nameServerAddress;
    const producer = new Producer({ group: 'our-producer', nameServers, ...options });
    await producer.start();
    return producer;
  };

  test(`stores and consumes ${manyCount} messages, each once`, async () => {
    await using producer = await startProducer({ sendTimeoutMillis: 30_000 });
    const unsent = Array.from({ length: manyCount }, (_, number) => `message-${number}`);
    const bodies = unsent.toReversed();
    const messageIds = new Set<string>();
    const sendUntilDone = async (): Promise<void> => {
      for (let body = unsent.pop(); body !== undefined; body = unsent.pop()) {
        const { sendStatus, messageId } = await producer.send({ topic: 'many', body, keys: body });
        if (sendStatus !== 'SEND_OK') throw new Error(`${body}: ${sendStatus}`);
        messageIds.add(messageId);
      }
    };
    await Promise.all(Array.from({ length: 512 }, sendUntilDone));
    expect(messageIds.size).toBe(manyCount);
    await using consumer = new CollectingConsumer(cluster, 'many-group', { consumeMessageBatchMaxSize: 32 });
    await consumer.start('many');
    const arrived = (): void => expect(consumer.messages.length).toBeGreaterThanOrEqual(manyCount);
    await vi.waitFor(arrived, { timeout: deliveryTimeoutMillis, interval: 200 });
    expect(consumer.messages).toHaveLength(manyCount);
    expect(new Set(consumer.bodies)).toEqual(new Set(bodies));
  });

  test('sends one-way, in batches, to chosen queues, and compressed in three ways', async () => {
    await using producer = await startProducer();
    const topic = 'kinds';
    await producer.send({ topic, body: 'single', tag: 'TagA', properties: { mine: 'yes' } });
    await producer.sendOneway({ topic, body: 'one-way' });
    const batch = await producer.sendBatch(
      ['one', 'two', 'three'].map((body) => ({ topic, body: `batch ${body}` })),
    );
    expect(batch.map(({ queueOffset }) => queueOffset - (batch[0]?.queueOffset ?? 0))).toEqual([0, 1, 2]);
    expect(new Set(batch.map(({ offsetMessageId }) => offsetMessageId)).size).toBe(3);
    const [queue] = (await producer.fetchPublishQueues(topic)).slice(-1);
    const chosen = await producer.send({ topic, body: 'chosen' }, { queue: queue! });
    expect(chosen.queue).toEqual(queue);
    await producer.send({ topic, body: large('ZLIB') });
    for (const type of ['LZ4', 'ZSTD'] as const) {
      await using compressing = await startProducer({
        group: `compress-${type}`,
        compression: { type, level: 5 },
      });
      await compressing.send({ topic, body: large(type) });
    }
    await using consumer = new CollectingConsumer(cluster, 'kinds-group');
    await consumer.start(topic);
    const expected = ['single', 'one-way', 'batch one', 'batch two', 'batch three', 'chosen'];
    await consumer.waitFor([...expected, large('ZLIB'), large('LZ4'), large('ZSTD')]);
    const single = consumer.messages.find(({ body }) => String(body) === 'single');
    expect(single).toMatchObject({ topic, tag: 'TagA', reconsumeTimes: 0 });
    expect(single?.properties.get('mine')).toBe('yes');
  });

  test('a batch above the limit becomes several requests', async () => {
    await using producer = await startProducer({ maxMessageBytes: 1_000 });
    const messages = Array.from({ length: 20 }, (_, number) => ({
      topic: 'split',
      body: `${number}`.padEnd(300),
    }));
    const results = await producer.sendBatch(messages);
    expect(results).toHaveLength(20);
    await using consumer = new CollectingConsumer(cluster, 'split-group');
    await consumer.start('split');
    await consumer.waitFor(messages.map(({ body }) => body));
  });

  test('a tag expression filters', async () => {
    await using producer = await startProducer();
    for (const tag of ['TagA', 'TagB', 'TagC']) await producer.send({ topic: 'tags', body: tag, tag });
    await using consumer = new CollectingConsumer(cluster, 'tags-group');
    await consumer.start('tags', 'TagA || TagC');
    await consumer.waitFor(['TagA', 'TagC']);
    await producer.send({ topic: 'tags', body: 'last', tag: 'TagA' });
    await consumer.waitFor(['TagA', 'TagC', 'last']);
    expect(consumer.bodies).not.toContain('TagB');
  });

  test('what failed comes again, under its own topic, with one more failure counted', async () => {
    await using producer = await startProducer();
    const { messageId } = await producer.send({ topic: 'retry', body: 'fails once' });
    await using consumer = new CollectingConsumer(cluster, 'retry-group', {
      messageListener: (messages, context) => {
        consumer.messages.push(...messages);
        // Level 1: one second.
        context.delayLevelWhenNextConsume = 1;
        return messages[0]?.reconsumeTimes === 0 ? 'RECONSUME_LATER' : 'CONSUME_SUCCESS';
      },
    });
    await consumer.start('retry');
    await vi.waitFor(() => expect(consumer.messages).toHaveLength(2), { timeout: deliveryTimeoutMillis });
    const [first, second] = consumer.messages;
    expect(first).toMatchObject({ topic: 'retry', reconsumeTimes: 0, messageId });
    expect(second).toMatchObject({ topic: 'retry', reconsumeTimes: 1, messageId });
  });

  test('a group goes on where it stopped', async () => {
    await using producer = await startProducer();
    const send = async (prefix: string): Promise<string[]> => {
      const bodies = Array.from({ length: 100 }, (_, number) => `${prefix}-${number}`);
      await Promise.all(bodies.map((body) => producer.send({ topic: 'resume', body })));
      return bodies;
    };
    const before = await send('before');
    const first = new CollectingConsumer(cluster, 'resume-group');
    await first.start('resume');
    await first.waitFor(before);
    await first[Symbol.asyncDispose]();
    const after = await send('after');
    await using second = new CollectingConsumer(cluster, 'resume-group');
    await second.start('resume');
    await second.waitFor(after);
    expect(second.bodies.toSorted()).toEqual(after.toSorted());
  });

  test('a clustering group of 1, then 3, then 2 shares all queues and consumes everything once', async () => {
    const topic = 'clustering';
    await using producer = await startProducer({ defaultTopicQueueNums: queueCount });
    const send = async (phase: string): Promise<string[]> => {
      const bodies = Array.from({ length: 240 }, (_, number) => `${phase}-${number}`);
      await Promise.all(bodies.map((body) => producer.send({ topic, body })));
      return bodies;
    };
    const sendAndConsumeOnce = async (
      consumers: readonly CollectingConsumer[],
      phase: string,
    ): Promise<void> => {
      const bodies = await send(phase);
      await waitForAll(consumers, bodies);
      // A message delivered twice would come the second time before these.
      await waitForAll(consumers, await send(`${phase}Again`));
      const received = consumers
        .flatMap((consumer) => consumer.bodies)
        .filter((body) => body.startsWith(`${phase}-`));
      expect(received.toSorted()).toEqual(bodies.toSorted());
    };
    await send('warm');
    await using first = new CollectingConsumer(cluster, 'clustering-group');
    await first.start(topic);
    await waitUntilShared([first], topic);
    await sendAndConsumeOnce([first], 'one');
    await using second = new CollectingConsumer(cluster, 'clustering-group');
    await using third = new CollectingConsumer(cluster, 'clustering-group');
    await Promise.all([second.start(topic), third.start(topic)]);
    await waitUntilShared([first, second, third], topic);
    await sendAndConsumeOnce([first, second, third], 'three');
    for (const { bodies } of [second, third])
      expect(bodies.some((body) => body.startsWith('three-'))).toBe(true);
    await third[Symbol.asyncDispose]();
    await waitUntilShared([first, second], topic);
    await sendAndConsumeOnce([first, second], 'two');
  });

  test('lite pull divides the queues, commits, seeks, and takes assigned queues', async () => {
    const topic = 'lite';
    await using producer = await startProducer({ defaultTopicQueueNums: queueCount });
    const bodies = Array.from({ length: 240 }, (_, number) => `lite-${number}`);
    await Promise.all(bodies.map((body) => producer.send({ topic, body })));
    const nameServers = cluster.nameServerAddress;
    const consumeFromWhere = 'CONSUME_FROM_FIRST_OFFSET';
    await using first = new LitePullConsumer({
      group: 'lite-group',
      nameServers,
      consumeFromWhere,
      autoCommit: false,
    });
    await first.subscribe(topic);
    await first.start();
    const polled: string[] = [];
    while (polled.length < bodies.length) polled.push(...bodiesOf(await first.poll()));
    expect(polled.toSorted()).toEqual(bodies.toSorted());
    expect(first.assignedQueues).toHaveLength(queueCount);
    await first.commit();
    const [queue] = first.assignedQueues;
    await first.seek(queue!, 0);
    expect(bodiesOf(await first.poll())[0]).toMatch(/^lite-/u);
    await first.close();

    await using second = new LitePullConsumer({ group: 'lite-group', nameServers });
    await second.subscribe(topic);
    await second.start();
    await vi.waitFor(() => expect(second.assignedQueues).toHaveLength(queueCount), {
      timeout: settleTimeoutMillis,
    });
    await producer.send({ topic, body: 'later' });
    expect(bodiesOf(await second.poll({ timeoutMillis: deliveryTimeoutMillis }))).toEqual(['later']);

    await using assigned = new LitePullConsumer({ group: 'assigned-group', nameServers, consumeFromWhere });
    await assigned.assign([queue!]);
    await assigned.start();
    const ofOneQueue = await assigned.poll({ timeoutMillis: deliveryTimeoutMillis });
    expect(new Set(ofOneQueue.map(({ queueId }) => queueId))).toEqual(new Set([queue!.queueId]));
  });

  test('broadcasting gives every message to every instance, and each goes on where it stopped', async () => {
    const topic = 'broadcasting';
    const offsetDirectory = scratchFolder('offsets');
    const options = { messageModel: 'BROADCASTING', offsetDirectory } as const;
    try {
      await using producer = await startProducer();
      const send = async (prefix: string): Promise<string[]> => {
        const bodies = Array.from({ length: 100 }, (_, number) => `${prefix}-${number}`);
        await Promise.all(bodies.map((body) => producer.send({ topic, body })));
        return bodies;
      };
      const all = await send('all');
      await using first = new CollectingConsumer(cluster, 'broadcast-group', {
        ...options,
        instanceName: 'first',
      });
      const second = new CollectingConsumer(cluster, 'broadcast-group', {
        ...options,
        instanceName: 'second',
      });
      await Promise.all([first.start(topic), second.start(topic)]);
      await Promise.all([first.waitFor(all), second.waitFor(all)]);
      await second[Symbol.asyncDispose]();
      const later = await send('later');
      await first.waitFor(later);
      await using again = new CollectingConsumer(cluster, 'broadcast-group', {
        ...options,
        instanceName: 'second',
      });
      await again.start(topic);
      await again.waitFor(later);
      expect(again.bodies.toSorted()).toEqual(later.toSorted());
      expect(first.bodies.toSorted()).toEqual([...all, ...later].toSorted());
    } finally {
      rmSync(offsetDirectory, { recursive: true, force: true });
    }
  });
});

function bodiesOf(messages: readonly MessageExt[]): string[] {
  return messages.map(({ body }) => Buffer.from(body).toString());
}

/** Long enough to be compressed. */
function large(kind: string): string {
  return `${kind} ${'x'.repeat(10_000)}`;
}

/** A push consumer that keeps what it got. */
class CollectingConsumer implements AsyncDisposable {
  readonly messages: MessageExt[] = [];
  readonly consumer: PushConsumer;

  constructor(cluster: Servers, group: string, options: Partial<PushConsumerOptions> = {}) {
    this.consumer = new PushConsumer({
      group,
      nameServers: cluster.nameServerAddress,
      consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
      messageListener: (messages) => {
        this.messages.push(...messages);
        return 'CONSUME_SUCCESS';
      },
      ...options,
    });
  }

  get bodies(): string[] {
    return bodiesOf(this.messages);
  }

  async start(topic: string, tagExpression = '*'): Promise<void> {
    await this.consumer.subscribe(topic, tagExpression);
    await this.consumer.start();
  }

  async waitFor(bodies: readonly string[]): Promise<void> {
    await waitForAll([this], bodies);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.consumer.close();
  }
}

async function waitForAll(
  consumers: readonly CollectingConsumer[],
  bodies: readonly string[],
): Promise<void> {
  await vi.waitFor(
    () => {
      const received = new Set(consumers.flatMap((consumer) => consumer.bodies));
      expect(bodies.filter((body) => !received.has(body)).length, 'messages that are missing').toBe(0);
    },
    { timeout: deliveryTimeoutMillis, interval: 50 },
  );
}

/** Until the instances hold all queues, none of them twice, and none of them more than its part. */
async function waitUntilShared(consumers: readonly CollectingConsumer[], topic: string): Promise<void> {
  await vi.waitFor(
    () => {
      const held = consumers.map(({ consumer }) =>
        consumer.assignedQueues.filter((queue) => queue.topic === topic).map(({ queueId }) => queueId),
      );
      expect(held.flat().toSorted((one, other) => one - other)).toEqual([...Array(queueCount).keys()]);
      expect(Math.max(...held.map((queues) => queues.length))).toBe(Math.ceil(queueCount / consumers.length));
    },
    { timeout: settleTimeoutMillis, interval: 50 },
  );
}

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientVersions, dump, produce } from '@centaurmq/apache-rocketmq';
import { type ClusterUnderTest, startClusterUnderTest } from './cluster-under-test.ts';

const count = 200;

describe.each(clientVersions)('the official Java producer %s', (version) => {
  let cluster: ClusterUnderTest;
  beforeAll(async () => {
    cluster = await startClusterUnderTest();
  });
  afterAll(async () => {
    await cluster[Symbol.asyncDispose]();
  });

  const modes = ['sync', 'async', 'oneway', 'batch'];
  test.concurrent.for(modes)('sends %s and every message is stored once', async (mode, { expect }) => {
    const topic = `${mode}-topic`;
    const sent = await produce(version, cluster.nameServerAddress, {
      topic,
      mode,
      count,
      prefix: mode,
      tags: 'TagA',
    });
    expect(sent).toMatchObject({ sent: count, failed: 0, errors: [] });
    expect(new Set(sent.results.map(({ status }) => status))).toEqual(
      new Set(mode === 'oneway' ? [] : ['SEND_OK']),
    );
    const stored = await dump(version, cluster.nameServerAddress, [topic]);
    const bodies = Array.from({ length: count }, (_, number) => `${mode}-${number}`);
    expect(stored.messages.map(({ body }) => body).toSorted()).toEqual(bodies.toSorted());
    for (const message of stored.messages) {
      expect(message).toMatchObject({ tags: 'TagA', keys: message.body.replace('-', '-key-') });
    }
    expect(stored.queues.reduce((sum, { maxOffset }) => sum + Number(maxOffset), 0)).toBe(count);
    if (mode === 'oneway') return;
    // What the producer was told is where the consumer finds it.
    const places = new Map(stored.messages.map((message) => [message.body, message]));
    let next = 0;
    for (const result of sent.results) {
      const first = places.get(mode === 'batch' ? `batch-${next}` : String(result['body']));
      next += Number(result['messages'] ?? 1);
      expect(result).toMatchObject({ queueId: first?.queueId, queueOffset: first?.queueOffset });
      const offsetMessageId = String(result['offsetMsgId']).split(',', 1)[0] ?? '';
      expect(Number.parseInt(offsetMessageId.slice(-16), 16)).toBe(first?.commitLogOffset);
    }
  });

  test.concurrent('sends a compressed body that comes back whole', async ({ expect }) => {
    const topic = 'compressed-topic';
    await produce(version, cluster.nameServerAddress, { topic, count: 2, prefix: 'large', size: 20_000 });
    const { messages } = await dump(version, cluster.nameServerAddress, [topic]);
    expect(messages).toHaveLength(2);
    for (const { body, storeSize } of messages) {
      expect(body).toMatch(/^large-\d\.*$/u);
      expect(body).toHaveLength(20_000);
      expect(storeSize).toBeLessThan(2000);
    }
  });

  test.concurrent('learns the codes of a refused send', async ({ expect }) => {
    const sent = await produce(version, cluster.nameServerAddress, {
      topic: 'SCHEDULE_TOPIC_XXXX',
      count: 1,
      timeout: 3000,
    });
    expect(sent).toMatchObject({ sent: 0, failed: 1 });
  });
});

test('the two versions read what the other wrote', async () => {
  await using cluster = await startClusterUnderTest();
  const topic = 'mixed-topic';
  await Promise.all(
    clientVersions.map((version) =>
      produce(version, cluster.nameServerAddress, { topic, count: 20, prefix: version }),
    ),
  );
  for (const version of clientVersions) {
    const { messages } = await dump(version, cluster.nameServerAddress, [topic]);
    expect(messages).toHaveLength(40);
  }
});

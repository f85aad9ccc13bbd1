// Our administration commands against genuine Apache RocketMQ 5.3.3 servers, and against our own.
import { runAdminCommandLine } from '@centaurmq/admin-cli';
import { Producer, PushConsumer } from '@centaurmq/client';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startApacheCluster } from '@centaurmq/apache-rocketmq';
import { startOurCluster } from './cluster-under-test.ts';

/** A genuine broker's changes reach the name server in its own time. */
const patiently = { timeout: 30_000, interval: 100 };

interface Servers extends AsyncDisposable {
  readonly nameServerAddress: string;
  readonly brokerAddress: string;
}

const clusters: readonly [string, () => Promise<Servers>][] = [
  [
    'Apache RocketMQ 5.3.3',
    async () => {
      const cluster = await startApacheCluster();
      return { ...cluster, brokerAddress: cluster.broker.address };
    },
  ],
  ['CentaurMQ', () => startOurCluster()],
];

describe.each(clusters)('administration of %s', (_, startCluster) => {
  let cluster: Servers;
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
  });

  const admin = async (...args: string[]): Promise<{ exitCode: number; out: string; error: string }> => {
    let out = '';
    let error = '';
    const exitCode = await runAdminCommandLine(args, {
      out: (text) => void (out += text),
      error: (text) => void (error += text),
      nameServersDefault: cluster.nameServerAddress,
      client: {},
      now: () => Date.now(),
    });
    return { exitCode, out, error };
  };
  const json = async (...args: string[]): Promise<unknown> => {
    const { exitCode, out, error } = await admin(...args, '--json');
    expect({ exitCode, error }).toEqual({ exitCode: 0, error: '' });
    return JSON.parse(out);
  };

  test('a topic is created, shown, changed and deleted', async () => {
    const created = await json(
      'updateTopic',
      '-b',
      cluster.brokerAddress,
      '-t',
      'Orders',
      '-r',
      '6',
      '-w',
      '5',
    );
    expect(created).toMatchObject([{ topicName: 'Orders', readQueueNums: 6, writeQueueNums: 5, perm: 6 }]);
    const route = async (): Promise<unknown> => json('topicRoute', '-t', 'Orders');
    await vi.waitFor(
      async () =>
        expect(await route()).toMatchObject({ queueDatas: [{ readQueueNums: 6, writeQueueNums: 5 }] }),
      patiently,
    );
    expect(await json('topicList')).toContain('Orders');
    const table = await admin('topicRoute', '-t', 'Orders');
    expect(table.out).toContain('#BrokerName');
    expect(table.out).toContain(`0=${cluster.brokerAddress}`);

    await json('updateTopic', '-c', 'DefaultCluster', '-t', 'Orders', '-r', '7', '-w', '7', '-p', '4');
    await vi.waitFor(
      async () => expect(await route()).toMatchObject({ queueDatas: [{ readQueueNums: 7, perm: 4 }] }),
      patiently,
    );

    await json('deleteTopic', '-t', 'Orders', '-c', 'DefaultCluster');
    const gone = await admin('topicRoute', '-t', 'Orders');
    expect(gone).toMatchObject({ exitCode: 1, out: '' });
    expect(gone.error).toContain('no name server has a route of topic Orders');
  });

  test('clusterList shows the broker', async () => {
    // A genuine broker registers before it calls itself active.
    await vi.waitFor(
      async () =>
        expect(await json('clusterList')).toMatchObject([
          {
            cluster: 'DefaultCluster',
            brokerName: 'broker-a',
            brokerId: 0,
            address: cluster.brokerAddress,
            activated: true,
          },
        ]),
      patiently,
    );
    const unknown = await admin('clusterList', '-c', 'Nowhere');
    expect(unknown).toMatchObject({ exitCode: 1 });
    expect(unknown.error).toContain('there is no cluster Nowhere; the name server knows: DefaultCluster');
  });

  test('topicStatus and consumerProgress count what was sent and consumed', async () => {
    const nameServers = cluster.nameServerAddress;
    await json('updateTopic', '-b', cluster.brokerAddress, '-t', 'Counted', '-r', '2', '-w', '2');
    await using producer = new Producer({ group: 'counting-producer', nameServers });
    await producer.start();
    await vi.waitFor(() => producer.fetchPublishQueues('Counted'), patiently);
    for (let number = 0; number < 10; number++) await producer.send({ topic: 'Counted', body: `${number}` });
    // Apache's broker enters messages into their queues a moment after it acknowledged them.
    await vi.waitFor(async () => {
      const status = (await json('topicStatus', '-t', 'Counted')) as { queues: { maxOffset: number }[] };
      expect(status.queues.map(({ maxOffset }) => maxOffset)).toEqual([5, 5]);
    }, patiently);

    let consumed = 0;
    await using consumer = new PushConsumer({
      group: 'counting-group',
      nameServers,
      consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
      persistConsumerOffsetIntervalMillis: 100,
      messageListener: (messages) => {
        consumed += messages.length;
        return 'CONSUME_SUCCESS';
      },
    });
    await consumer.subscribe('Counted');
    await consumer.start();
    await vi.waitFor(() => expect(consumed).toBe(10), patiently);
    await vi.waitFor(
      async () => {
        const progress = (await json('consumerProgress', '-g', 'counting-group')) as {
          queues: { topic: string; consumerOffset: number }[];
        };
        const queues = progress.queues.filter(({ topic }) => topic === 'Counted');
        expect(progress).toMatchObject({ diffTotal: 0 });
        expect(queues.map(({ consumerOffset }) => consumerOffset)).toEqual([5, 5]);
      },
      { timeout: 30_000, interval: 200 },
    );
    expect(await json('consumerProgress')).toContainEqual(
      expect.objectContaining({
        group: 'counting-group',
        count: 1,
        type: 'PUSH',
        model: 'CLUSTERING',
        diffTotal: 0,
      }),
    );
    expect(await json('topicList', '-c')).toContainEqual({
      cluster: 'DefaultCluster',
      topic: 'Counted',
      consumerGroup: 'counting-group',
    });
    const unknown = await admin('consumerProgress', '-g', 'no-such-group');
    expect(unknown).toMatchObject({ exitCode: 1 });
  });
});

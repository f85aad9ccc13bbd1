import { Producer, PushConsumer } from '@centaurmq/client';
import { describe, expect, it } from 'vitest';
import { simulate } from '../src/index.ts';

describe('simulate', () => {
  it('runs a real cluster: what is sent is consumed', async () => {
    const consumed = await simulate({ seed: 1 }, async (world) => {
      await world.startNameServer();
      await world.startBroker();
      const app = world.process('app');
      const { nameServers } = world;
      const producer = new Producer({ group: 'P', nameServers, environment: app.environment });
      await producer.start();
      const bodies: string[] = [];
      const consumer = new PushConsumer({
        group: 'C',
        nameServers,
        environment: app.environment,
        consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
        messageListener: (messages) => {
          for (const { body } of messages) bodies.push(Buffer.from(body).toString());
          return 'CONSUME_SUCCESS';
        },
      });
      await producer.send({ topic: 'T', body: 'hello' });
      await consumer.subscribe('T');
      await consumer.start();
      await world.sleep(60_000);
      return bodies;
    });
    expect(consumed).toEqual(['hello']);
  });

  it('gives the same run for the same seed, byte for byte', { timeout: 30_000 }, async () => {
    const run = async (seed: number): Promise<string[]> => {
      const lines: string[] = [];
      await simulate({ seed, traceLine: (line) => lines.push(line) }, async (world) => {
        await world.startNameServer();
        const broker = await world.startBroker({ config: { flushDiskType: 'SYNC_FLUSH' } });
        const app = world.process('app');
        const producer = new Producer({
          group: 'P',
          nameServers: world.nameServers,
          environment: app.environment,
        });
        await producer.start();
        for (let count = 0; count < 50; count++) {
          await producer.send({ topic: 'T', body: `message ${count}` }).catch(() => undefined);
          if (count === 20) broker.losePower();
          if (count === 21) await broker.start();
        }
      });
      return lines;
    };
    const [one, again, other] = [await run(42), await run(42), await run(43)];
    expect(one.length).toBeGreaterThan(100);
    expect(again).toEqual(one);
    expect(other).not.toEqual(one);
  });
});

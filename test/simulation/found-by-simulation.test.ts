// Bugs of ours that the simulator found, each as the shortest world that shows it.
import { type ConsumeConcurrentlyStatus, Producer, PushConsumer } from '@centaurmq/client';
import { type World, simulate } from '@centaurmq/simulator';
import { describe, expect, it } from 'vitest';

async function startProducer(world: World): Promise<Producer> {
  const { environment } = world.process('producer');
  const producer = new Producer({ group: 'P', nameServers: world.nameServers, environment });
  await producer.start();
  return producer;
}

async function startConsumer(
  world: World,
  consume: (body: string) => ConsumeConcurrentlyStatus,
): Promise<PushConsumer> {
  const consumer = new PushConsumer({
    group: 'G',
    nameServers: world.nameServers,
    environment: world.process('consumer').environment,
    consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
    messageListener: ([message]) => consume(Buffer.from(message?.body ?? []).toString()),
  });
  await consumer.subscribe('T');
  await consumer.start();
  return consumer;
}

describe('found by simulation', () => {
  // A consumer gave a message back; the broker said yes before it was on the disk, and the consumer went on.
  it.each([5, 20, 35])('a message given back is safe %i ms later', async (millis) => {
    const slowDisk = { flushMillisMin: 50, flushMillisMax: 51 };
    const consumed = await simulate({ seed: 1, disk: slowDisk }, async (world) => {
      await world.startNameServer();
      const broker = await world.startBroker({ config: { flushDiskType: 'SYNC_FLUSH' } });
      const producer = await startProducer(world);
      await producer.send({ topic: 'T', body: 'first' });
      const attempts: number[] = [];
      await startConsumer(world, () => {
        attempts.push(world.clock.now());
        return attempts.length === 1 ? 'RECONSUME_LATER' : 'CONSUME_SUCCESS';
      });
      while (attempts.length === 0) await world.sleep(1);
      await world.sleep(millis);
      broker.losePower();
      await broker.start();
      await world.sleep(10 * 60_000);
      return attempts.length;
    });
    expect(consumed).toBeGreaterThan(1);
  });

  // The registry wants to be opened anew after a failed write; until the next start no offset, topic or group was kept.
  it('a disk that was full for a moment takes consumer offsets again', async () => {
    const repeated = await simulate({ seed: 1 }, async (world) => {
      await world.startNameServer();
      const broker = await world.startBroker();
      const producer = await startProducer(world);
      await producer.send({ topic: 'T', body: 'first' });
      const bodies: string[] = [];
      const consumer = await startConsumer(world, (body) => {
        bodies.push(body);
        return 'CONSUME_SUCCESS';
      });
      broker.disk.failWrites(true);
      while (bodies.length === 0) await world.sleep(100);
      await world.sleep(30_000);
      broker.disk.failWrites(false);
      await producer.send({ topic: 'T', body: 'second' });
      await world.sleep(30_000);
      await consumer.close();
      await world.sleep(10_000);
      broker.kill();
      await broker.start();
      bodies.length = 0;
      await startConsumer(world, (body) => {
        bodies.push(body);
        return 'CONSUME_SUCCESS';
      });
      await world.sleep(60_000);
      return bodies;
    });
    expect(repeated).toEqual([]);
  });
});

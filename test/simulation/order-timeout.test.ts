// The example of docs/guide/simulation.md, as it stands there.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Producer, PushConsumer } from '@centaurmq/client';
import { simulate } from '@centaurmq/simulator';
import { expect, it } from 'vitest';

it.each([1, 2, 3, 4, 5])(
  'cancels an unpaid order once, though the broker dies twice (seed %i)',
  async (seed) => {
    const cancelled = await simulate({ seed }, async (world) => {
      await world.startNameServer();
      const broker = await world.startBroker({ config: { flushDiskType: 'SYNC_FLUSH' } });
      const { nameServers } = world;

      // The application under test: it runs in a process of the world, on the world's clock and network.
      const shop = world.process('shop');
      const orders = new Map<string, 'open' | 'paid' | 'cancelled'>();
      const cancellations: string[] = [];
      const producer = new Producer({ group: 'shop', nameServers, environment: shop.environment });
      await producer.start();
      const consumer = new PushConsumer({
        group: 'order-timeouts',
        nameServers,
        environment: shop.environment,
        messageListener: ([message]) => {
          const order = Buffer.from(message?.body ?? []).toString();
          // Messages come at least once: the state of the order makes it once.
          if (orders.get(order) === 'open') {
            orders.set(order, 'cancelled');
            cancellations.push(order);
          }
          return 'CONSUME_SUCCESS';
        },
      });
      await consumer.subscribe('OrderTimeouts');
      await consumer.start();

      async function placeOrder(order: string): Promise<void> {
        orders.set(order, 'open');
        // Level 5: one minute.
        await producer.send({ topic: 'OrderTimeouts', body: order, delayTimeLevel: 5 });
      }

      await placeOrder('unpaid');
      await placeOrder('paid');
      broker.losePower();
      await world.sleep(5000);
      await broker.start();
      orders.set('paid', 'paid');
      await world.sleep(54_990 + world.random.below(20));
      broker.kill();
      await broker.start();
      await world.sleep(10 * 60_000);
      return cancellations;
    });
    expect(cancelled).toEqual(['unpaid']);
  },
);

it('stands in the guide as it is', () => {
  const guide = readFileSync(join(import.meta.dirname, '../../docs/guide/simulation.md'), 'utf8');
  const own = readFileSync(import.meta.filename, 'utf8');
  const example = /```ts\n(.*?)```/su.exec(guide)?.[1] ?? 'none';
  expect(own).toContain(example.trim());
});

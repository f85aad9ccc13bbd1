// A store directory moves from Apache RocketMQ to ours and back.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import {
  scratchFolder,
  startApacheBroker,
  startApacheNameServer,
  dump,
  produce,
  startConsumer,
  unpackStore,
} from '@centaurmq/apache-rocketmq';
import { runCentaurmq, startOurCluster, writeConfig } from './cluster-under-test.ts';
import { consumedMessages } from './queue-offsets.ts';
import { smallFiles, storeContentWhenDelivered } from './store-content.ts';

const stores = join(import.meta.dirname, '../fixtures/stores');

test.each(['clean', 'killed', 'crc-clean', 'crc-killed'])(
  'a store written by Apache (%s) is served by ours, and its group goes on where it was',
  async (name) => {
    const storeFolder = scratchFolder('from-apache');
    try {
      unpackStore(join(stores, `apache-5.3.3-${name}.tar.gz`), storeFolder);
      await using cluster = await startOurCluster({ storeFolder, config: smallFiles });
      const namesrv = cluster.nameServerAddress;
      const expected: unknown = JSON.parse(readFileSync(join(stores, `apache-5.3.3-${name}.json`), 'utf8'));
      expect((await storeContentWhenDelivered(namesrv)).archived).toEqual(expected);
      // 80 of the 124 were consumed before.
      const options = { namesrv, topic: 'Orders', group: 'orders-consumer', instance: 'one' };
      await using consumer = await startConsumer('5.3.3', 'Push', options);
      await vi.waitFor(() => expect(consumer.received).toHaveLength(44), { timeout: 60_000 });
      expect(consumer.received.filter(({ body }) => body.startsWith('sync-'))).toEqual([]);
      await produce('5.3.3', namesrv, { topic: 'Orders', count: 10, prefix: 'after' });
      await vi.waitFor(() => expect(consumer.received).toHaveLength(54), { timeout: 60_000 });
      await consumer.stop();
    } finally {
      rmSync(storeFolder, { recursive: true, force: true });
    }
  },
);

test('a store written by ours, stopped and exported, is served by an Apache broker', async () => {
  const folder = scratchFolder('to-apache');
  const storeFolder = join(folder, 'store');
  try {
    const written = await writeWithOurs(storeFolder);
    const config = writeConfig(folder, smallFiles);
    await runCentaurmq(['store', 'export-config', `--store=${storeFolder}`, `--config=${config}`]);
    await using nameServer = await startApacheNameServer();
    await using broker = await startApacheBroker({
      nameServerAddress: nameServer.address,
      storeFolder,
      config: smallFiles,
    });
    expect(await dump('5.3.3', nameServer.address, ['Exchange'])).toEqual(written);
    expect(await consumedMessages(broker.address, 'Exchange', 'exchange-consumer', 4)).toBe(60);
    const options = { namesrv: nameServer.address, topic: 'Exchange', group: 'exchange-consumer' };
    await using consumer = await startConsumer('5.3.3', 'Push', { ...options, instance: 'apache' });
    await vi.waitFor(() => expect(consumer.received).toHaveLength(43), { timeout: 60_000 });
    await produce('5.3.3', nameServer.address, { topic: 'Exchange', count: 10, prefix: 'after' });
    await vi.waitFor(() => expect(consumer.received).toHaveLength(53), { timeout: 60_000 });
    await consumer.stop();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** 103 messages of every kind, 60 of them consumed; what a Java client reads of them. */
async function writeWithOurs(storeFolder: string): Promise<Awaited<ReturnType<typeof dump>>> {
  await using cluster = await startOurCluster({ storeFolder, config: smallFiles });
  const namesrv = cluster.nameServerAddress;
  const topic = 'Exchange';
  await produce('5.3.3', namesrv, { topic, count: 60, prefix: 'sync', tags: 'TagA', size: 300 });
  const options = { namesrv, topic, group: 'exchange-consumer', instance: 'ours' };
  await using consumer = await startConsumer('5.3.3', 'Push', options);
  await vi.waitFor(() => expect(consumer.received).toHaveLength(60), { timeout: 60_000 });
  await consumer.stop();
  await produce('5.3.3', namesrv, { topic, mode: 'batch', count: 24, prefix: 'batch', tags: 'TagB' });
  await produce('4.9.8', namesrv, { topic, mode: 'async', count: 16, prefix: 'async' });
  await produce('5.3.3', namesrv, { topic, count: 3, prefix: 'compressed', size: 6000 });
  const written = await dump('5.3.3', namesrv, [topic]);
  expect(written.messages).toHaveLength(103);
  await cluster.stop();
  return written;
}

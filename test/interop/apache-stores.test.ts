// Store directories written by a genuine broker: captured with UPDATE_FIXTURES=1, and otherwise opened by a genuine broker
// again, so that what our own broker is measured against is known to be whole.
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  scratchFolder,
  startApacheBroker,
  startApacheNameServer,
  produce,
  startConsumer,
  packStore,
  unpackStore,
} from '@centaurmq/apache-rocketmq';
import {
  type StoreContent,
  longGroup,
  longTopic,
  smallFiles,
  storeContent,
  storeContentWhenDelivered,
} from './store-content.ts';

const stores = join(import.meta.dirname, '../fixtures/stores');
const archiveBytesMax = 200 * 1024;

const variants = [
  { name: 'apache-5.3.3-clean', crc: false, end: 'stop' },
  { name: 'apache-5.3.3-killed', crc: false, end: 'kill' },
  { name: 'apache-5.3.3-crc-clean', crc: true, end: 'stop' },
  { name: 'apache-5.3.3-crc-killed', crc: true, end: 'kill' },
] as const;

type Variant = (typeof variants)[number];

describe.concurrent('store directories of Apache RocketMQ 5.3.3', () => {
  for (const variant of variants) {
    test(variant.name, async () => {
      const capturing = process.env['UPDATE_FIXTURES'] === '1';
      if (capturing) await capture(variant);
      expect(statSync(join(stores, `${variant.name}.tar.gz`)).size).toBeLessThan(archiveBytesMax);
      const expected: unknown = JSON.parse(readFileSync(join(stores, `${variant.name}.json`), 'utf8'));
      const { archived } = await reopen(variant, capturing ? storeContent : storeContentWhenDelivered);
      expect(archived).toEqual(expected);
    });
  }
});

async function capture(variant: Variant): Promise<void> {
  const storeFolder = scratchFolder('capture-store');
  try {
    await using nameServer = await startApacheNameServer();
    const namesrv = nameServer.address;
    await using broker = await startApacheBroker({
      nameServerAddress: namesrv,
      storeFolder,
      config: { ...smallFiles, enabledAppendPropCRC: variant.crc },
    });
    await produce('5.3.3', namesrv, { topic: 'Orders', count: 80, prefix: 'sync', tags: 'TagA', size: 120 });
    await using consumer = await startConsumer('5.3.3', 'Push', {
      namesrv,
      topic: 'Orders',
      group: 'orders-consumer',
      instance: 'one',
    });
    await expect.poll(() => consumer.received.length, { timeout: 60_000 }).toBe(80);
    await consumer.stop();
    await produce('5.3.3', namesrv, {
      topic: 'Orders',
      mode: 'batch',
      count: 24,
      prefix: 'batch',
      tags: 'TagB',
    });
    await produce('4.9.8', namesrv, { topic: 'Orders', mode: 'async', count: 20, prefix: 'async' });
    await produce('5.3.3', namesrv, { topic: longTopic, count: 10, prefix: 'long', queues: 1 });
    await produce('5.3.3', namesrv, { topic: 'Bodies', count: 3, prefix: 'compressed', size: 6000 });
    await produce('5.3.3', namesrv, { topic: 'Bodies', count: 2, prefix: 'delayed', 'delay-level': 18 });
    await using failing = await startConsumer('5.3.3', 'Push', {
      namesrv,
      topic: 'Bodies',
      group: longGroup,
      instance: 'two',
      'fail-first': true,
    });
    // Sent back once, the three come again from the retry topic after ten seconds.
    await expect.poll(() => failing.received.length, { timeout: 60_000 }).toBe(6);
    await failing.stop();
    await broker[variant.end]();
    mkdirSync(stores, { recursive: true });
    packStore(storeFolder, join(stores, `${variant.name}.tar.gz`));
  } finally {
    rmSync(storeFolder, { recursive: true, force: true });
  }
  const { archived } = await reopen(variant, storeContent);
  writeFileSync(join(stores, `${variant.name}.json`), `${JSON.stringify(archived, undefined, 2)}\n`);
}

/** What a genuine broker serves from the archived store. */
async function reopen(variant: Variant, read: typeof storeContent): Promise<StoreContent> {
  const storeFolder = scratchFolder('reopen-store');
  try {
    unpackStore(join(stores, `${variant.name}.tar.gz`), storeFolder);
    await using nameServer = await startApacheNameServer();
    await using broker = await startApacheBroker({
      nameServerAddress: nameServer.address,
      storeFolder,
      config: { ...smallFiles, enabledAppendPropCRC: variant.crc },
    });
    expect(broker.brokerName).toBe('broker-a');
    return await read(nameServer.address);
  } finally {
    rmSync(storeFolder, { recursive: true, force: true });
  }
}

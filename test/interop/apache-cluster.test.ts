import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { scratchFolder, startApacheBroker, startApacheNameServer, mqadmin } from '@centaurmq/apache-rocketmq';

test('a genuine name server and broker start, register, answer mqadmin and stop cleanly', async () => {
  const storeFolder = scratchFolder('apache-store');
  try {
    await using nameServer = await startApacheNameServer();
    await using broker = await startApacheBroker({ nameServerAddress: nameServer.address, storeFolder });
    const clusters = await mqadmin(nameServer.address, 'clusterList');
    expect(clusters).toContain(broker.address);
    expect(clusters).toMatch(/DefaultCluster\s+broker-a\s+0/u);
    expect(existsSync(join(storeFolder, 'abort'))).toBe(true);
    await broker.stop();
    expect(existsSync(join(storeFolder, 'abort'))).toBe(false);
    expect(readdirSync(join(storeFolder, 'config'))).toContain('topics.json');
  } finally {
    rmSync(storeFolder, { recursive: true, force: true });
  }
});

import { ManualClock, silentLogger } from '@centaurmq/remoting';
import { beforeEach, describe, expect, it } from 'vitest';
import { type BrokerConfig, resolveBrokerConfig } from '../../src/config/broker-config.ts';
import { subscriptionGroupConfig } from '../../src/subscription/subscription-group-config.ts';
import { SubscriptionGroupManager } from '../../src/subscription/subscription-group-manager.ts';
import { MemoryMetadataStore } from '../metadata/memory-metadata-store.ts';

const machine = { hostName: 'broker-a', address: '10.0.0.7', storePathRootDir: '/data' };

describe('SubscriptionGroupManager', () => {
  let metadata: MemoryMetadataStore;
  const open = (given: Partial<BrokerConfig> = {}) =>
    SubscriptionGroupManager.open({
      config: resolveBrokerConfig(given, machine),
      metadata,
      clock: new ManualClock(),
      logger: silentLogger,
    });

  beforeEach(() => {
    metadata = new MemoryMetadataStore();
  });

  it('has the groups of the system', async () => {
    expect([...(await open()).groups.keys()]).toEqual([
      'TOOLS_CONSUMER',
      'FILTERSRV_CONSUMER',
      'SELF_TEST_C_GROUP',
      'CID_ONS-HTTP-PROXY',
      'CID_ONSAPI_PULL',
      'CID_ONSAPI_PERMISSION',
      'CID_ONSAPI_OWNER',
      'CID_RMQ_SYS_TRANS',
    ]);
  });

  it('creates a group at its first use and keeps it', async () => {
    const manager = await open();
    const config = await manager.findSubscriptionGroupConfig('G');
    expect(config).toEqual(subscriptionGroupConfig('G'));
    const reopened = await open({ autoCreateSubscriptionGroup: false });
    expect(reopened.find('G')).toEqual(config);
    expect(reopened.dataVersion).toEqual(manager.dataVersion);
  });

  it('creates none when that is off, except for the system, and none with a bad name', async () => {
    const manager = await open({ autoCreateSubscriptionGroup: false });
    expect(await manager.findSubscriptionGroupConfig('G')).toBeNull();
    expect(await manager.findSubscriptionGroupConfig('CID_RMQ_SYS_X')).not.toBeNull();
    expect(await (await open()).findSubscriptionGroupConfig('a.b')).toBeNull();
    expect(await (await open()).findSubscriptionGroupConfig('g'.repeat(121))).toBeNull();
  });

  it('keeps what is forbidden when the group is changed, and forgets it with the group', async () => {
    const manager = await open();
    await manager.findSubscriptionGroupConfig('G');
    expect(await manager.setReadForbidden('G', 'T', true)).toBe(true);
    await manager.updateSubscriptionGroupConfigs([subscriptionGroupConfig('G', { retryMaxTimes: 3 })]);
    const reopened = await open();
    expect(reopened.isReadForbidden('G', 'T')).toBe(true);
    expect(reopened.isReadForbidden('G', 'Other')).toBe(false);
    await reopened.deleteSubscriptionGroupConfig('G');
    expect(reopened.find('G')).toBeUndefined();
    expect(await reopened.setReadForbidden('G', 'T', true)).toBe(false);
  });
});

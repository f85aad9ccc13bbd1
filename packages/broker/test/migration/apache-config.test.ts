import { ManualClock, silentLogger } from '@centaurmq/remoting';
import { beforeEach, describe, expect, it } from 'vitest';
import { resolveBrokerConfig } from '../../src/config/broker-config.ts';
import { exportApacheConfig, hasMetadata, importApacheConfig } from '../../src/migration/apache-config.ts';
import { ConsumerOffsetManager } from '../../src/offset/consumer-offset-manager.ts';
import { SubscriptionGroupManager } from '../../src/subscription/subscription-group-manager.ts';
import { TopicConfigManager } from '../../src/topic/topic-config-manager.ts';
import { MemoryMetadataStore } from '../metadata/memory-metadata-store.ts';

/** As Apache RocketMQ 5.3.3 writes them: tabs, bare integers as keys. */
const apache = {
  'topics.json': `{
	"dataVersion":{"counter":7,"stateVersion":0,"timestamp":1600000000000},
	"topicConfigTable":{
		"Orders":{"attributes":{"message.type":"FIFO"},"order":true,"perm":6,"readQueueNums":4,"topicFilterType":"SINGLE_TAG","topicName":"Orders","topicSysFlag":0,"writeQueueNums":4}
	}
}`,
  'subscriptionGroup.json': `{
	"dataVersion":{"counter":3,"stateVersion":0,"timestamp":1600000000001},
	"forbiddenTable":{"G":{"Orders":4}},
	"subscriptionGroupTable":{"G":{"attributes":{},"brokerId":0,"consumeBroadcastEnable":true,"consumeEnable":false,"groupName":"G","groupRetryPolicy":{"type":"CUSTOMIZED"},"retryMaxTimes":5,"retryQueueNums":1}}
}`,
  'consumerOffset.json':
    '{\n\t"dataVersion":{"counter":9},\n\t"offsetTable":{"Orders@G":{0:5,1:6,3:9007199254740991}}\n}',
  'delayOffset.json': '{\n\t"offsetTable":{3:12,4:1}\n}',
};

describe("Apache's configuration files", () => {
  let metadata: MemoryMetadataStore;
  const clock = new ManualClock();
  const parts = () => ({
    config: resolveBrokerConfig({}, { hostName: 'broker-a', address: '10.0.0.7', storePathRootDir: '/data' }),
    metadata,
    clock,
    logger: silentLogger,
  });

  beforeEach(() => {
    metadata = new MemoryMetadataStore();
  });

  it('are what the managers have after the import', async () => {
    expect(await hasMetadata(metadata)).toBe(false);
    expect(await importApacheConfig(metadata, apache)).toEqual({
      'topics.json': 1,
      'subscriptionGroup.json': 1,
      'consumerOffset.json': 1,
      'delayOffset.json': 2,
    });
    expect(await hasMetadata(metadata)).toBe(true);
    const topics = await TopicConfigManager.open(parts());
    expect(topics.find('Orders')).toMatchObject({ order: true, writeQueueNums: 4 });
    expect(topics.find('Orders')?.attributes.get('message.type')).toBe('FIFO');
    expect(topics.dataVersion.counter).toBe(8);
    const groups = await SubscriptionGroupManager.open(parts());
    expect(groups.find('G')).toMatchObject({
      consumeEnable: false,
      retryMaxTimes: 5,
      whichBrokerWhenConsumeSlowly: 1,
    });
    expect(groups.isReadForbidden('G', 'Orders')).toBe(true);
    const offsets = await ConsumerOffsetManager.load({ ...parts(), persistIntervalMillis: 5000 });
    expect([offsets.queryOffset('G', 'Orders', 1), offsets.queryOffset('G', 'Orders', 3)]).toEqual([
      6, 9007199254740991,
    ]);
  });

  it('say the same after import and export', async () => {
    await importApacheConfig(metadata, apache);
    const exported = await exportApacheConfig(metadata);
    const again = new MemoryMetadataStore();
    await importApacheConfig(again, exported);
    expect(await exportApacheConfig(again)).toEqual(exported);
    expect(JSON.parse(exported['topics.json'])).toEqual(JSON.parse(apache['topics.json']));
    expect(JSON.parse(exported['consumerOffset.json'])).toEqual({
      offsetTable: { 'Orders@G': { 0: 5, 1: 6, 3: 9007199254740991 } },
    });
    expect(JSON.parse(exported['subscriptionGroup.json'])).toMatchObject(
      JSON.parse(apache['subscriptionGroup.json']),
    );
  });

  it.each([
    ['topics.json', '{"topicConfigTable":'],
    ['consumerOffset.json', '{"offsetTable":{"T@G":{0:"five"}}}'],
    ['subscriptionGroup.json', '[]'],
  ] as const)('%s that cannot be understood is named, and nothing is imported', async (file, text) => {
    await expect(importApacheConfig(metadata, { ...apache, [file]: text })).rejects.toThrow(
      `${file} cannot be imported`,
    );
    expect(await hasMetadata(metadata)).toBe(false);
  });
});

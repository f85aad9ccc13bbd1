import { ManualClock, silentLogger } from '@centaurmq/remoting';
import { beforeEach, describe, expect, it } from 'vitest';
import { type BrokerConfig, resolveBrokerConfig } from '../../src/config/broker-config.ts';
import { topicConfig } from '../../src/topic/topic-config.ts';
import { TopicConfigManager } from '../../src/topic/topic-config-manager.ts';
import { MemoryMetadataStore } from '../metadata/memory-metadata-store.ts';

const machine = { hostName: 'broker-a', address: '10.0.0.7', storePathRootDir: '/data' };
const sent = {
  topic: 'Orders',
  defaultTopic: 'TBW102',
  clientDefaultTopicQueueNums: 4,
  topicSysFlag: 0,
  remoteAddress: '10.0.0.9:4000',
};

describe('TopicConfigManager', () => {
  const clock = new ManualClock();
  let metadata: MemoryMetadataStore;
  const open = (given: Partial<BrokerConfig> = {}) =>
    TopicConfigManager.open({
      config: resolveBrokerConfig(given, machine),
      metadata,
      clock,
      logger: silentLogger,
    });

  beforeEach(() => {
    metadata = new MemoryMetadataStore();
  });

  it('has the system topics that official tools expect', async () => {
    const manager = await open();
    const shape = Object.fromEntries(
      [...manager.topics.values()].map((topic) => [topic.topicName, [topic.writeQueueNums, topic.perm]]),
    );
    expect(shape).toEqual({
      SELF_TEST_TOPIC: [1, 6],
      TBW102: [8, 7],
      BenchmarkTest: [1024, 6],
      DefaultCluster: [16, 7],
      'broker-a': [1, 7],
      OFFSET_MOVED_EVENT: [1, 6],
      SCHEDULE_TOPIC_XXXX: [18, 6],
      DefaultCluster_REPLY_TOPIC: [1, 6],
      rmq_sys_REVIVE_LOG_DefaultCluster: [8, 6],
      'rmq_sys_SYNC_BROKER_MEMBER_broker-a': [1, 1],
      RMQ_SYS_TRANS_HALF_TOPIC: [1, 6],
      RMQ_SYS_TRANS_OP_HALF_TOPIC: [1, 6],
      rmq_sys_wheel_timer: [1, 6],
    });
  });

  it('keeps topics and data version across a restart, and bumps it only for real changes', async () => {
    const before = await open();
    await before.updateTopicConfigs([topicConfig('T', { attributes: new Map([['+message.type', 'FIFO']]) })]);
    const after = await open();
    expect(after.find('T')?.attributes).toEqual(new Map([['message.type', 'FIFO']]));
    expect(after.dataVersion).toEqual(before.dataVersion);
    await after.updateTopicConfigs([topicConfig('T')]);
    expect(after.dataVersion).toEqual(before.dataVersion);
    await after.updateTopicConfigs([topicConfig('T', { perm: 4 })]);
    expect(after.dataVersion.counter).toBe(before.dataVersion.counter + 1);
  });

  it('creates a topic on its first send, with the smaller number of queues', async () => {
    const manager = await open();
    expect(await manager.createTopicInSendMessage(sent)).toMatchObject({
      topicName: 'Orders',
      readQueueNums: 4,
      writeQueueNums: 4,
      perm: 6,
    });
    const many = { ...sent, topic: 'Many', clientDefaultTopicQueueNums: 100 };
    expect((await manager.createTopicInSendMessage(many))?.writeQueueNums).toBe(8);
    expect((await open()).find('Orders')?.writeQueueNums).toBe(4);
  });

  it('creates a topic once when many send to it at the same moment', async () => {
    const manager = await open();
    const version = manager.dataVersion.counter;
    const created = await Promise.all(
      Array.from({ length: 20 }, () => manager.createTopicInSendMessage(sent)),
    );
    expect(new Set(created).size).toBe(1);
    expect(manager.dataVersion.counter).toBe(version + 1);
  });

  it.each([
    ['the default topic is not to be inherited from', {}, { ...sent, defaultTopic: 'BenchmarkTest' }],
    ['the default topic does not exist', {}, { ...sent, defaultTopic: 'Nothing' }],
    ['automatic creation is off', { autoCreateTopicEnable: false }, sent],
  ])('creates nothing when %s', async (_, given, wanted) => {
    const manager = await open(given);
    expect(await manager.createTopicInSendMessage(wanted)).toBeNull();
    expect(manager.find('Orders')).toBeUndefined();
  });

  it('stops creating when TBW102 exists but automatic creation was switched off', async () => {
    await open();
    const manager = await open({ autoCreateTopicEnable: false });
    expect(manager.find('TBW102')).toBeDefined();
    expect(await manager.createTopicInSendMessage(sent)).toBeNull();
  });

  it('tells listeners what was there before and after', async () => {
    const manager = await open();
    const seen: unknown[] = [];
    manager.onChange((changes) =>
      seen.push(...changes.map(({ key, before, after }) => [key, before?.perm, after?.perm])),
    );
    await manager.updateTopicConfigs([topicConfig('T')]);
    await manager.updateTopicConfigs([topicConfig('T', { perm: 4 })]);
    await manager.deleteTopicConfig('T');
    await manager.deleteTopicConfig('T');
    expect(seen).toEqual([
      ['T', undefined, 6],
      ['T', 6, 4],
      ['T', 4, undefined],
    ]);
  });

  it('takes the acknowledgement level from the topic, else from flushDiskType', async () => {
    const manager = await open({ flushDiskType: 'SYNC_FLUSH' });
    await manager.updateTopicConfigs([
      topicConfig('Fast', { attributes: new Map([['+ack.level', 'os']]) }),
      topicConfig('Default'),
    ]);
    const levels = ['Fast', 'Default'].map((name) =>
      manager.ackLevelOf(manager.find(name) ?? topicConfig(name)),
    );
    expect(levels).toEqual(['os', 'fsync']);
  });

  it('refuses attributes that it does not know, and then changes nothing', async () => {
    const manager = await open();
    const wanted = [topicConfig('Good'), topicConfig('Bad', { attributes: new Map([['+colour', 'red']]) })];
    await expect(manager.updateTopicConfigs(wanted)).rejects.toThrow('unsupported key: colour');
    expect(manager.find('Good')).toBeUndefined();
  });

  it('knows system topics by name and by prefix', async () => {
    const manager = await open();
    const names = ['TBW102', 'broker-a', 'rmq_sys_anything', 'CHECKPOINT_TOPIC', 'RMQ_SYS_anything', 'T'];
    expect(names.map((name) => manager.isSystemTopic(name))).toEqual([true, true, true, true, false, false]);
  });
});

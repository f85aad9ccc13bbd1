import { type Connection, ManualClock, silentLogger } from '@centaurmq/remoting';
import { beforeEach, describe, expect, it } from 'vitest';
import { ConsumerManager } from '../../src/client/consumer-manager.ts';
import type { SubscriptionData } from '../../src/client/subscription-data.ts';
import { resolveBrokerConfig } from '../../src/config/broker-config.ts';
import { fakeConnection } from './fake-connection.ts';

const machine = { hostName: 'broker-a', address: '10.0.0.7', storePathRootDir: '/data' };

function subscription(topic: string, subVersion = 1): SubscriptionData {
  return {
    topic,
    subString: '*',
    subVersion,
    classFilterMode: false,
    tagsSet: [],
    codeSet: [],
    expressionType: 'TAG',
  };
}

const withTag = (tag: string, subVersion: number) => [{ ...subscription('T', subVersion), subString: tag }];

describe('ConsumerManager', () => {
  let clock: ManualClock;
  let manager: ConsumerManager;
  let told: [string, number[]][];
  const connections = [fakeConnection(), fakeConnection(), fakeConnection()] as const;

  beforeEach(() => {
    clock = new ManualClock();
    manager = new ConsumerManager({ config: resolveBrokerConfig({}, machine), clock, logger: silentLogger });
    told = [];
    manager.onConsumerIdsChange((group, members) => told.push([group, members.map((member) => member.id)]));
  });

  function register(
    connection: Connection,
    given: { group?: string; topics?: string[]; messageModel?: 'BROADCASTING'; notify?: boolean } = {},
  ): boolean {
    return manager.registerConsumer({
      group: given.group ?? 'G',
      channel: { connection, clientId: `client-${connection.id}`, language: 0, version: 479 },
      consumeType: 'CONSUME_PASSIVELY',
      messageModel: given.messageModel ?? 'CLUSTERING',
      consumeFromWhere: 'CONSUME_FROM_LAST_OFFSET',
      subscriptions: (given.topics ?? ['T']).map((topic) => subscription(topic)),
      notifyConsumerIdsChangedEnable: given.notify ?? true,
    });
  }

  it('lists a client right after its heartbeat and tells all members, the new one too', () => {
    const [one, two] = connections;
    expect(register(one)).toBe(true);
    expect(register(two)).toBe(true);
    expect(register(one)).toBe(false);
    expect(manager.getConsumerGroupInfo('G')?.clientIds).toEqual([`client-${one.id}`, `client-${two.id}`]);
    expect(told).toEqual([
      ['G', [one.id]],
      ['G', [one.id, two.id]],
    ]);
  });

  it('removes a closed connection from all its groups at once', () => {
    const [one, two] = connections;
    register(one);
    register(two);
    register(one, { group: 'Other' });
    told = [];
    const gone: string[] = [];
    manager.onGroupGone((group) => gone.push(group));
    manager.connectionClosed(one);
    expect(manager.getConsumerGroupInfo('G')?.clientIds).toEqual([`client-${two.id}`]);
    expect(manager.getConsumerGroupInfo('Other')).toBeUndefined();
    expect(told).toEqual([['G', [two.id]]]);
    expect(gone).toEqual(['Other']);
  });

  it('tells a change of the set of topics, but not a newer version of the same', () => {
    const [one] = connections;
    register(one);
    told = [];
    register(one, { topics: ['T', 'U'] });
    register(one, { topics: ['U'] });
    expect(told).toHaveLength(2);
    expect(manager.queryTopicConsumeByWho('T')).toEqual([]);
    expect(manager.queryTopicConsumeByWho('U')).toEqual(['G']);
    expect(register(one, { topics: ['U'] })).toBe(false);
  });

  it('lets the newer subscription of a topic win', () => {
    const [one] = connections;
    const registration = {
      group: 'G',
      channel: { connection: one, clientId: 'c', language: 0, version: 479 },
      consumeType: 'CONSUME_PASSIVELY',
      messageModel: 'CLUSTERING',
      consumeFromWhere: 'CONSUME_FROM_LAST_OFFSET',
      notifyConsumerIdsChangedEnable: true,
    } as const;
    manager.registerConsumer({ ...registration, subscriptions: withTag('new', 5) });
    manager.registerConsumer({ ...registration, subscriptions: withTag('old', 4) });
    expect(manager.findSubscriptionData('G', 'T')?.subString).toBe('new');
    manager.registerConsumer({ ...registration, subscriptions: null });
    expect(manager.findSubscriptionData('G', 'T')?.subString).toBe('new');
  });

  it('tells nobody about a broadcasting group, nor when the group does not want it', () => {
    register(connections[0], { messageModel: 'BROADCASTING' });
    register(connections[1], { group: 'Quiet', notify: false });
    expect(told).toEqual([]);
  });

  it('forgets a client 120 s after its last heartbeat', async () => {
    const [one, two] = connections;
    register(one);
    register(two);
    await clock.advance(60_000);
    register(two);
    await clock.advance(60_000);
    expect(manager.scanNotActiveChannel()).toEqual([]);
    await clock.advance(1);
    expect(manager.scanNotActiveChannel()).toEqual([one]);
    expect(manager.getConsumerGroupInfo('G')?.clientIds).toEqual([`client-${two.id}`]);
  });

  it('unregisters on request', () => {
    const [one, two] = connections;
    register(one);
    register(two);
    told = [];
    manager.unregisterConsumer('G', two, true);
    manager.unregisterConsumer('G', two, true);
    manager.unregisterConsumer('Unknown', two, true);
    expect(told).toEqual([['G', [one.id]]]);
    expect(manager.findChannel('G', `client-${two.id}`)).toBeUndefined();
  });
});

import { buildSubscriptionData } from '@centaurmq/protocol';
import { ManualClock, silentLogger } from '@centaurmq/remoting';
import { beforeEach, describe, expect, it } from 'vitest';
import { ConsumerManager } from '../../src/client/consumer-manager.ts';
import { resolveBrokerConfig } from '../../src/config/broker-config.ts';
import { ConsumerOffsetManager } from '../../src/offset/consumer-offset-manager.ts';
import { HotPathPulls } from '../../src/pull/hot-path-pulls.ts';
import type { StorePullGroup } from '../../src/store/message-store.ts';
import { subscriptionGroupConfig } from '../../src/subscription/subscription-group-config.ts';
import { topicConfig } from '../../src/topic/topic-config.ts';
import { fakeConnection } from '../client/fake-connection.ts';
import { MemoryMetadataStore } from '../metadata/memory-metadata-store.ts';

const config = resolveBrokerConfig({}, { hostName: 'host', address: '10.0.0.7', storePathRootDir: '/data' });
const connection = fakeConnection();

let consumers: ConsumerManager;
let offsets: ConsumerOffsetManager;
let told: StorePullGroup[];
let got: string[];
let pulls: HotPathPulls;

beforeEach(async () => {
  const clock = new ManualClock();
  consumers = new ConsumerManager({ config, clock, logger: silentLogger });
  const metadata = new MemoryMetadataStore();
  offsets = await ConsumerOffsetManager.load({
    metadata,
    clock,
    logger: silentLogger,
    persistIntervalMillis: 5000,
  });
  told = [];
  got = [];
  pulls = new HotPathPulls({
    topics: { find: topicConfig, onChange: () => undefined },
    groups: { find: subscriptionGroupConfig, isReadForbidden: () => false, onChange: () => undefined },
    consumers,
    offsets,
    store: { definePullGroup: (group) => told.push(group) },
    statistics: { groupGot: (group, topic, { count }) => got.push(`${topic}@${group} ${count}`) },
  });
});

function heartbeat(group: string, expression = '*', subVersion = 1): void {
  consumers.registerConsumer({
    group,
    channel: { connection, clientId: 'client', language: 0, version: 479 },
    consumeType: 'CONSUME_PASSIVELY',
    messageModel: 'CLUSTERING',
    consumeFromWhere: 'CONSUME_FROM_LAST_OFFSET',
    subscriptions: [buildSubscriptionData('T', expression, subVersion)],
    notifyConsumerIdsChangedEnable: false,
  });
}

function answered(id: number): void {
  pulls.answered({ id, queueId: 1, nextBeginOffset: 9, commitOffset: 7, messageCount: 2, recordBytes: 300 });
}

const idOfLast = (): number => told.at(-1)?.topics[0]?.id ?? -1;

describe('HotPathPulls', () => {
  it('tells the engine what a group subscribes, and each change once', () => {
    heartbeat('G');
    heartbeat('G');
    heartbeat('G', 'a || b', 2);
    const topic = { id: 1, topic: 'T', topicSysFlag: 0 };
    expect(told).toEqual([
      { group: 'G', groupSysFlag: 0, topics: [{ ...topic, registered: { subVersion: 1, tagCodes: null } }] },
      {
        group: 'G',
        groupSysFlag: 0,
        topics: [{ ...topic, registered: { subVersion: 2, tagCodes: [97, 98] } }],
      },
    ]);
  });

  it('takes a topic back while an offset of it is being reset', () => {
    heartbeat('G');
    offsets.assignResetOffset('T', 'G', 0, 5);
    expect(told.at(-1)?.topics).toEqual([]);
    offsets.queryThenEraseResetOffset('T', 'G', 0);
    expect(told.at(-1)?.topics).toHaveLength(1);
    offsets.assignResetOffset('T', 'G', 0, 5);
    offsets.cleanOffset('G');
    expect(told.at(-1)?.topics).toHaveLength(1);
  });

  it('notes what was answered, also when the group has gone meanwhile', () => {
    heartbeat('G');
    const id = idOfLast();
    answered(id);
    consumers.connectionClosed(connection);
    expect(told.at(-1)).toEqual({ group: 'G', groupSysFlag: 0, topics: [] });
    answered(id);
    expect(got).toEqual(['T@G 2', 'T@G 2']);
    expect([offsets.queryOffset('G', 'T', 1), offsets.queryPullOffset('G', 'T', 1)]).toEqual([7, 9]);
    heartbeat('G');
    expect(idOfLast()).toBe(id);
  });

  it('forgets the groups that went first when many have gone', () => {
    heartbeat('First');
    const first = idOfLast();
    consumers.connectionClosed(connection);
    for (let number = 0; number < 10_000; number += 1) {
      heartbeat(`G${number}`);
      consumers.connectionClosed(connection);
    }
    answered(first);
    answered(first + 1);
    expect(got).toEqual(['T@G0 2']);
  });
});

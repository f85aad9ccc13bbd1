import { describe, expect, it } from 'vitest';
import { filterByZone } from '../../src/routeinfo/pickup-topic-route.ts';
import { manager, NOW, queuesOf, registration, slave, topicConfig } from './registrations.ts';

describe('routes', () => {
  it('list brokers by name, however they came', () => {
    const routes = manager();
    for (const name of ['c', 'a', 'b']) {
      routes.registerBroker(registration({ brokerName: `broker-${name}`, brokerAddr: `${name}:10911` }), NOW);
    }
    const route = routes.pickupTopicRouteData('TopicA');
    expect(route?.brokerDatas.map(({ brokerName }) => brokerName)).toEqual([
      'broker-a',
      'broker-b',
      'broker-c',
    ]);
    expect(route?.queueDatas.map(({ brokerName }) => brokerName)).toEqual([
      'broker-a',
      'broker-b',
      'broker-c',
    ]);
    expect(routes.pickupTopicRouteData('Unknown')).toBeNull();
  });

  it('given out do not change any more', () => {
    const routes = manager();
    routes.registerBroker(registration(), NOW);
    const before = routes.pickupTopicRouteData('TopicA');
    routes.registerBroker(slave(), NOW);
    expect(before?.brokerDatas[0]?.brokerAddrs.size).toBe(1);
  });

  it('lose and get back the write permission of one broker', () => {
    const routes = manager();
    routes.registerBroker(
      registration({ topicConfigs: [topicConfig('TopicA'), topicConfig('ReadOnly', { perm: 4 })] }),
      NOW,
    );
    routes.registerBroker(registration({ brokerName: 'broker-b', brokerAddr: 'b:10911' }), NOW);
    expect(routes.wipeWritePermOfBroker('broker-a')).toBe(2);
    expect(queuesOf(routes, 'TopicA')).toMatchObject({ 'broker-a': { perm: 4 }, 'broker-b': { perm: 6 } });
    expect(routes.addWritePermOfBroker('broker-a')).toBe(2);
    expect(queuesOf(routes, 'TopicA')).toMatchObject({ 'broker-a': { perm: 6 } });
    expect(queuesOf(routes, 'ReadOnly')).toMatchObject({ 'broker-a': { perm: 6 } });
    expect(routes.wipeWritePermOfBroker('unknown')).toBe(0);
  });

  it('of a topic go for all brokers, or for those of one cluster', () => {
    const routes = manager();
    routes.registerBroker(registration(), NOW);
    routes.registerBroker(
      registration({ clusterName: 'Other', brokerName: 'broker-b', brokerAddr: 'b:10911' }),
      NOW,
    );
    routes.deleteTopic('TopicA', 'Other');
    expect(Object.keys(queuesOf(routes, 'TopicA') ?? {})).toEqual(['broker-a']);
    routes.deleteTopic('TopicA', 'NoSuchCluster');
    expect(queuesOf(routes, 'TopicA')).not.toBeNull();
    routes.deleteTopic('TopicA', 'DefaultCluster');
    expect(routes.allTopics().topicList).toEqual(['TopicB']);
    routes.deleteTopic('TopicB', null);
    expect(routes.allTopics().topicList).toEqual([]);
  });

  it('can be added to registered brokers, to all that are named or to none', () => {
    const routes = manager();
    routes.registerBroker(registration(), NOW);
    const queueData = {
      brokerName: 'broker-a',
      readQueueNums: 2,
      writeQueueNums: 2,
      perm: 6,
      topicSysFlag: 0,
    };
    expect(routes.registerTopic('New', [queueData])).toBeNull();
    expect(queuesOf(routes, 'New')).toEqual({ 'broker-a': queueData });
    expect(routes.registerTopic('Newer', [queueData, { ...queueData, brokerName: 'stranger' }])).toBe(
      'stranger',
    );
    expect(queuesOf(routes, 'Newer')).toBeNull();
  });

  it('for one zone leave out other zones, except groups without a master', () => {
    const routes = manager();
    routes.registerBroker(registration({ zoneName: 'east', filterServers: ['e:1'] }), NOW);
    routes.registerBroker(
      registration({
        brokerName: 'broker-b',
        brokerAddr: 'b:10911',
        zoneName: 'WEST',
        filterServers: ['w:1'],
      }),
      NOW,
    );
    routes.registerBroker(slave({ brokerName: 'broker-c', brokerAddr: 'c:10911', zoneName: 'west' }), NOW);
    const route = routes.pickupTopicRouteData('TopicA');
    const near = route === null ? null : filterByZone(route, 'East');
    expect(near?.brokerDatas.map(({ brokerName }) => brokerName)).toEqual(['broker-a', 'broker-c']);
    expect(near?.queueDatas.map(({ brokerName }) => brokerName)).toEqual(['broker-a', 'broker-c']);
    expect([...(near?.filterServerTable.keys() ?? [])]).toEqual(['10.0.0.1:10911']);
  });
});

describe('topic lists', () => {
  const routes = manager();
  routes.registerBroker(
    registration({
      topicConfigs: [
        topicConfig('Plain'),
        topicConfig('Unit', { topicSysFlag: 1 }),
        topicConfig('UnitSub', { topicSysFlag: 2 }),
        topicConfig('Both', { topicSysFlag: 3 }),
      ],
    }),
    NOW,
  );
  routes.registerBroker(
    registration({
      clusterName: 'Other',
      brokerName: 'broker-b',
      brokerAddr: 'b:10911',
      topicConfigs: [topicConfig('Plain'), topicConfig('Elsewhere')],
    }),
    NOW,
  );

  it('are sorted and complete', () => {
    expect(routes.allTopics().topicList).toEqual(['Both', 'Elsewhere', 'Plain', 'Unit', 'UnitSub']);
    expect(routes.topicsByCluster('Other').topicList).toEqual(['Elsewhere', 'Plain']);
    expect(routes.topicsByCluster('None').topicList).toEqual([]);
    expect(routes.unitTopics().topicList).toEqual(['Both', 'Unit']);
    expect(routes.unitSubTopics().topicList).toEqual(['Both', 'UnitSub']);
    expect(routes.unitSubTopicsOutsideUnits().topicList).toEqual(['UnitSub']);
    expect(routes.systemTopics()).toEqual({
      topicList: ['DefaultCluster', 'Other', 'broker-a', 'broker-b'],
      brokerAddr: '10.0.0.1:10911',
    });
  });
});

import { describe, expect, it } from 'vitest';
import { BROKER_CHANNEL_EXPIRED_MILLIS } from '../../src/routeinfo/register-broker.ts';
import { manager, NOW, queuesOf, registration, slave } from './registrations.ts';

describe('liveness', () => {
  it('ends with the timeout, not before, and takes routes along', () => {
    const routes = manager();
    routes.registerBroker(registration(), NOW);
    expect(routes.scanNotActiveBroker(NOW + BROKER_CHANNEL_EXPIRED_MILLIS).lost).toEqual([]);
    expect(routes.pickupTopicRouteData('TopicA')).not.toBeNull();
    const { lost } = routes.scanNotActiveBroker(NOW + BROKER_CHANNEL_EXPIRED_MILLIS + 1);
    expect(lost).toMatchObject([{ brokerAddr: '10.0.0.1:10911', connectionId: 1 }]);
    expect(routes.pickupTopicRouteData('TopicA')).toBeNull();
    expect(routes.allTopics().topicList).toEqual([]);
    expect(routes.clusterAddrTable.size + routes.brokerAddrTable.size).toBe(0);
    expect(routes.scanNotActiveBroker(NOW + 10 * BROKER_CHANNEL_EXPIRED_MILLIS).lost).toEqual([]);
  });

  it('follows the timeout that the broker names, and signs of life', () => {
    const routes = manager();
    routes.registerBroker(registration({ heartbeatTimeoutMillis: 1_000 }), NOW);
    routes.updateBrokerInfoUpdateTimestamp('DefaultCluster', '10.0.0.1:10911', NOW + 900);
    routes.updateBrokerInfoUpdateTimestamp('OtherCluster', '10.0.0.1:10911', NOW + 5_000);
    expect(routes.scanNotActiveBroker(NOW + 1_900).lost).toHaveLength(0);
    expect(routes.scanNotActiveBroker(NOW + 1_901).lost).toHaveLength(1);
  });

  it('ends with the connection, for every broker that registered last on it', () => {
    const routes = manager();
    routes.registerBroker(registration(), NOW);
    routes.registerBroker(registration({ brokerName: 'broker-b', brokerAddr: '10.0.0.3:10911' }), NOW);
    routes.registerBroker(
      registration({ brokerName: 'broker-c', brokerAddr: '10.0.0.4:10911', connectionId: 3 }),
      NOW,
    );
    routes.connectionClosed(2);
    expect(routes.brokerAddrTable.size).toBe(3);
    routes.connectionClosed(1);
    expect([...routes.brokerAddrTable.keys()]).toEqual(['broker-c']);
  });

  it('survives the old connection of a broker that has registered on a new one', () => {
    const routes = manager();
    routes.registerBroker(registration({ connectionId: 1 }), NOW);
    routes.registerBroker(registration({ connectionId: 2 }), NOW);
    routes.connectionClosed(1);
    expect(routes.pickupTopicRouteData('TopicA')).not.toBeNull();
  });
});

describe('unregistering', () => {
  const master = {
    clusterName: 'DefaultCluster',
    brokerAddr: '10.0.0.1:10911',
    brokerName: 'broker-a',
    brokerId: 0,
  };

  it('of the master leaves the slave and the routes', () => {
    const routes = manager();
    routes.registerBroker(registration(), NOW);
    routes.registerBroker(slave(), NOW);
    routes.unregisterBrokers([master]);
    expect(routes.brokerMemberGroup('broker-a')).toEqual(new Map([[1, '10.0.0.2:10911']]));
    expect(queuesOf(routes, 'TopicA')).toMatchObject({ 'broker-a': { perm: 6 } });
  });

  it('of the master makes a group with an acting master read-only and tells the others', () => {
    const routes = manager({ notifyMinBrokerIdChanged: true, supportActingMaster: true });
    routes.registerBroker(registration({ enableActingMaster: true }), NOW);
    routes.registerBroker(slave({ enableActingMaster: true }), NOW);
    expect(routes.unregisterBrokers([master])).toEqual([
      {
        brokerName: 'broker-a',
        minBrokerId: 1,
        minBrokerAddr: '10.0.0.2:10911',
        offlineBrokerAddr: '10.0.0.1:10911',
        haBrokerAddr: null,
        notifyAddrs: ['10.0.0.2:10911'],
      },
    ]);
    expect(queuesOf(routes, 'TopicA')).toMatchObject({ 'broker-a': { perm: 4 } });
    expect(routes.pickupTopicRouteData('TopicA')?.brokerDatas[0]?.brokerAddrs).toEqual(
      new Map([[0, '10.0.0.2:10911']]),
    );
  });

  it('takes many brokers at once and leaves the topics of the others', () => {
    const routes = manager();
    for (const name of ['a', 'b', 'c']) {
      routes.registerBroker(
        registration({
          brokerName: `broker-${name}`,
          brokerAddr: `${name}:10911`,
          clusterName: name === 'c' ? 'Other' : 'DefaultCluster',
        }),
        NOW,
      );
    }
    routes.unregisterBrokers(
      ['a', 'b'].map((name) => ({
        clusterName: 'DefaultCluster',
        brokerAddr: `${name}:10911`,
        brokerName: `broker-${name}`,
        brokerId: 0,
      })),
    );
    expect([...routes.clusterAddrTable.keys()]).toEqual(['Other']);
    expect(Object.keys(queuesOf(routes, 'TopicA') ?? {})).toEqual(['broker-c']);
  });

  it('of a stranger changes nothing', () => {
    const routes = manager();
    routes.registerBroker(registration(), NOW);
    routes.unregisterBrokers([
      { ...master, brokerName: 'broker-z' },
      { ...master, brokerAddr: '10.0.0.9:10911' },
    ]);
    expect(routes.brokerMemberGroup('broker-a').size).toBe(1);
    expect(routes.pickupTopicRouteData('TopicA')).not.toBeNull();
    expect(routes.queryBrokerTopicConfig('DefaultCluster', '10.0.0.1:10911')).not.toBeNull();
  });

  it('leaves nothing of a broker that changed its name, its cluster or lost its id to another', () => {
    const routes = manager();
    const mapping = {
      bname: 'broker-b',
      currIdMap: new Map(),
      dirty: false,
      epoch: 1,
      scope: '__global__',
      topic: 'Static',
      totalQueues: 1,
    };
    routes.registerBroker(registration(), NOW);
    routes.registerBroker(registration({ brokerName: 'broker-b', topicQueueMappingInfos: [mapping] }), NOW);
    routes.registerBroker(registration({ clusterName: 'Other' }), NOW);
    routes.registerBroker(
      registration({ clusterName: 'Other', brokerAddr: '10.0.0.7:10911', connectionId: 7 }),
      NOW,
    );
    routes.connectionClosed(7);
    routes.connectionClosed(1);
    expect(routes.isEmpty).toBe(true);
  });
});

import { describe, expect, it } from 'vitest';
import { manager, NOW, queuesOf, registration, slave, topicConfig } from './registrations.ts';

describe('a registration', () => {
  it('makes the broker, its cluster and its topics known', () => {
    const routes = manager();
    expect(routes.registerBroker(registration(), NOW)).toEqual({
      kind: 'registered',
      masterAddr: null,
      haServerAddr: null,
      notify: null,
    });
    expect(routes.pickupTopicRouteData('TopicA')).toMatchObject({
      brokerDatas: [
        {
          cluster: 'DefaultCluster',
          brokerName: 'broker-a',
          brokerAddrs: new Map([[0, '10.0.0.1:10911']]),
          enableActingMaster: false,
        },
      ],
      queueDatas: [{ brokerName: 'broker-a', readQueueNums: 8, writeQueueNums: 8, perm: 6, topicSysFlag: 0 }],
    });
    expect(routes.clusterAddrTable).toEqual(new Map([['DefaultCluster', new Set(['broker-a'])]]));
  });

  it('is refused when it brings a single topic before the full table, and leaves no trace', () => {
    const routes = manager();
    const single = registration({ topicConfigs: [topicConfig('TopicA')] });
    expect(routes.registerBroker(single, NOW)).toEqual({ kind: 'refused' });
    expect(
      routes.brokerAddrTable.size + routes.clusterAddrTable.size + routes.allTopics().topicList.length,
    ).toBe(0);
    routes.registerBroker(registration(), NOW);
    const later = registration({
      topicConfigs: [topicConfig('TopicC')],
      dataVersion: { stateVersion: 0, timestamp: NOW, counter: 2 },
    });
    expect(routes.registerBroker(later, NOW)).toMatchObject({ kind: 'registered' });
    expect(routes.allTopics().topicList).toEqual(['TopicA', 'TopicB', 'TopicC']);
  });

  it('with no topics at all is accepted', () => {
    const routes = manager();
    expect(routes.registerBroker(registration({ topicConfigs: [] }), NOW)).toMatchObject({
      kind: 'registered',
    });
    expect(routes.brokerAddrTable.size).toBe(1);
  });

  it('with an unchanged DataVersion changes no known topic but adds a missing one', () => {
    const routes = manager();
    routes.registerBroker(registration(), NOW);
    routes.registerBroker(
      registration({
        topicConfigs: [
          topicConfig('TopicA', { readQueueNums: 99 }),
          topicConfig('TopicB'),
          topicConfig('TopicC'),
        ],
      }),
      NOW,
    );
    expect(queuesOf(routes, 'TopicA')).toMatchObject({ 'broker-a': { readQueueNums: 8 } });
    expect(queuesOf(routes, 'TopicC')).not.toBeNull();
  });

  it.each([
    ['counter', { stateVersion: 0, timestamp: NOW, counter: 2 }],
    ['timestamp', { stateVersion: 0, timestamp: NOW + 1, counter: 1 }],
    ['stateVersion', { stateVersion: 1, timestamp: NOW, counter: 1 }],
  ])('with another %s takes the new table', (_part, dataVersion) => {
    const routes = manager();
    routes.registerBroker(registration(), NOW);
    expect(routes.isBrokerTopicConfigChanged('DefaultCluster', '10.0.0.1:10911', dataVersion)).toBe(true);
    routes.registerBroker(
      registration({
        dataVersion,
        topicConfigs: [topicConfig('TopicA', { perm: 4 }), topicConfig('TopicB')],
      }),
      NOW,
    );
    expect(queuesOf(routes, 'TopicA')).toMatchObject({ 'broker-a': { perm: 4 } });
    expect(routes.isBrokerTopicConfigChanged('DefaultCluster', '10.0.0.1:10911', dataVersion)).toBe(false);
    expect(routes.queryBrokerTopicConfig('DefaultCluster', '10.0.0.1:10911')).toEqual(dataVersion);
  });

  it('keeps topics that are missing, unless deleteTopicWithBrokerRegistration', () => {
    for (const deleteTopicWithBrokerRegistration of [false, true]) {
      const routes = manager({ deleteTopicWithBrokerRegistration });
      routes.registerBroker(registration(), NOW);
      routes.registerBroker(registration({ brokerName: 'broker-b', brokerAddr: '10.0.0.3:10911' }), NOW);
      routes.registerBroker(
        registration({
          topicConfigs: [topicConfig('TopicB')],
          dataVersion: { stateVersion: 0, timestamp: NOW, counter: 2 },
        }),
        NOW,
      );
      expect(Object.keys(queuesOf(routes, 'TopicA') ?? {})).toEqual(
        deleteTopicWithBrokerRegistration ? ['broker-b'] : ['broker-a', 'broker-b'],
      );
    }
  });

  it('moves an address that comes back with another broker id', () => {
    const routes = manager();
    routes.registerBroker(registration(), NOW);
    routes.registerBroker(slave(), NOW);
    routes.registerBroker(slave({ brokerId: 2 }), NOW);
    expect(routes.brokerMemberGroup('broker-a')).toEqual(
      new Map([
        [0, '10.0.0.1:10911'],
        [2, '10.0.0.2:10911'],
      ]),
    );
    routes.registerBroker(slave({ brokerId: 0 }), NOW);
    expect(routes.brokerMemberGroup('broker-a')).toEqual(new Map([[0, '10.0.0.2:10911']]));
  });

  it('is ignored when another address holds the id with a newer stateVersion, and replaces an older or equal one', () => {
    const routes = manager();
    routes.registerBroker(
      registration({ dataVersion: { stateVersion: 5, timestamp: NOW, counter: 1 } }),
      NOW,
    );
    const pretender = registration({
      brokerAddr: '10.0.0.9:10911',
      connectionId: 9,
      topicConfigs: [topicConfig('Stray'), topicConfig('Stray2')],
    });
    expect(
      routes.registerBroker(
        { ...pretender, dataVersion: { stateVersion: 4, timestamp: NOW, counter: 1 } },
        NOW,
      ),
    ).toEqual({
      kind: 'superseded',
      holderAddr: '10.0.0.1:10911',
    });
    expect(routes.pickupTopicRouteData('Stray')).toBeNull();
    expect(routes.brokerMemberGroup('broker-a').get(0)).toBe('10.0.0.1:10911');
    expect(
      routes.registerBroker(
        { ...pretender, dataVersion: { stateVersion: 5, timestamp: NOW, counter: 1 } },
        NOW,
      ),
    ).toMatchObject({ kind: 'registered' });
    expect(routes.brokerMemberGroup('broker-a').get(0)).toBe('10.0.0.9:10911');
  });

  it('tells a slave its master once that is there', () => {
    const routes = manager();
    expect(routes.registerBroker(slave(), NOW)).toMatchObject({ masterAddr: null, haServerAddr: null });
    routes.registerBroker(registration(), NOW);
    expect(routes.registerBroker(slave(), NOW)).toMatchObject({
      masterAddr: '10.0.0.1:10911',
      haServerAddr: '10.0.0.1:10912',
    });
    expect(routes.registerBroker(registration(), NOW)).toMatchObject({
      masterAddr: null,
      haServerAddr: null,
    });
  });

  it('of a slave changes no routes while there is a master', () => {
    const routes = manager();
    routes.registerBroker(registration(), NOW);
    routes.registerBroker(
      slave({ topicConfigs: [topicConfig('OfTheSlave'), topicConfig('TopicA', { perm: 0 })] }),
      NOW,
    );
    expect(routes.allTopics().topicList).toEqual(['TopicA', 'TopicB']);
    expect(queuesOf(routes, 'TopicA')).toMatchObject({ 'broker-a': { perm: 6 } });
  });

  it('of the smallest slave without a master brings routes, read-only when it acts for the master', () => {
    for (const [enableActingMaster, perm] of [
      [true, 4],
      [false, 6],
    ] as const) {
      const routes = manager({ supportActingMaster: true });
      routes.registerBroker(slave({ enableActingMaster }), NOW);
      expect(queuesOf(routes, 'TopicA')).toMatchObject({ 'broker-a': { perm } });
      const addrs = routes.pickupTopicRouteData('TopicA')?.brokerDatas[0]?.brokerAddrs;
      expect(addrs).toEqual(new Map([[enableActingMaster ? 0 : 1, '10.0.0.2:10911']]));
    }
    const old = manager();
    old.registerBroker(slave({ enableActingMaster: null }), NOW);
    expect(old.pickupTopicRouteData('TopicA')).toBeNull();
  });

  it('says whom to tell of a smaller broker id', () => {
    const routes = manager({ notifyMinBrokerIdChanged: true });
    routes.registerBroker(slave({ brokerId: 2, enableActingMaster: true }), NOW);
    expect(routes.registerBroker(registration({ brokerId: 1, enableActingMaster: true }), NOW)).toMatchObject(
      {
        notify: {
          brokerName: 'broker-a',
          minBrokerId: 1,
          minBrokerAddr: '10.0.0.1:10911',
          offlineBrokerAddr: null,
          haBrokerAddr: '10.0.0.1:10912',
          notifyAddrs: ['10.0.0.2:10911'],
        },
      },
    );
    const silent = manager();
    silent.registerBroker(slave({ brokerId: 2 }), NOW);
    expect(silent.registerBroker(registration({ brokerId: 1 }), NOW)).toMatchObject({ notify: null });
  });

  it('keeps filter servers until an empty list comes', () => {
    const routes = manager();
    routes.registerBroker(registration({ filterServers: ['10.0.0.1:30000'] }), NOW);
    routes.registerBroker(registration({ filterServers: null }), NOW);
    expect(routes.pickupTopicRouteData('TopicA')?.filterServerTable).toEqual(
      new Map([['10.0.0.1:10911', ['10.0.0.1:30000']]]),
    );
    routes.registerBroker(registration({ filterServers: [] }), NOW);
    expect(routes.pickupTopicRouteData('TopicA')?.filterServerTable.size).toBe(0);
  });
});

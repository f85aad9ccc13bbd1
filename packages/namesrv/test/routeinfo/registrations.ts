import type { QueueData, TopicConfig } from '@centaurmq/protocol';
import { namesrvConfigDefaults } from '../../src/config/namesrv-config.ts';
import type { NamesrvConfig } from '../../src/config/namesrv-config.ts';
import type { BrokerRegistration } from '../../src/routeinfo/register-broker.ts';
import { RouteInfoManager } from '../../src/routeinfo/route-info-manager.ts';

export const NOW = 1_700_000_000_000;

export function manager(config: Partial<NamesrvConfig> = {}): RouteInfoManager {
  return new RouteInfoManager({ ...namesrvConfigDefaults, ...config });
}

export function topicConfig(topicName: string, more: Partial<TopicConfig> = {}): TopicConfig {
  return {
    topicName,
    readQueueNums: 8,
    writeQueueNums: 8,
    perm: 6,
    topicFilterType: 'SINGLE_TAG',
    topicSysFlag: 0,
    order: false,
    attributes: new Map(),
    ...more,
  };
}

export function registration(more: Partial<BrokerRegistration> = {}): BrokerRegistration {
  return {
    clusterName: 'DefaultCluster',
    brokerAddr: '10.0.0.1:10911',
    brokerName: 'broker-a',
    brokerId: 0,
    haServerAddr: '10.0.0.1:10912',
    zoneName: null,
    heartbeatTimeoutMillis: null,
    enableActingMaster: false,
    dataVersion: { stateVersion: 0, timestamp: NOW, counter: 1 },
    topicConfigs: [topicConfig('TopicA'), topicConfig('TopicB')],
    topicQueueMappingInfos: [],
    filterServers: [],
    connectionId: 1,
    ...more,
  };
}

export function slave(more: Partial<BrokerRegistration> = {}): BrokerRegistration {
  return registration({
    brokerAddr: '10.0.0.2:10911',
    haServerAddr: '10.0.0.2:10912',
    brokerId: 1,
    connectionId: 2,
    ...more,
  });
}

/** broker name → its queues of the topic; null without a route */
export function queuesOf(routes: RouteInfoManager, topic: string): Record<string, QueueData> | null {
  const route = routes.pickupTopicRouteData(topic);
  return route === null
    ? null
    : Object.fromEntries(route.queueDatas.map((queueData) => [queueData.brokerName, queueData]));
}

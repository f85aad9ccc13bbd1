import {
  GetRouteInfoRequestHeader,
  RequestCode,
  ResponseCode,
  responseTo,
  TopicRouteData,
} from '@centaurmq/protocol';
import type { ExtFields } from '@centaurmq/protocol';
import type { Clock, RemotingServer } from '@centaurmq/remoting';
import type { NamesrvConfig } from '../config/namesrv-config.ts';
import type { KVConfigManager } from '../kvconfig/kv-config-manager.ts';
import { NAMESPACE_ORDER_TOPIC_CONFIG } from '../kvconfig/kv-config-manager.ts';
import type { TopicRoute } from '../routeinfo/pickup-topic-route.ts';
import { filterByZone } from '../routeinfo/pickup-topic-route.ts';
import type { RouteInfoManager } from '../routeinfo/route-info-manager.ts';

export interface ClientRequestCollaborators {
  readonly routes: RouteInfoManager;
  readonly kvConfig: KVConfigManager;
  readonly config: Readonly<NamesrvConfig>;
  readonly clock: Clock;
}

/** The end of Apache's remark, which its clients print. */
const FURTHER_DETAILS = '\nSee https://rocketmq.apache.org/docs/bestPractice/06FAQ for further details.';

/** GET_ROUTEINFO_BY_TOPIC. Always strict JSON: every known client reads it. Apache RocketMQ: ClientRequestProcessor. */
export function registerClientRequestProcessor(
  server: RemotingServer,
  collaborators: ClientRequestCollaborators,
): void {
  const { routes, kvConfig, config, clock } = collaborators;
  const startMillis = clock.monotonicMillis();

  server.register(RequestCode.GET_ROUTEINFO_BY_TOPIC, (request) => {
    const { topic } = GetRouteInfoRequestHeader.decode(request.extFields);
    const upMillis = clock.monotonicMillis() - startMillis;
    if (config.needWaitForService && upMillis < config.waitSecondsForService * 1000) {
      return responseTo(request, ResponseCode.SYSTEM_ERROR, { remark: 'name server not ready' });
    }
    const route = routes.pickupTopicRouteData(topic);
    if (route === null) {
      const remark = `No topic route info in name server for the topic: ${topic}${FURTHER_DETAILS}`;
      return responseTo(request, ResponseCode.TOPIC_NOT_EXIST, { remark });
    }
    const order = config.orderMessageEnable
      ? kvConfig.getKVConfig(NAMESPACE_ORDER_TOPIC_CONFIG, topic)
      : null;
    const answer = { ...nearRoute(route, request.extFields), orderTopicConf: order ?? undefined };
    return responseTo(request, ResponseCode.SUCCESS, { body: TopicRouteData.encode(answer) });
  });
}

function nearRoute(route: TopicRoute, extFields: ExtFields): TopicRoute {
  const zoneName = extFields['__ZONE_NAME']?.trim() ?? '';
  const zoneMode = extFields['__ZONE_MODE']?.toLowerCase() === 'true';
  return zoneMode && zoneName !== '' ? filterByZone(route, zoneName) : route;
}

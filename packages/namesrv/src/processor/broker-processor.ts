import {
  BrokerHeartbeatRequestHeader,
  ClusterInfo,
  crc32,
  DataVersion,
  decodeCompressedRegisterBrokerBody,
  GetBrokerMemberGroupRequestHeader,
  GetBrokerMemberGroupResponseBody,
  KVTable,
  MqVersion,
  QueryDataVersionRequestHeader,
  QueryDataVersionResponseHeader,
  RegisterBrokerBody,
  RegisterBrokerRequestHeader,
  RegisterBrokerResponseHeader,
  RequestCode,
  ResponseCode,
  responseTo,
  TopicConfigAndMappingSerializeWrapper,
  UnRegisterBrokerRequestHeader,
} from '@centaurmq/protocol';
import type { RemotingCommand } from '@centaurmq/protocol';
import type { Clock, Logger, RemotingServer, RequestContext } from '@centaurmq/remoting';
import { addressToString } from '@centaurmq/remoting';
import type { NamesrvConfig } from '../config/namesrv-config.ts';
import type { KVConfigManager } from '../kvconfig/kv-config-manager.ts';
import { NAMESPACE_ORDER_TOPIC_CONFIG } from '../kvconfig/kv-config-manager.ts';
import type { MinBrokerIdChange } from '../routeinfo/min-broker-id-change.ts';
import type { BrokerRegistration } from '../routeinfo/register-broker.ts';
import type { RouteInfoManager } from '../routeinfo/route-info-manager.ts';

export interface BrokerCollaborators {
  readonly routes: RouteInfoManager;
  readonly kvConfig: KVConfigManager;
  readonly config: Readonly<NamesrvConfig>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Tells brokers that the smallest id of their group changed. */
  readonly notify: (changes: readonly MinBrokerIdChange[]) => void;
}

/** What brokers send, and who they are: registration, heartbeat, groups, clusters. */
export function registerBrokerProcessor(server: RemotingServer, collaborators: BrokerCollaborators): void {
  const { routes, clock, notify } = collaborators;

  server.register(RequestCode.REGISTER_BROKER, (request, context) =>
    registerBroker(request, context, collaborators),
  );

  server.register(RequestCode.UNREGISTER_BROKER, (request) => {
    notify(routes.unregisterBrokers([UnRegisterBrokerRequestHeader.decode(request.extFields)]));
    return responseTo(request, ResponseCode.SUCCESS);
  });

  server.register(RequestCode.BROKER_HEARTBEAT, (request) => {
    const { clusterName, brokerAddr } = BrokerHeartbeatRequestHeader.decode(request.extFields);
    routes.updateBrokerInfoUpdateTimestamp(clusterName, brokerAddr, clock.now());
    return responseTo(request, ResponseCode.SUCCESS);
  });

  server.register(RequestCode.QUERY_DATA_VERSION, (request) => {
    const { clusterName, brokerAddr } = QueryDataVersionRequestHeader.decode(request.extFields);
    const changed = routes.isBrokerTopicConfigChanged(
      clusterName,
      brokerAddr,
      DataVersion.decode(request.body),
    );
    routes.updateBrokerInfoUpdateTimestamp(clusterName, brokerAddr, clock.now());
    const known = routes.queryBrokerTopicConfig(clusterName, brokerAddr);
    return responseTo(request, ResponseCode.SUCCESS, {
      extFields: QueryDataVersionResponseHeader.encode({ changed }),
      ...(known === null ? {} : { body: DataVersion.encode(known) }),
    });
  });

  server.register(RequestCode.GET_BROKER_MEMBER_GROUP, (request) => {
    const { clusterName, brokerName } = GetBrokerMemberGroupRequestHeader.decode(request.extFields);
    const brokerAddrs = routes.brokerMemberGroup(brokerName);
    const body = { brokerMemberGroup: { cluster: clusterName, brokerName, brokerAddrs } };
    return responseTo(request, ResponseCode.SUCCESS, { body: GetBrokerMemberGroupResponseBody.encode(body) });
  });

  server.register(RequestCode.GET_BROKER_CLUSTER_INFO, (request) => {
    const { brokerAddrTable } = routes;
    const clusterAddrTable = new Map(
      [...routes.clusterAddrTable].map(([cluster, names]) => [cluster, [...names].toSorted()]),
    );
    const body = ClusterInfo.encode({ brokerAddrTable, clusterAddrTable });
    return responseTo(request, ResponseCode.SUCCESS, { body });
  });
}

function registerBroker(
  request: RemotingCommand,
  context: RequestContext,
  collaborators: BrokerCollaborators,
): RemotingCommand {
  const { routes, kvConfig, config, clock, logger, notify } = collaborators;
  const remote = addressToString(context.connection.remote);
  const header = RegisterBrokerRequestHeader.decode(request.extFields, remote);
  const { bodyCrc32 } = header;
  if (bodyCrc32 !== 0 && bodyCrc32 !== crc32(request.body)) {
    logger.warn(
      { remote, found: crc32(request.body), expected: bodyCrc32 },
      'registration with another CRC than announced',
    );
    return responseTo(request, ResponseCode.SYSTEM_ERROR, { remark: 'crc32 not match' });
  }
  const registration: BrokerRegistration = {
    ...header,
    ...readRegisterBody(request, header.compressed),
    heartbeatTimeoutMillis: header.heartbeatTimeoutMillis ?? null,
    enableActingMaster: header.enableActingMaster ?? null,
    zoneName: request.extFields['__ZONE_NAME'] ?? null,
    connectionId: context.connection.id,
  };
  const isNew = routes.queryBrokerTopicConfig(header.clusterName, header.brokerAddr) === null;
  const outcome = routes.registerBroker(registration, clock.now());
  const { brokerName, brokerAddr, brokerId, clusterName } = registration;
  if (outcome.kind === 'refused') {
    logger.warn(
      { remote, brokerName, brokerAddr, brokerId },
      'registration refused: a single topic before the full table',
    );
    return responseTo(request, ResponseCode.SYSTEM_ERROR, { remark: 'register broker failed' });
  }
  if (outcome.kind === 'superseded') {
    logger.warn(
      { remote, brokerName, brokerAddr, brokerId, holderAddr: outcome.holderAddr },
      'registration ignored: the id is held with a newer stateVersion',
    );
    return responseTo(request, ResponseCode.SUCCESS, orderTopics(kvConfig, config));
  }
  if (isNew) logger.info({ clusterName, brokerName, brokerAddr, brokerId }, 'broker registered');
  if (outcome.notify !== null) notify([outcome.notify]);
  const extFields = RegisterBrokerResponseHeader.encode({
    haServerAddr: outcome.haServerAddr ?? undefined,
    masterAddr: outcome.masterAddr ?? undefined,
  });
  return responseTo(request, ResponseCode.SUCCESS, { extFields, ...orderTopics(kvConfig, config) });
}

function orderTopics(kvConfig: KVConfigManager, config: Readonly<NamesrvConfig>): { body?: Uint8Array } {
  const table = config.returnOrderTopicConfigToBroker
    ? kvConfig.getKVListByNamespace(NAMESPACE_ORDER_TOPIC_CONFIG)
    : null;
  return table === null ? {} : { body: KVTable.encode({ table }) };
}

type RegisterBody = Pick<
  BrokerRegistration,
  'dataVersion' | 'topicConfigs' | 'topicQueueMappingInfos' | 'filterServers'
>;

/** A registration without a body is an empty table; brokers before 3.0.11 send the topic table alone. */
function readRegisterBody(request: RemotingCommand, compressed: boolean): RegisterBody {
  if (request.body.length === 0) {
    const dataVersion = { stateVersion: 0, timestamp: 0, counter: 0 };
    return { dataVersion, topicConfigs: [], topicQueueMappingInfos: [], filterServers: [] };
  }
  if (request.version < MqVersion.V3_0_11) {
    return {
      ...readWrapper(TopicConfigAndMappingSerializeWrapper.decode(request.body)),
      filterServers: null,
    };
  }
  const body = compressed
    ? decodeCompressedRegisterBrokerBody(request.body, request.version)
    : RegisterBrokerBody.decode(request.body);
  return { ...readWrapper(body.topicConfigSerializeWrapper), filterServers: body.filterServerList };
}

function readWrapper(wrapper: TopicConfigAndMappingSerializeWrapper): Omit<RegisterBody, 'filterServers'> {
  return {
    dataVersion: wrapper.dataVersion,
    topicConfigs: [...wrapper.topicConfigTable.values()],
    topicQueueMappingInfos: [...wrapper.topicQueueMappingInfoMap.values()],
  };
}

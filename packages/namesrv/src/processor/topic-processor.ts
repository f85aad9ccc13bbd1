import {
  AddWritePermOfBrokerRequestHeader,
  AddWritePermOfBrokerResponseHeader,
  DeleteTopicFromNamesrvRequestHeader,
  GetTopicsByClusterRequestHeader,
  RegisterTopicRequestHeader,
  RequestCode,
  ResponseCode,
  responseTo,
  TopicList,
  TopicRouteData,
  WipeWritePermOfBrokerRequestHeader,
  WipeWritePermOfBrokerResponseHeader,
} from '@centaurmq/protocol';
import type { RemotingCommand } from '@centaurmq/protocol';
import type { Logger, RemotingServer } from '@centaurmq/remoting';
import type { NamesrvConfig } from '../config/namesrv-config.ts';
import type { RouteInfoManager } from '../routeinfo/route-info-manager.ts';

export interface TopicCollaborators {
  readonly routes: RouteInfoManager;
  readonly config: Readonly<NamesrvConfig>;
  readonly logger: Logger;
}

/** Topic lists, and changes of routes by tools rather than by brokers. */
export function registerTopicProcessor(server: RemotingServer, collaborators: TopicCollaborators): void {
  registerTopicLists(server, collaborators);
  registerRouteChanges(server, collaborators);
}

function registerTopicLists(server: RemotingServer, { routes, config }: TopicCollaborators): void {
  server.register(RequestCode.GET_ALL_TOPIC_LIST_FROM_NAMESERVER, (request) =>
    config.enableAllTopicList ? topicList(request, routes.allTopics()) : disabled(request),
  );
  server.register(RequestCode.GET_SYSTEM_TOPIC_LIST_FROM_NS, (request) =>
    topicList(request, routes.systemTopics()),
  );
  server.register(RequestCode.GET_TOPICS_BY_CLUSTER, (request) => {
    if (!config.enableTopicList) return disabled(request);
    const { cluster } = GetTopicsByClusterRequestHeader.decode(request.extFields);
    return topicList(request, routes.topicsByCluster(cluster));
  });
  server.register(RequestCode.GET_UNIT_TOPIC_LIST, (request) =>
    config.enableTopicList ? topicList(request, routes.unitTopics()) : disabled(request),
  );
  server.register(RequestCode.GET_HAS_UNIT_SUB_TOPIC_LIST, (request) =>
    config.enableTopicList ? topicList(request, routes.unitSubTopics()) : disabled(request),
  );
  server.register(RequestCode.GET_HAS_UNIT_SUB_UNUNIT_TOPIC_LIST, (request) =>
    config.enableTopicList ? topicList(request, routes.unitSubTopicsOutsideUnits()) : disabled(request),
  );
}

function registerRouteChanges(server: RemotingServer, { routes, logger }: TopicCollaborators): void {
  server.register(RequestCode.REGISTER_TOPIC_IN_NAMESRV, (request) => {
    const { topic } = RegisterTopicRequestHeader.decode(request.extFields);
    const { queueDatas } = TopicRouteData.decode(request.body);
    const stranger = routes.registerTopic(topic, queueDatas);
    if (stranger !== null)
      logger.warn({ topic, brokerName: stranger }, 'topic not registered: unknown broker');
    return responseTo(request, ResponseCode.SUCCESS);
  });
  server.register(RequestCode.DELETE_TOPIC_IN_NAMESRV, (request) => {
    const { topic, clusterName } = DeleteTopicFromNamesrvRequestHeader.decode(request.extFields);
    routes.deleteTopic(topic, clusterName ?? null);
    return responseTo(request, ResponseCode.SUCCESS);
  });
  server.register(RequestCode.WIPE_WRITE_PERM_OF_BROKER, (request, { connection }) => {
    const { brokerName } = WipeWritePermOfBrokerRequestHeader.decode(request.extFields);
    const wipeTopicCount = routes.wipeWritePermOfBroker(brokerName);
    logger.info({ brokerName, wipeTopicCount, remote: connection.remote }, 'write permission wiped');
    return responseTo(request, ResponseCode.SUCCESS, {
      extFields: WipeWritePermOfBrokerResponseHeader.encode({ wipeTopicCount }),
    });
  });
  server.register(RequestCode.ADD_WRITE_PERM_OF_BROKER, (request, { connection }) => {
    const { brokerName } = AddWritePermOfBrokerRequestHeader.decode(request.extFields);
    const addTopicCount = routes.addWritePermOfBroker(brokerName);
    logger.info({ brokerName, addTopicCount, remote: connection.remote }, 'write permission added');
    return responseTo(request, ResponseCode.SUCCESS, {
      extFields: AddWritePermOfBrokerResponseHeader.encode({ addTopicCount }),
    });
  });
}

function topicList(request: RemotingCommand, topics: TopicList): RemotingCommand {
  return responseTo(request, ResponseCode.SUCCESS, { body: TopicList.encode(topics) });
}

function disabled(request: RemotingCommand): RemotingCommand {
  return responseTo(request, ResponseCode.SYSTEM_ERROR, { remark: 'disable' });
}

import { RequestCode } from '@centaurmq/protocol';
import type { RequestHandler } from '@centaurmq/remoting';
import type { BrokerConfigProcessor } from './broker-config-processor.ts';
import type { BrokerStateProcessor } from './broker-state-processor.ts';
import type { ClientQueryProcessor } from './client-query-processor.ts';
import type { ClientRelayProcessor } from './client-relay-processor.ts';
import type { ConsumeStatsProcessor } from './consume-stats-processor.ts';
import type { OffsetAdminProcessor } from './offset-admin-processor.ts';
import type { StoreAdminProcessor } from './store-admin-processor.ts';
import type { SubscriptionGroupAdminProcessor } from './subscription-group-admin-processor.ts';
import type { TopicAdminProcessor } from './topic-admin-processor.ts';
import type { TopicQueryProcessor } from './topic-query-processor.ts';

export interface AdminProcessors {
  readonly topicAdmin: TopicAdminProcessor;
  readonly topicQuery: TopicQueryProcessor;
  readonly groupAdmin: SubscriptionGroupAdminProcessor;
  readonly clientQuery: ClientQueryProcessor;
  readonly clientRelay: ClientRelayProcessor;
  readonly consumeStats: ConsumeStatsProcessor;
  readonly offsetAdmin: OffsetAdminProcessor;
  readonly brokerConfig: BrokerConfigProcessor;
  readonly brokerState: BrokerStateProcessor;
  readonly storeAdmin: StoreAdminProcessor;
}

/** Who answers which administrative request. Everything that is not listed anywhere is answered with code 3. */
export function adminRequestTable(
  processors: AdminProcessors,
): readonly (readonly [number, RequestHandler])[] {
  const { topicAdmin, topicQuery, groupAdmin, clientQuery, clientRelay } = processors;
  const { consumeStats, offsetAdmin, brokerConfig, brokerState, storeAdmin } = processors;
  return [
    [RequestCode.UPDATE_AND_CREATE_TOPIC, topicAdmin.updateAndCreateTopic],
    [RequestCode.UPDATE_AND_CREATE_TOPIC_LIST, topicAdmin.updateAndCreateTopicList],
    [RequestCode.DELETE_TOPIC_IN_BROKER, topicAdmin.deleteTopic],
    [RequestCode.GET_ALL_TOPIC_CONFIG, topicQuery.getAllTopicConfig],
    [RequestCode.GET_TOPIC_CONFIG, topicQuery.getTopicConfig],
    [RequestCode.GET_TOPIC_STATS_INFO, topicQuery.getTopicStatsInfo],
    [RequestCode.GET_SYSTEM_TOPIC_LIST_FROM_BROKER, topicQuery.getSystemTopicListFromBroker],
    [RequestCode.QUERY_TOPIC_CONSUME_BY_WHO, topicQuery.queryTopicConsumeByWho],
    [RequestCode.UPDATE_AND_CREATE_SUBSCRIPTIONGROUP, groupAdmin.updateAndCreateSubscriptionGroup],
    [RequestCode.UPDATE_AND_CREATE_SUBSCRIPTIONGROUP_LIST, groupAdmin.updateAndCreateSubscriptionGroupList],
    [RequestCode.DELETE_SUBSCRIPTIONGROUP, groupAdmin.deleteSubscriptionGroup],
    [RequestCode.GET_ALL_SUBSCRIPTIONGROUP_CONFIG, groupAdmin.getAllSubscriptionGroupConfig],
    [RequestCode.GET_SUBSCRIPTIONGROUP_CONFIG, groupAdmin.getSubscriptionGroupConfig],
    [RequestCode.UPDATE_AND_GET_GROUP_FORBIDDEN, groupAdmin.updateAndGetGroupForbidden],
    [RequestCode.GET_CONSUMER_CONNECTION_LIST, clientQuery.getConsumerConnectionList],
    [RequestCode.GET_PRODUCER_CONNECTION_LIST, clientQuery.getProducerConnectionList],
    [RequestCode.GET_ALL_PRODUCER_INFO, clientQuery.getAllProducerInfo],
    [RequestCode.QUERY_TOPICS_BY_CONSUMER, clientQuery.queryTopicsByConsumer],
    [RequestCode.QUERY_SUBSCRIPTION_BY_CONSUMER, clientQuery.querySubscriptionByConsumer],
    [RequestCode.GET_CONSUMER_RUNNING_INFO, clientRelay.getConsumerRunningInfo],
    [RequestCode.CONSUME_MESSAGE_DIRECTLY, clientRelay.consumeMessageDirectly],
    [RequestCode.INVOKE_BROKER_TO_GET_CONSUMER_STATUS, clientRelay.getConsumerStatus],
    [RequestCode.GET_CONSUME_STATS, consumeStats.getConsumeStats],
    [RequestCode.GET_BROKER_CONSUME_STATS, consumeStats.getBrokerConsumeStats],
    [RequestCode.QUERY_CONSUME_TIME_SPAN, consumeStats.queryConsumeTimeSpan],
    [RequestCode.INVOKE_BROKER_TO_RESET_OFFSET, offsetAdmin.resetOffset],
    [RequestCode.CLONE_GROUP_OFFSET, offsetAdmin.cloneGroupOffset],
    [RequestCode.QUERY_CORRECTION_OFFSET, offsetAdmin.queryCorrectionOffset],
    [RequestCode.GET_ALL_CONSUMER_OFFSET, offsetAdmin.getAllConsumerOffset],
    [RequestCode.UPDATE_BROKER_CONFIG, brokerConfig.updateBrokerConfig],
    [RequestCode.GET_BROKER_CONFIG, brokerConfig.getBrokerConfig],
    [RequestCode.GET_BROKER_RUNTIME_INFO, brokerState.getBrokerRuntimeInfo],
    [RequestCode.VIEW_BROKER_STATS_DATA, brokerState.viewBrokerStatsData],
    [RequestCode.CLEAN_EXPIRED_CONSUMEQUEUE, storeAdmin.deleteExpired],
    [RequestCode.DELETE_EXPIRED_COMMITLOG, storeAdmin.deleteExpired],
    [RequestCode.CLEAN_UNUSED_TOPIC, storeAdmin.cleanUnusedTopic],
    [RequestCode.GET_ALL_DELAY_OFFSET, storeAdmin.getAllDelayOffset],
    [RequestCode.GET_ALL_MESSAGE_REQUEST_MODE, storeAdmin.getAllMessageRequestMode],
  ];
}

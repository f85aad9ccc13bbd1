import {
  CheckClientRequestBody,
  type ConsumerData,
  ExpressionType,
  GetConsumerListByGroupRequestHeader,
  GetConsumerListByGroupResponseBody,
  HeartbeatData,
  HeartbeatResponseHeader,
  Perm,
  type RemotingCommand,
  ResponseCode,
  TopicRules,
  UnregisterClientRequestHeader,
  responseTo,
} from '@centaurmq/protocol';
import type { RequestContext } from '@centaurmq/remoting';
import { errorResponse, bodyResponse, successResponse } from '../admin/body-response.ts';
import type { SubscriptionGroupManager } from '../subscription/subscription-group-manager.ts';
import type { TopicConfigManager } from '../topic/topic-config-manager.ts';
import type { ClientChannel } from './client-channel.ts';
import type { ConsumerManager } from './consumer-manager.ts';
import type { ProducerManager } from './producer-manager.ts';

const UNIT_SUB_FLAG = 2;
/** One client in more groups than this is a mistake or an attack. */
const GROUPS_PER_CLIENT_MAX = 10_000;

export interface ClientManageProcessorOptions {
  readonly consumers: ConsumerManager;
  readonly producers: ProducerManager;
  readonly topics: Pick<TopicConfigManager, 'isOrderTopic' | 'createTopicInSendMessageBack'>;
  readonly groups: Pick<SubscriptionGroupManager, 'find' | 'findSubscriptionGroupConfig'>;
}

/** Clients come, stay, ask who else is there, and go: 34, 35, 46, 38 (Java: ClientManageProcessor, ConsumerManageProcessor). */
export class ClientManageProcessor {
  readonly #options: ClientManageProcessorOptions;
  /** The fingerprint that a group's last heartbeat V2 carried. */
  readonly #fingerprints = new Map<string, number>();

  constructor(options: ClientManageProcessorOptions) {
    this.#options = options;
    options.consumers.onGroupGone((group) => this.#fingerprints.delete(group));
  }

  /** 34: afterwards the client is in its groups, whose retry topics exist. */
  readonly heartBeat = async (
    request: RemotingCommand,
    { connection }: RequestContext,
  ): Promise<RemotingCommand> => {
    const heartbeat = HeartbeatData.decode(request.body);
    const groupCount = heartbeat.consumerDataSet.length + heartbeat.producerDataSet.length;
    if (groupCount > GROUPS_PER_CLIENT_MAX)
      return errorResponse(
        request,
        ResponseCode.SYSTEM_ERROR,
        `client ${heartbeat.clientID} is in ${groupCount} groups, expected at most ${GROUPS_PER_CLIENT_MAX}`,
      );
    const channel: ClientChannel = {
      connection,
      clientId: heartbeat.clientID,
      language: request.language,
      version: request.version,
    };
    const subscriptionChanged = this.#subscriptionChanged(heartbeat);
    for (const consumer of heartbeat.consumerDataSet) {
      const withoutSub = heartbeat.heartbeatFingerprint !== 0 && heartbeat.withoutSub;
      await this.#registerConsumer(consumer, channel, withoutSub);
      // Only of groups that are there: what becomes of a group is heard when it goes.
      if (this.#options.consumers.getConsumerGroupInfo(consumer.groupName) !== undefined)
        this.#fingerprints.set(consumer.groupName, heartbeat.heartbeatFingerprint);
    }
    // The connection may have closed while a retry topic was written; nobody would ever remove it again.
    if (connection.isOpen)
      for (const { groupName } of heartbeat.producerDataSet)
        this.#options.producers.registerProducer(groupName, channel);
    return responseTo(request, ResponseCode.SUCCESS, {
      extFields: HeartbeatResponseHeader.encode({ supportHeartbeatV2: true, subscriptionChanged }),
    });
  };

  /** 35 */
  readonly unregisterClient = (request: RemotingCommand, { connection }: RequestContext): RemotingCommand => {
    const { consumers, producers, groups } = this.#options;
    const { producerGroup, consumerGroup } = UnregisterClientRequestHeader.decode(request.extFields);
    if (producerGroup !== undefined) producers.unregisterProducer(producerGroup, connection);
    if (consumerGroup !== undefined) {
      const notify = groups.find(consumerGroup)?.notifyConsumerIdsChangedEnable ?? true;
      consumers.unregisterConsumer(consumerGroup, connection, notify);
    }
    return successResponse(request);
  };

  /** 46: may a consumer filter like this? Only by tags, so far. */
  readonly checkClientConfig = (request: RemotingCommand): RemotingCommand => {
    const { expressionType } = CheckClientRequestBody.decode(request.body).subscriptionData;
    if (expressionType === '' || expressionType === ExpressionType.TAG) return successResponse(request);
    return errorResponse(
      request,
      ResponseCode.SYSTEM_ERROR,
      `The broker does not support consumer to filter message by ${expressionType}`,
    );
  };

  /** 38: lists a client right after its heartbeat; nobody is code 1. */
  readonly getConsumerListByGroup = (request: RemotingCommand): RemotingCommand => {
    const { consumerGroup } = GetConsumerListByGroupRequestHeader.decode(request.extFields);
    const consumerIdList = this.#options.consumers.getConsumerGroupInfo(consumerGroup)?.clientIds ?? [];
    if (consumerIdList.length === 0)
      return errorResponse(
        request,
        ResponseCode.SYSTEM_ERROR,
        `no consumer for this group, ${consumerGroup}`,
      );
    return bodyResponse(request, GetConsumerListByGroupResponseBody, { consumerIdList });
  };

  async #registerConsumer(
    consumer: ConsumerData,
    channel: ClientChannel,
    withoutSub: boolean,
  ): Promise<void> {
    const { consumers, topics, groups } = this.#options;
    const { groupName: group, subscriptionDataSet, unitMode } = consumer;
    const config = await groups.findSubscriptionGroupConfig(group);
    if (config === null) return;
    await topics.createTopicInSendMessageBack(TopicRules.retryTopic(group), {
      queueNums: config.retryQueueNums,
      perm: Perm.READ | Perm.WRITE,
      order: subscriptionDataSet.some(({ topic }) => topics.isOrderTopic(topic)),
      topicSysFlag: unitMode ? UNIT_SUB_FLAG : 0,
    });
    if (!channel.connection.isOpen) return;
    consumers.registerConsumer({
      group,
      channel,
      consumeType: consumer.consumeType,
      messageModel: consumer.messageModel,
      consumeFromWhere: consumer.consumeFromWhere,
      subscriptions: withoutSub ? null : subscriptionDataSet,
      notifyConsumerIdsChangedEnable: config.notifyConsumerIdsChangedEnable,
    });
  }

  /** Java says yes to every old heartbeat; for V2 it compares what the group sent last. */
  #subscriptionChanged({ heartbeatFingerprint, consumerDataSet }: HeartbeatData): boolean {
    let changed = heartbeatFingerprint === 0;
    for (const { groupName } of consumerDataSet) {
      const before = this.#fingerprints.get(groupName);
      if (before !== undefined && before !== heartbeatFingerprint) changed = true;
    }
    return changed;
  }
}

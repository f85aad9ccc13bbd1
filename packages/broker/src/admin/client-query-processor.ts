import {
  type Connection,
  ConsumerConnection,
  GetConsumerConnectionListRequestHeader,
  GetProducerConnectionListRequestHeader,
  ProducerConnection,
  type ProducerInfo,
  ProducerTableInfo,
  QuerySubscriptionByConsumerRequestHeader,
  QuerySubscriptionResponseBody,
  QueryTopicsByConsumerRequestHeader,
  type RemotingCommand,
  ResponseCode,
  TopicList,
  languageName,
} from '@centaurmq/protocol';
import { addressToString } from '@centaurmq/remoting';
import type { RegisteredChannel } from '../client/client-channel.ts';
import type { ConsumerManager } from '../client/consumer-manager.ts';
import type { ProducerManager } from '../client/producer-manager.ts';
import type { ConsumerOffsetManager } from '../offset/consumer-offset-manager.ts';
import { errorResponse, bodyResponse } from './body-response.ts';

export interface ClientQueryProcessorOptions {
  readonly consumers: ConsumerManager;
  readonly producers: ProducerManager;
  readonly offsets: Pick<ConsumerOffsetManager, 'whichTopicByConsumer'>;
  /** Where clients reach this broker, `ip:port`. */
  readonly brokerAddr: () => string;
}

/** Tells who is connected: 203, 204, 328, 343, 345. */
export class ClientQueryProcessor {
  readonly #options: ClientQueryProcessorOptions;

  constructor(options: ClientQueryProcessorOptions) {
    this.#options = options;
  }

  /** 203: nobody online is 206. */
  readonly getConsumerConnectionList = (request: RemotingCommand): RemotingCommand => {
    const { consumerGroup } = GetConsumerConnectionListRequestHeader.decode(request.extFields);
    const info = this.#options.consumers.getConsumerGroupInfo(consumerGroup);
    if (info === undefined)
      return errorResponse(
        request,
        ResponseCode.CONSUMER_NOT_ONLINE,
        `the consumer group[${consumerGroup}] not online`,
      );
    return bodyResponse(request, ConsumerConnection, {
      connectionSet: [...info.channels.values()].map(connectionOf),
      consumeFromWhere: info.consumeFromWhere,
      consumeType: info.consumeType,
      messageModel: info.messageModel,
      subscriptionTable: info.subscriptions,
    });
  };

  /** 204 */
  readonly getProducerConnectionList = (request: RemotingCommand): RemotingCommand => {
    const { producerGroup } = GetProducerConnectionListRequestHeader.decode(request.extFields);
    const channels = this.#options.producers.groups.get(producerGroup);
    if (channels === undefined)
      return errorResponse(
        request,
        ResponseCode.SYSTEM_ERROR,
        `the producer group[${producerGroup}] not exist`,
      );
    return bodyResponse(request, ProducerConnection, {
      connectionSet: [...channels.values()].map(connectionOf),
    });
  };

  /** 328 */
  readonly getAllProducerInfo = (request: RemotingCommand): RemotingCommand => {
    const { groups } = this.#options.producers;
    const data = [...groups].map(
      ([group, channels]) => [group, [...channels.values()].map(producerInfoOf)] as const,
    );
    return bodyResponse(request, ProducerTableInfo, { data: new Map(data) });
  };

  /** 343: topics the group ever committed an offset of. */
  readonly queryTopicsByConsumer = (request: RemotingCommand): RemotingCommand => {
    const { offsets, brokerAddr } = this.#options;
    const { group } = QueryTopicsByConsumerRequestHeader.decode(request.extFields);
    return bodyResponse(request, TopicList, {
      brokerAddr: brokerAddr(),
      topicList: [...offsets.whichTopicByConsumer(group)],
    });
  };

  /** 345 */
  readonly querySubscriptionByConsumer = (request: RemotingCommand): RemotingCommand => {
    const { group, topic } = QuerySubscriptionByConsumerRequestHeader.decode(request.extFields);
    const subscriptionData =
      topic === undefined ? undefined : this.#options.consumers.findSubscriptionData(group, topic);
    return bodyResponse(request, QuerySubscriptionResponseBody, {
      group,
      topic: topic ?? '',
      subscriptionData,
    });
  };
}

function connectionOf(channel: RegisteredChannel): Connection {
  return {
    clientAddr: addressToString(channel.connection.remote),
    clientId: channel.clientId,
    language: languageName(channel.language),
    version: channel.version,
  };
}

function producerInfoOf(channel: RegisteredChannel): ProducerInfo {
  return {
    clientId: channel.clientId,
    language: languageName(channel.language),
    lastUpdateTimestamp: channel.lastUpdateTimestamp,
    remoteIP: addressToString(channel.connection.remote),
    version: channel.version,
  };
}

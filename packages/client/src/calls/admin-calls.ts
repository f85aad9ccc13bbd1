import type { ExtFields, RemotingCommand, TopicConfig } from '@centaurmq/protocol';
import {
  ConsumeStats,
  ConsumerConnection,
  CreateTopicRequestHeader,
  DeleteTopicRequestHeader,
  GetConsumeStatsRequestHeader,
  GetConsumerConnectionListRequestHeader,
  GetTopicConfigRequestHeader,
  GetTopicStatsInfoRequestHeader,
  GroupList,
  KVTable,
  QueryTopicConsumeByWhoRequestHeader,
  RequestCode,
  ResetOffsetBody,
  ResetOffsetRequestHeader,
  ResponseCode,
  SystemTopic,
  TopicConfig as TopicConfigBody,
  TopicStatsTable,
  requestCommand,
} from '@centaurmq/protocol';
import { MqError, MqErrorCode } from '../errors.ts';
import type { MessageQueue } from '../message/message-queue.ts';
import type { RemotingCalls } from './remoting-calls.ts';

/** Administrative calls to one broker. */
export class BrokerAdminCalls {
  readonly #calls: RemotingCalls;
  readonly #timeoutMillis: number;

  constructor(calls: RemotingCalls, timeoutMillis: number) {
    this.#calls = calls;
    this.#timeoutMillis = timeoutMillis;
  }

  async createAndUpdateTopicConfig(address: string, config: TopicConfig): Promise<void> {
    const extFields = CreateTopicRequestHeader.encode({
      topic: config.topicName,
      defaultTopic: SystemTopic.AUTO_CREATE_TOPIC_KEY_TOPIC,
      readQueueNums: config.readQueueNums,
      writeQueueNums: config.writeQueueNums,
      perm: config.perm,
      topicFilterType: config.topicFilterType,
      topicSysFlag: config.topicSysFlag,
      order: config.order,
      attributes: attributesText(config.attributes),
    });
    await this.#call(address, RequestCode.UPDATE_AND_CREATE_TOPIC, extFields);
  }

  /** Messages of the topic cannot be read any more; its offsets are forgotten. */
  async deleteTopic(address: string, topic: string): Promise<void> {
    await this.#call(address, RequestCode.DELETE_TOPIC_IN_BROKER, DeleteTopicRequestHeader.encode({ topic }));
  }

  /** @returns null when the broker does not have the topic */
  async topicConfig(address: string, topic: string): Promise<TopicConfig | null> {
    const accepted = [ResponseCode.SUCCESS, ResponseCode.TOPIC_NOT_EXIST];
    const extFields = { ...GetTopicConfigRequestHeader.encode({ topic }), lo: 'true' };
    const response = await this.#call(address, RequestCode.GET_TOPIC_CONFIG, extFields, accepted);
    if (response.code === ResponseCode.TOPIC_NOT_EXIST) return null;
    return read(response, TopicConfigBody.decode, address);
  }

  async topicStats(address: string, topic: string): Promise<TopicStatsTable> {
    const extFields = GetTopicStatsInfoRequestHeader.encode({ topic });
    const response = await this.#call(address, RequestCode.GET_TOPIC_STATS_INFO, extFields);
    return read(response, TopicStatsTable.decode, address);
  }

  /** What the broker says about itself; names as in RocketMQ's `brokerStatus`. */
  async runtimeInfo(address: string): Promise<ReadonlyMap<string, string>> {
    const response = await this.#call(address, RequestCode.GET_BROKER_RUNTIME_INFO, {});
    return read(response, KVTable.decode, address).table;
  }

  /** @param topic all topics with offsets when null */
  async consumeStats(address: string, consumerGroup: string, topic: string | null): Promise<ConsumeStats> {
    const extFields = GetConsumeStatsRequestHeader.encode({ consumerGroup, topic: topic ?? '' });
    const response = await this.#call(address, RequestCode.GET_CONSUME_STATS, extFields);
    return read(response, ConsumeStats.decode, address);
  }

  /** @returns null when the group has no client at this broker */
  async consumerConnection(address: string, consumerGroup: string): Promise<ConsumerConnection | null> {
    const extFields = GetConsumerConnectionListRequestHeader.encode({ consumerGroup });
    const accepted = [ResponseCode.SUCCESS, ResponseCode.CONSUMER_NOT_ONLINE];
    const response = await this.#call(address, RequestCode.GET_CONSUMER_CONNECTION_LIST, extFields, accepted);
    if (response.code === ResponseCode.CONSUMER_NOT_ONLINE) return null;
    return read(response, ConsumerConnection.decode, address);
  }

  async topicConsumeByWho(address: string, topic: string): Promise<readonly string[]> {
    const extFields = QueryTopicConsumeByWhoRequestHeader.encode({ topic });
    const response = await this.#call(address, RequestCode.QUERY_TOPIC_CONSUME_BY_WHO, extFields);
    return read(response, GroupList.decode, address).groupList;
  }

  /** @returns the new offset of each queue of this broker */
  async resetOffset(
    address: string,
    header: { readonly topic: string; readonly group: string; readonly timestamp: number },
  ): Promise<ReadonlyMap<MessageQueue, number>> {
    const extFields = ResetOffsetRequestHeader.encode({ ...header, isForce: true });
    const response = await this.#call(address, RequestCode.INVOKE_BROKER_TO_RESET_OFFSET, extFields);
    return read(response, ResetOffsetBody.decode, address).offsetTable;
  }

  #call(
    address: string,
    code: number,
    extFields: ExtFields,
    accepted: readonly number[] = [ResponseCode.SUCCESS],
  ): Promise<RemotingCommand> {
    const options = { timeoutMillis: this.#timeoutMillis };
    return this.#calls.call(address, requestCommand(code, { extFields }), options, accepted);
  }
}

function attributesText(attributes: ReadonlyMap<string, string>): string | undefined {
  if (attributes.size === 0) return undefined;
  return [...attributes].map(([name, value]) => (value === '' ? name : `${name}=${value}`)).join(',');
}

/** @throws MqError RESPONSE_MALFORMED */
export function read<T>(response: RemotingCommand, decode: (body: Uint8Array) => T, address: string): T {
  try {
    return decode(response.body);
  } catch (cause) {
    const message = `the answer of ${address} cannot be read: ${String(cause)}`;
    throw new MqError(MqErrorCode.RESPONSE_MALFORMED, message, { address, cause });
  }
}

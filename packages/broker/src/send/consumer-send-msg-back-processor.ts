import {
  ConsumerSendMsgBackRequestHeader,
  MessageProperty,
  MqVersion,
  type RemotingCommand,
  RequestCode,
  ResponseCode,
  type StoredMessage,
  TopicRules,
  decodeRecord,
  offsetMessageId,
  responseTo,
} from '@centaurmq/protocol';
import type { Random } from '@centaurmq/remoting';
import type { BrokerConfig } from '../config/broker-config.ts';
import type { AckOutcome, MessageStore, MessageToAppend } from '../store/message-store.ts';
import type { SubscriptionGroupConfig } from '../subscription/subscription-group-config.ts';
import type { TopicConfig } from '../topic/topic-config.ts';
import { MessageProperties } from './message-properties.ts';
import { unsafeResponse } from './put-message-response.ts';
import type { DelayedMessages, SendGroups, SendTopics } from './send-message-processor.ts';

export interface ConsumerSendMsgBackProcessorOptions {
  readonly config: Pick<BrokerConfig, 'brokerIP1' | 'brokerPermission'>;
  readonly topics: Pick<SendTopics, 'createTopicInSendMessageBack'>;
  readonly groups: SendGroups;
  readonly store: Pick<MessageStore, 'append' | 'acknowledged' | 'lookup' | 'identity' | 'status'>;
  readonly delays: DelayedMessages;
  readonly random: Random;
}

export const CONSUMER_SEND_MSG_BACK_CODE: number = RequestCode.CONSUMER_SEND_MSG_BACK;

const PERM_WRITE = 2;
const PERM_READ_WRITE = 6;
const UNIT_SUB_FLAG = 2;
/** Delay level of the first retry: 10 s. */
const FIRST_RETRY_DELAY_LEVEL = 3;
const DLQ_QUEUE_NUMS = 1;

/** Messages that a consumer gives back (36): to its retry topic after a delay, in the end to its dead letter queue. */
export class ConsumerSendMsgBackProcessor {
  readonly #options: ConsumerSendMsgBackProcessorOptions;

  constructor(options: ConsumerSendMsgBackProcessorOptions) {
    this.#options = options;
  }

  readonly handle = async (request: RemotingCommand): Promise<RemotingCommand> => {
    const { config, groups, store } = this.#options;
    const back = ConsumerSendMsgBackRequestHeader.decode(request.extFields);
    const group = await groups.findSubscriptionGroupConfig(back.group);
    if (group === null) {
      const remark = `subscription group not exist, ${back.group}`;
      return responseTo(request, ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST, { remark });
    }
    if ((config.brokerPermission & PERM_WRITE) === 0) {
      const remark = `the broker[${config.brokerIP1}] sending message is forbidden`;
      return responseTo(request, ResponseCode.NO_PERMISSION, { remark });
    }
    // A group without retry queues wants no retries: the message is given up.
    if (group.retryQueueNums <= 0) return responseTo(request, ResponseCode.SUCCESS);
    const retryTopic = await this.#retryTopic(group, back.unitMode);
    if ((retryTopic.perm & PERM_WRITE) === 0) {
      const remark = `the topic[${retryTopic.topicName}] sending message is forbidden`;
      return responseTo(request, ResponseCode.NO_PERMISSION, { remark });
    }
    const record = back.offset < 0 ? null : store.lookup(back.offset);
    if (record === null) {
      const remark = `look message by offset failed, ${back.offset}`;
      return responseTo(request, ResponseCode.SYSTEM_ERROR, { remark });
    }
    const honoursMax = request.version >= MqVersion.V3_4_9;
    const reconsumeTimesMax = (honoursMax ? back.maxReconsumeTimes : undefined) ?? group.retryMaxTimes;
    return this.#storeBack(request, decodeRecord(record, 0), {
      group,
      retryTopic,
      delayLevel: back.delayLevel,
      reconsumeTimesMax,
    });
  };

  #retryTopic(group: SubscriptionGroupConfig, unitMode: boolean): Promise<TopicConfig> {
    return this.#options.topics.createTopicInSendMessageBack(TopicRules.retryTopic(group.groupName), {
      queueNums: group.retryQueueNums,
      perm: PERM_READ_WRITE,
      order: false,
      topicSysFlag: unitMode ? UNIT_SUB_FLAG : 0,
    });
  }

  async #storeBack(
    request: RemotingCommand,
    original: StoredMessage,
    retry: {
      readonly group: SubscriptionGroupConfig;
      readonly retryTopic: TopicConfig;
      readonly delayLevel: number;
      readonly reconsumeTimesMax: number;
    },
  ): Promise<RemotingCommand> {
    const { group, retryTopic, delayLevel, reconsumeTimesMax } = retry;
    const { topics, store, delays, random } = this.#options;
    const gaveUp = original.reconsumeTimes >= reconsumeTimesMax || delayLevel < 0;
    const level = delayLevel === 0 ? FIRST_RETRY_DELAY_LEVEL + original.reconsumeTimes : delayLevel;
    const properties = this.#backProperties(original, gaveUp ? 0 : level);
    let message = backMessage(original, properties, retryTopic.topicName, random.below(group.retryQueueNums));
    if (gaveUp) {
      const topic = TopicRules.dlqTopic(group.groupName);
      await topics.createTopicInSendMessageBack(topic, {
        queueNums: DLQ_QUEUE_NUMS,
        perm: PERM_READ_WRITE,
        order: false,
        topicSysFlag: 0,
      });
      message = { ...message, topic, queueId: 0 };
    } else {
      message = delays.delayed(message, properties, level);
    }
    const appended = store.append(message);
    if (appended.status !== 'appended')
      return responseTo(request, ResponseCode.SYSTEM_ERROR, { remark: appended.reason });
    const firstTopic = original.properties.get(MessageProperty.RETRY_TOPIC) ?? original.topic;
    const outcome = await this.#safelyStored(firstTopic, retryTopic.topicName, appended.endOffset);
    if (outcome === 'reached') return responseTo(request, ResponseCode.SUCCESS);
    const { remark } = unsafeResponse(outcome, store.status().poisonReason);
    return responseTo(request, ResponseCode.SYSTEM_ERROR, { remark });
  }

  /**
   * Who gives a message back moves on past it, so the answer waits for the level that the message was sent with, or that of retries if it is
   * higher. Java's broker does not wait: there a power loss takes the message.
   */
  async #safelyStored(firstTopic: string, retryTopic: string, endOffset: number): Promise<AckOutcome> {
    const { store } = this.#options;
    const acknowledged =
      store.acknowledged(firstTopic, endOffset) ?? store.acknowledged(retryTopic, endOffset);
    return acknowledged ?? 'reached';
  }

  /** What Java adds: where the message came from, its first id, and that nobody waits for the disk (which is not so here). */
  #backProperties(original: StoredMessage, delayLevel: number): MessageProperties {
    const { storeHost, storePort } = this.#options.store.identity;
    const properties = MessageProperties.ofRecord(original.properties);
    if (!properties.has(MessageProperty.RETRY_TOPIC)) {
      properties.set(MessageProperty.RETRY_TOPIC, original.topic);
    }
    properties.set(MessageProperty.WAIT_STORE_MSG_OK, 'false');
    properties.set(MessageProperty.DELAY_TIME_LEVEL, String(delayLevel));
    if ((properties.get(MessageProperty.ORIGIN_MESSAGE_ID) ?? '').trim() === '') {
      const id = offsetMessageId({ host: storeHost, port: storePort }, original.commitLogOffset);
      properties.set(MessageProperty.ORIGIN_MESSAGE_ID, id);
    }
    return properties;
  }
}

function backMessage(
  original: StoredMessage,
  properties: MessageProperties,
  topic: string,
  queueId: number,
): MessageToAppend {
  return {
    topic,
    queueId,
    flag: original.flag,
    sysFlag: original.sysFlag,
    bornTimestamp: original.bornTimestamp,
    reconsumeTimes: original.reconsumeTimes + 1,
    preparedTransactionOffset: 0,
    tagsCode: null,
    kind: 'single',
    bornHost: original.bornHost,
    properties: properties.encode(),
    body: original.body,
  };
}

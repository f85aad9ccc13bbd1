import {
  MessageProperty,
  MqVersion,
  type RemotingCommand,
  RETRY_GROUP_TOPIC_PREFIX,
  RequestCode,
  ResponseCode,
  TopicRules,
  isOneway,
  offsetMessageId,
  responseTo,
} from '@centaurmq/protocol';
import type { Random, RequestContext } from '@centaurmq/remoting';
import type { BrokerConfig } from '../config/broker-config.ts';
import type { Appended, MessageStore, MessageToAppend } from '../store/message-store.ts';
import type { SubscriptionGroupConfig } from '../subscription/subscription-group-config.ts';
import type { TopicCreatedBySend } from '../topic/topic-config-manager.ts';
import type { TopicConfig } from '../topic/topic-config.ts';
import { decideSend, decideTopicRefusal } from './decide-send.ts';
import { MessageProperties } from './message-properties.ts';
import {
  type ResponseStatus,
  messageIllegal,
  refusedResponse,
  unsafeResponse,
} from './put-message-response.ts';
import { type SendMessageRequest, decodeSendMessageRequest } from './send-message-request.ts';

/** The topics, as far as sending needs them. */
export interface SendTopics {
  find(topic: string): TopicConfig | undefined;
  createTopicInSendMessage(wanted: TopicCreatedBySend): Promise<TopicConfig | null>;
  createTopicInSendMessageBack(
    topic: string,
    wanted: { queueNums: number; perm: number; order: boolean; topicSysFlag: number },
  ): Promise<TopicConfig>;
}

export interface SendGroups {
  findSubscriptionGroupConfig(group: string): Promise<SubscriptionGroupConfig | null>;
}

/** Delayed delivery: turns a message into one that waits in the schedule topic. */
export interface DelayedMessages {
  delayed(message: MessageToAppend, properties: MessageProperties, delayLevel: number): MessageToAppend;
}

export interface SendMessageProcessorOptions {
  readonly config: Pick<
    BrokerConfig,
    'brokerIP1' | 'brokerPermission' | 'brokerClusterName' | 'regionId' | 'traceOn' | 'maxMessageSize'
  >;
  readonly topics: SendTopics;
  readonly groups: SendGroups;
  readonly locks: { isLockAllExpired(group: string): boolean };
  readonly store: Pick<MessageStore, 'append' | 'acknowledged' | 'identity' | 'status' | 'topicSettled'>;
  readonly delays: DelayedMessages;
  readonly random: Random;
  /** UNIQ_KEY for a message that came without one. */
  readonly createUniqueKey: () => string;
}

const PERM_WRITE = 2;
const PERM_READ_WRITE = 6;
const UNIT_FLAG = 1;
const UNIT_SUB_FLAG = 2;
const MULTI_TAGS_FLAG = 0x2;
const DLQ_QUEUE_NUMS = 1;
const BATCH_TOPIC_BYTES_MAX = 127;

/** What a message turned out to be stored as. */
interface Target {
  readonly topic: TopicConfig;
  readonly queueId: number;
}

/**
 * Sends (10, 310, 320) that the hot path leaves to TypeScript: unknown topics, retry topics, delays, anything odd. The
 * answers are the hot path's, to the byte. Behaviour is Java's SendMessageProcessor, except that a topic without the write
 * permission refuses (16), and that transactions and timer messages are refused instead of stored.
 */
export class SendMessageProcessor {
  readonly #options: SendMessageProcessorOptions;

  constructor(options: SendMessageProcessorOptions) {
    this.#options = options;
  }

  readonly handle = (
    request: RemotingCommand,
    context: RequestContext,
  ): RemotingCommand | Promise<RemotingCommand> => {
    const send = decodeSendMessageRequest(request);
    const refusal = this.#decideNameRefusal(send);
    if (refusal !== null) return this.#answer(request, refusal);
    const topic = this.#options.topics.find(send.topic);
    if (topic !== undefined && !TopicRules.isRetryTopic(send.topic)) {
      return this.#sendTo(topic, { request, send, context });
    }
    return this.#prepareAndSend({ request, send, context });
  };

  #decideNameRefusal(send: SendMessageRequest): ResponseStatus | null {
    const { config, topics } = this.#options;
    if ((config.brokerPermission & PERM_WRITE) === 0 && topics.find(send.topic)?.order === true) {
      return {
        code: ResponseCode.NO_PERMISSION,
        remark: `the broker[${config.brokerIP1}] sending message is forbidden`,
      };
    }
    const invalid = TopicRules.validateTopic(send.topic);
    if (invalid !== null) return { code: ResponseCode.INVALID_PARAMETER, remark: invalid };
    if (TopicRules.isNotAllowedSendTopic(send.topic)) {
      return {
        code: ResponseCode.NO_PERMISSION,
        remark: `Sending message to topic[${send.topic}] is forbidden.`,
      };
    }
    return null;
  }

  /** Creates what is missing first; then as usual. */
  async #prepareAndSend(sending: Sending): Promise<RemotingCommand> {
    const { send, request, context } = sending;
    const topic = this.#options.topics.find(send.topic) ?? (await this.#createTopic(send, context));
    if (topic === null) {
      return this.#answer(request, {
        code: ResponseCode.TOPIC_NOT_EXIST,
        remark: `topic[${send.topic}] not exist, apply first please!`,
      });
    }
    await this.#options.store.topicSettled(send.topic);
    if (!TopicRules.isRetryTopic(send.topic) || send.batch) return this.#sendTo(topic, sending);
    return this.#sendToRetryTopic(topic, sending);
  }

  async #createTopic(send: SendMessageRequest, context: RequestContext): Promise<TopicConfig | null> {
    const { topics } = this.#options;
    const isRetry = TopicRules.isRetryTopic(send.topic);
    const topicSysFlag = send.unitMode ? (isRetry ? UNIT_SUB_FLAG : UNIT_FLAG) : 0;
    const created = await topics.createTopicInSendMessage({
      topic: send.topic,
      defaultTopic: send.defaultTopic,
      clientDefaultTopicQueueNums: send.defaultTopicQueueNums,
      topicSysFlag,
      remoteAddress: producerOf(context),
    });
    if (created !== null || !isRetry) return created;
    const wanted = { queueNums: 1, perm: PERM_READ_WRITE, order: false, topicSysFlag };
    return topics.createTopicInSendMessageBack(send.topic, wanted);
  }

  /** A consumer's own retry: its group decides whether it goes to the dead letter queue (Java: handleRetryAndDLQ). */
  async #sendToRetryTopic(topic: TopicConfig, sending: Sending): Promise<RemotingCommand> {
    const { request, send } = sending;
    const group = send.topic.slice(RETRY_GROUP_TOPIC_PREFIX.length);
    const config = await this.#options.groups.findSubscriptionGroupConfig(group);
    if (config === null) {
      return this.#answer(request, {
        code: ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST,
        remark: `subscription group not exist, ${group}`,
      });
    }
    const honoursMax = request.version >= MqVersion.V3_4_9;
    const reconsumeTimesMax = (honoursMax ? send.maxReconsumeTimes : null) ?? config.retryMaxTimes;
    const exhausted = send.reconsumeTimes > reconsumeTimesMax;
    if (!exhausted && this.#options.locks.isLockAllExpired(group)) return this.#sendTo(topic, sending);
    const wanted = { queueNums: DLQ_QUEUE_NUMS, perm: PERM_READ_WRITE, order: false, topicSysFlag: 0 };
    const deadLetterTopic = TopicRules.dlqTopic(group);
    const dlq = await this.#options.topics.createTopicInSendMessageBack(deadLetterTopic, wanted);
    return this.#sendTo(topic, sending, { topic: dlq, queueId: 0 });
  }

  #sendTo(
    topic: TopicConfig,
    sending: Sending,
    deadLetter?: Target,
  ): RemotingCommand | Promise<RemotingCommand> {
    const { request, send, context } = sending;
    const producer = producerOf(context);
    const refusal = decideTopicRefusal(topic, { queueId: send.queueId, producer });
    if (refusal !== null) return this.#answer(request, refusal);
    const queueId = send.queueId >= 0 ? send.queueId : this.#randomQueueId(topic);
    const target = deadLetter ?? { topic, queueId };
    return send.batch
      ? this.#storeBatch(target, { ...sending, queueId })
      : this.#storeSingle(target, { ...sending, queueId });
  }

  #storeSingle(target: Target, sending: QueuedSending): RemotingCommand | Promise<RemotingCommand> {
    const { request, send } = sending;
    const { config, delays, createUniqueKey } = this.#options;
    const properties = MessageProperties.ofRequest(send.properties);
    if (target.topic.topicName !== send.topic) properties.set(MessageProperty.DELAY_TIME_LEVEL, '-1');
    const limits = { maxMessageSize: config.maxMessageSize, brokerAddress: config.brokerIP1 };
    const decision = decideSend(
      {
        topic: target.topic.topicName,
        properties,
        sysFlag: send.sysFlag,
        reconsumeTimes: send.reconsumeTimes,
        bodyLength: request.body.length,
      },
      limits,
    );
    if (decision.kind === 'refuse') return this.#answer(request, decision.status);
    let uniqueKey = properties.get(MessageProperty.UNIQ_CLIENT_MESSAGE_ID_KEYIDX);
    if (uniqueKey === undefined) {
      uniqueKey = createUniqueKey();
      properties.set(MessageProperty.UNIQ_CLIENT_MESSAGE_ID_KEYIDX, uniqueKey);
    }
    const plain = this.#message(target, sending, properties);
    const message =
      decision.kind === 'delay' ? delays.delayed(plain, properties, decision.delayLevel) : plain;
    const waits = properties.get(MessageProperty.WAIT_STORE_MSG_OK) !== 'false';
    return this.#append(message, { ...sending, transactionId: uniqueKey, waits });
  }

  #storeBatch(target: Target, sending: QueuedSending): RemotingCommand | Promise<RemotingCommand> {
    const { request, send } = sending;
    const { maxMessageSize } = this.#options.config;
    const refuse = (reason: string): RemotingCommand =>
      this.#answer(request, messageIllegal(maxMessageSize, reason));
    if (Buffer.byteLength(send.topic) > BATCH_TOPIC_BYTES_MAX) {
      return refuse(`message topic length too long ${send.topic.length}`);
    }
    if (TopicRules.isRetryTopic(send.topic)) {
      return this.#answer(request, {
        code: ResponseCode.MESSAGE_ILLEGAL,
        remark: `batch request does not support retry group ${send.topic}`,
      });
    }
    if (request.body.length === 0) return refuse('the batch is empty');
    if (request.body.length > maxMessageSize) {
      return refuse(`the batch has ${request.body.length} bytes`);
    }
    const properties = MessageProperties.ofRequest(send.properties);
    const message = { ...this.#message(target, sending, properties), kind: 'batch' as const };
    const transactionId = properties.get(MessageProperty.UNIQ_CLIENT_MESSAGE_ID_KEYIDX) ?? null;
    const waits = properties.get(MessageProperty.WAIT_STORE_MSG_OK) !== 'false';
    return this.#append(message, { ...sending, transactionId, waits });
  }

  #message(
    target: Target,
    { request, send, context }: QueuedSending,
    properties: MessageProperties,
  ): MessageToAppend {
    const multiTags = target.topic.topicFilterType === 'MULTI_TAG' ? MULTI_TAGS_FLAG : 0;
    return {
      topic: target.topic.topicName,
      queueId: target.queueId,
      flag: send.flag,
      sysFlag: send.sysFlag | multiTags,
      bornTimestamp: send.bornTimestamp,
      reconsumeTimes: send.reconsumeTimes,
      preparedTransactionOffset: 0,
      tagsCode: null,
      kind: 'single',
      bornHost: context.connection.remote,
      properties: properties.encodeWith(this.#brokerProperties()),
      body: request.body,
    };
  }

  #append(message: MessageToAppend, stored: StoredSending): RemotingCommand | Promise<RemotingCommand> {
    const { store, config } = this.#options;
    const appended = store.append(message);
    if (appended.status !== 'appended') {
      const refused = refusedResponse(appended, message.topic, config.maxMessageSize);
      return this.#answer(stored.request, refused);
    }
    const response = this.#success(appended, stored);
    if (!stored.waits || isOneway(stored.request)) return response;
    const acknowledged = store.acknowledged(stored.send.topic, appended.endOffset);
    if (acknowledged === null) return response;
    return acknowledged.then((outcome) => {
      if (outcome === 'reached') return response;
      const { code, remark } = unsafeResponse(outcome, store.status().poisonReason);
      return { ...response, code, remark };
    });
  }

  #success(appended: Appended, { request, queueId, transactionId }: StoredSending): RemotingCommand {
    const { storeHost, storePort } = this.#options.store.identity;
    const address = { host: storeHost, port: storePort };
    const msgId = appended.commitLogOffsets
      .map((commitLogOffset) => offsetMessageId(address, commitLogOffset))
      .join(',');
    return responseTo(request, ResponseCode.SUCCESS, {
      extFields: {
        msgId,
        queueId: String(queueId),
        queueOffset: String(appended.queueOffset),
        ...(transactionId === null ? {} : { transactionId }),
        ...this.#regionFields(),
      },
    });
  }

  #answer(request: RemotingCommand, { code, remark }: ResponseStatus): RemotingCommand {
    const extFields = this.#regionFields();
    return responseTo(request, code, remark === null ? { extFields } : { remark, extFields });
  }

  /** Java's clients read these on every response to a send, also on errors. */
  #regionFields(): Record<string, string> {
    const { regionId, traceOn } = this.#options.config;
    return { [MessageProperty.MSG_REGION]: regionId, [MessageProperty.TRACE_SWITCH]: String(traceOn) };
  }

  #brokerProperties(): { regionId: string; traceOn: boolean; clusterName: string } {
    const { regionId, traceOn, brokerClusterName } = this.#options.config;
    return { regionId, traceOn, clusterName: brokerClusterName };
  }

  #randomQueueId(topic: TopicConfig): number {
    return topic.writeQueueNums > 0 ? this.#options.random.below(topic.writeQueueNums) : 0;
  }
}

interface Sending {
  readonly request: RemotingCommand;
  readonly send: SendMessageRequest;
  readonly context: RequestContext;
}

/** The queue is chosen. */
interface QueuedSending extends Sending {
  readonly queueId: number;
}

interface StoredSending extends QueuedSending {
  readonly transactionId: string | null;
  readonly waits: boolean;
}

/** The codes this processor answers. */
export const sendMessageCodes: readonly number[] = [
  RequestCode.SEND_MESSAGE,
  RequestCode.SEND_MESSAGE_V2,
  RequestCode.SEND_BATCH_MESSAGE,
];

function producerOf({ connection }: RequestContext): string {
  return `${connection.remote.host}:${connection.remote.port}`;
}

import {
  ConsumerSendMsgBackRequestHeader,
  MessageProperty,
  MessageSysFlag,
  RequestCode,
  SystemTopic,
  TopicRules,
  encodeProperties,
  requestCommand,
} from '@centaurmq/protocol';
import type { Clock, Logger } from '@centaurmq/remoting';
import type { RemotingCalls } from '../calls/remoting-calls.ts';
import { sendRequest, toStoredAnswer } from '../calls/send-call.ts';
import { MqError, MqErrorCode } from '../errors.ts';
import type { BrokerAddresses } from '../instance/broker-addresses.ts';
import { publishQueues } from '../instance/route-queues.ts';
import type { TopicRouteTable } from '../instance/topic-route-table.ts';
import type { MessageExt } from '../message/message-ext.ts';

export interface SendMessageBackOptions {
  readonly group: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly calls: RemotingCalls;
  readonly brokers: BrokerAddresses;
  readonly routes: TopicRouteTable;
  /** Failures after which a message goes to the dead-letter queue. */
  readonly maxReconsumeTimes: number;
}

/** Apache RocketMQ gives both calls five seconds. */
const CALL_TIMEOUT_MILLIS = 5_000;
/** The group in which a consumer's own sends are made. Apache RocketMQ: MixAll.CLIENT_INNER_PRODUCER_GROUP. */
const INNER_PRODUCER_GROUP = 'CLIENT_INNER_PRODUCER';
/** The first failure waits level 3 (10 s), each further one a level more. */
const FIRST_DELAY_LEVEL = 3;
/** What only a transaction's half message carries. */
const NOT_RESENT: ReadonlySet<string> = new Set([
  MessageProperty.TRANSACTION_PREPARED,
  MessageProperty.CRC32,
]);

/**
 * Gives a message that could not be consumed back to the cluster, which delivers it again later. The broker does it from its own
 * copy; when it cannot, the message is sent anew to the retry topic. Apache RocketMQ: DefaultMQPushConsumerImpl.sendMessageBack.
 */
export class SendMessageBack {
  readonly #options: SendMessageBackOptions;
  #turn = 0;

  constructor(options: SendMessageBackOptions) {
    this.#options = options;
  }

  /**
   * @param delayLevel 0: by the number of failures; below 0: to the dead-letter queue
   * @throws MqError when neither way worked
   */
  async send(message: MessageExt, delayLevel: number): Promise<void> {
    try {
      await this.#askBroker(message, delayLevel);
    } catch (error) {
      const { group, logger } = this.#options;
      const { messageId, brokerName } = message;
      logger.warn(
        { err: error, group, messageId, brokerName },
        'the broker did not take the message back; it is sent to the retry topic',
      );
      await this.#sendToRetryTopic(message);
    }
  }

  async #askBroker(message: MessageExt, delayLevel: number): Promise<void> {
    const { group, calls, brokers, maxReconsumeTimes } = this.#options;
    const { topic, brokerName, queueId } = message;
    const extFields = ConsumerSendMsgBackRequestHeader.encode({
      offset: message.commitLogOffset,
      group,
      delayLevel,
      originMsgId: message.messageId,
      originTopic: topic,
      maxReconsumeTimes,
    });
    extFields['bname'] = brokerName;
    const address = await brokers.findMaster({ topic, brokerName, queueId });
    const request = requestCommand(RequestCode.CONSUMER_SEND_MSG_BACK, { extFields });
    await calls.call(address, request, { timeoutMillis: CALL_TIMEOUT_MILLIS });
  }

  /** Any broker that has the retry topic will do. */
  async #sendToRetryTopic(message: MessageExt): Promise<void> {
    const { group, calls, brokers, clock, maxReconsumeTimes } = this.#options;
    const topic = TopicRules.retryTopic(group);
    const queue = await this.#retryQueue(topic);
    const reconsumeTimes = message.reconsumeTimes + 1;
    const request = sendRequest(
      {
        header: {
          producerGroup: INNER_PRODUCER_GROUP,
          topic,
          defaultTopic: SystemTopic.AUTO_CREATE_TOPIC_KEY_TOPIC,
          defaultTopicQueueNums: 4,
          queueId: queue.queueId,
          // The body was decompressed when it was pulled.
          sysFlag: message.bodyError === null ? 0 : message.sysFlag & COMPRESSION_BITS,
          bornTimestamp: clock.now(),
          flag: message.flag,
          properties: encodeProperties(retryProperties(message)),
          reconsumeTimes,
          maxReconsumeTimes,
          batch: false,
          brokerName: queue.brokerName,
        },
        body: message.body,
      },
      false,
    );
    const address = await brokers.findMaster(queue);
    const response = await calls.ask(address, request, { timeoutMillis: CALL_TIMEOUT_MILLIS });
    toStoredAnswer(request.code, response, address);
  }

  async #retryQueue(topic: string): Promise<{ topic: string; brokerName: string; queueId: number }> {
    const { routes } = this.#options;
    const route = routes.get(topic) ?? (await routes.refresh(topic));
    const queues = route === null ? [] : publishQueues(topic, route);
    const queue = queues[this.#turn++ % Math.max(1, queues.length)];
    if (queue !== undefined) return queue;
    throw new MqError(
      MqErrorCode.TOPIC_NOT_FOUND,
      `the retry topic ${topic} has no queue that can be written`,
      {
        advice: 'Check that the broker created it and may write it (centaurmq-admin topicRoute)',
      },
    );
  }
}

const COMPRESSION_BITS = MessageSysFlag.COMPRESSED_FLAG | MessageSysFlag.COMPRESSION_TYPE_MASK;

function retryProperties(message: MessageExt): Map<string, string> {
  const properties = new Map([...message.properties].filter(([name]) => !NOT_RESENT.has(name)));
  const originId = properties.get(MessageProperty.ORIGIN_MESSAGE_ID) ?? message.messageId;
  properties.set(MessageProperty.ORIGIN_MESSAGE_ID, originId);
  properties.set(MessageProperty.RETRY_TOPIC, message.topic);
  properties.set(MessageProperty.DELAY_TIME_LEVEL, String(FIRST_DELAY_LEVEL + message.reconsumeTimes));
  return properties;
}

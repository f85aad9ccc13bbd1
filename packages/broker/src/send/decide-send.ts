import { MessageProperty, MessageSysFlag, ResponseCode, transactionType } from '@centaurmq/protocol';
import type { TopicConfig } from '../topic/topic-config.ts';
import type { PropertyLookup } from './message-properties.ts';
import { type ResponseStatus, messageIllegal } from './put-message-response.ts';

const PERM_WRITE = 2;

/** A topic that exists may still not take this message (Java: AbstractSendMessageProcessor.msgCheck). */
export function decideTopicRefusal(
  topic: TopicConfig,
  request: { readonly queueId: number; readonly producer: string },
): ResponseStatus | null {
  const queueNumsMax = Math.max(topic.writeQueueNums, topic.readQueueNums);
  if (request.queueId >= queueNumsMax) {
    return {
      code: ResponseCode.INVALID_PARAMETER,
      remark: `request queueId[${request.queueId}] is illegal, topic ${topic.topicName} has ${topic.readQueueNums} read and ${topic.writeQueueNums} write queues. Producer: ${request.producer}`,
    };
  }
  if ((topic.perm & PERM_WRITE) === 0) {
    return {
      code: ResponseCode.NO_PERMISSION,
      remark: `the topic[${topic.topicName}] sending message is forbidden`,
    };
  }
  return null;
}

/** What a message is, apart from its topic: decides whether and how it is stored. */
export interface MessageTraits {
  readonly topic: string;
  readonly properties: PropertyLookup;
  readonly sysFlag: number;
  readonly reconsumeTimes: number;
  readonly bodyLength: number;
}

export interface SendLimits {
  readonly maxMessageSize: number;
  readonly brokerAddress: string;
}

export type SendDecision =
  | { readonly kind: 'refuse'; readonly status: ResponseStatus }
  | { readonly kind: 'store' }
  /** A delay level of 1 or more. */
  | { readonly kind: 'delay'; readonly delayLevel: number };

const TOPIC_BYTES_MAX = 255;

const TIMER_PROPERTIES = [
  MessageProperty.TIMER_DELIVER_MS,
  MessageProperty.TIMER_DELAY_MS,
  MessageProperty.TIMER_DELAY_SEC,
];

/** How one message that passed the checks of its topic is stored (Java: SendMessageProcessor, HookUtils). */
export function decideSend(message: MessageTraits, limits: SendLimits): SendDecision {
  const { properties, sysFlag } = message;
  const delayLevel = delayLevelOf(properties);
  if (delayLevel === null) {
    return illegal(
      limits,
      `${MessageProperty.DELAY_TIME_LEVEL} is not a number: ${properties.get(MessageProperty.DELAY_TIME_LEVEL)}`,
    );
  }
  if (isTransactional(message, delayLevel)) {
    return {
      kind: 'refuse',
      status: {
        code: ResponseCode.NO_PERMISSION,
        remark: `the broker[${limits.brokerAddress}] sending transaction message is forbidden`,
      },
    };
  }
  if (Buffer.byteLength(message.topic) > TOPIC_BYTES_MAX) {
    return illegal(limits, `the topic has more than ${TOPIC_BYTES_MAX} bytes`);
  }
  if (message.bodyLength === 0) return illegal(limits, 'the body is empty');
  if (message.bodyLength > limits.maxMessageSize) {
    return illegal(limits, `the body has ${message.bodyLength} bytes`);
  }
  const innerBatch = (sysFlag & MessageSysFlag.INNER_BATCH_FLAG) !== 0;
  if (innerBatch || properties.has(MessageProperty.INNER_NUM)) {
    return illegal(limits, 'an inner batch needs a topic of queue type BatchCQ');
  }
  if (delayLevel > 0) return { kind: 'delay', delayLevel };
  if (isTimed(properties)) {
    return {
      kind: 'refuse',
      status: {
        code: ResponseCode.SYSTEM_ERROR,
        remark: 'accurate timer message is not enabled, timerWheelEnable is false',
      },
    };
  }
  return { kind: 'store' };
}

function isTransactional(message: MessageTraits, delayLevel: number): boolean {
  const type = transactionType(message.sysFlag);
  const { TRANSACTION_PREPARED_TYPE, TRANSACTION_ROLLBACK_TYPE } = MessageSysFlag;
  if (type === TRANSACTION_PREPARED_TYPE || type === TRANSACTION_ROLLBACK_TYPE) return true;
  if (message.properties.get(MessageProperty.TRANSACTION_PREPARED)?.toLowerCase() !== 'true') return false;
  // Clients older than 4.6.1 leave the property on a half message's retry.
  return !(message.reconsumeTimes > 0 && delayLevel > 0);
}

function isTimed(properties: PropertyLookup): boolean {
  if (properties.has(MessageProperty.TIMER_OUT_MS)) return false;
  return TIMER_PROPERTIES.some((name) => properties.has(name));
}

/** 0 without a delay, null when the property is no number. */
function delayLevelOf(properties: PropertyLookup): number | null {
  const text = properties.get(MessageProperty.DELAY_TIME_LEVEL);
  if (text === undefined) return 0;
  return /^[+-]?\d{1,10}$/.test(text) ? Number(text) : null;
}

function illegal(limits: SendLimits, reason: string): SendDecision {
  return { kind: 'refuse', status: messageIllegal(limits.maxMessageSize, reason) };
}

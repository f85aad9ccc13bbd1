import { TopicRules } from '@centaurmq/protocol';
import { illegal, messageProperties } from '../message/message-properties.ts';
import type { Message } from '../message/message.ts';

/** A checked message, ready for whichever queue is chosen. */
export interface PreparedMessage {
  readonly topic: string;
  readonly messageId: string;
  readonly flag: number;
  /** As they are sent. */
  readonly properties: string;
  readonly body: Uint8Array;
}

export interface MessageLimits {
  /** Of the body, before compression. Apache RocketMQ: maxMessageSize. */
  readonly bodyBytesMax: number;
}

/** The length of encoded properties is a signed 16-bit number in the stored record; the broker adds some of its own. */
const PROPERTIES_BYTES_MAX = 32_767;

/**
 * Everything that can be known to be wrong before sending is found here. Apache RocketMQ: Validators.checkMessage.
 * @throws MqError MESSAGE_ILLEGAL
 */
export function prepareMessage(
  message: Message,
  limits: MessageLimits,
  nextUniqueKey: () => string,
): PreparedMessage {
  const { topic } = message;
  const fault = TopicRules.validateTopic(topic);
  if (fault !== null) throw illegal(message, fault);
  if (TopicRules.isNotAllowedSendTopic(topic))
    throw illegal(message, `${topic} is RocketMQ's own; choose another topic`);
  const body = typeof message.body === 'string' ? Buffer.from(message.body) : message.body;
  if (body.length === 0) throw illegal(message, 'the body is empty; expected at least one byte');
  if (body.length > limits.bodyBytesMax) {
    throw illegal(message, `the body has ${body.length} bytes; at most ${limits.bodyBytesMax} are allowed`);
  }
  const flag = message.flag ?? 0;
  if ((flag | 0) !== flag) throw illegal(message, `flag is ${flag}; expected a 32-bit whole number`);
  const messageId = nextUniqueKey();
  const properties = messageProperties(message, messageId);
  const propertiesBytes = Buffer.byteLength(properties);
  if (propertiesBytes > PROPERTIES_BYTES_MAX) {
    throw illegal(
      message,
      `its properties take ${propertiesBytes} bytes; at most ${PROPERTIES_BYTES_MAX} are allowed`,
    );
  }
  return { topic, messageId, flag, properties, body };
}

import { KEY_SEPARATOR, MessageProperty, RESERVED_PROPERTIES } from '@centaurmq/protocol';
import { MqError, MqErrorCode } from '../errors.ts';
import type { Message } from './message.ts';

// eslint-disable-next-line no-control-regex -- the two separators of the encoded properties
const SEPARATORS = /[\u0001\u0002]/;

/**
 * The properties that a message is sent with, in a fixed order.
 * @param uniqueKey the id that the message keeps wherever it goes
 * @throws MqError MESSAGE_ILLEGAL for what the encoding would lose or change
 */
export function messageProperties(message: Message, uniqueKey: string): Map<string, string> {
  const properties = new Map<string, string>();
  const keys = typeof message.keys === 'string' ? [message.keys] : (message.keys ?? []);
  for (const key of keys) checkKey(message, key);
  if (keys.length > 0) properties.set(MessageProperty.KEYS, keys.join(KEY_SEPARATOR));
  properties.set(MessageProperty.UNIQ_CLIENT_MESSAGE_ID_KEYIDX, uniqueKey);
  properties.set(MessageProperty.WAIT_STORE_MSG_OK, String(message.waitStoreMessageOk ?? true));
  setGiven(properties, message, MessageProperty.TAGS, message.tag);
  setGiven(properties, message, MessageProperty.SHARDING_KEY, message.shardingKey);
  setGiven(properties, message, MessageProperty.DELAY_TIME_LEVEL, wholeNumber(message, 'delayTimeLevel'));
  setGiven(properties, message, MessageProperty.TIMER_DELIVER_MS, wholeNumber(message, 'deliverTimeMillis'));
  for (const [name, value] of Object.entries(message.properties ?? {})) {
    if (RESERVED_PROPERTIES.has(name)) {
      throw illegal(message, `the property name ${name} is RocketMQ's own; choose another one`);
    }
    if (name === '' || SEPARATORS.test(name)) {
      throw illegal(
        message,
        `the property name ${JSON.stringify(name)} is empty or contains U+0001 or U+0002`,
      );
    }
    setGiven(properties, message, name, value);
  }
  return properties;
}

function setGiven(
  properties: Map<string, string>,
  message: Message,
  name: string,
  value: string | undefined,
): void {
  if (value === undefined) return;
  if (typeof value !== 'string' || value === '' || SEPARATORS.test(value)) {
    throw illegal(
      message,
      `the property ${name} is ${JSON.stringify(value)}; expected text that is not empty and contains neither U+0001 nor U+0002`,
    );
  }
  properties.set(name, value);
}

function checkKey(message: Message, key: string): void {
  if (key === '' || key.includes(KEY_SEPARATOR) || SEPARATORS.test(key)) {
    throw illegal(message, `the key ${JSON.stringify(key)} is empty or contains a space`);
  }
}

function wholeNumber(message: Message, name: 'delayTimeLevel' | 'deliverTimeMillis'): string | undefined {
  const value = message[name];
  if (value === undefined) return undefined;
  if (!Number.isSafeInteger(value) || value < 0) {
    throw illegal(message, `${name} is ${value}; expected a whole number from 0 on`);
  }
  return String(value);
}

export function illegal(message: Pick<Message, 'topic'>, reason: string): MqError {
  return new MqError(
    MqErrorCode.MESSAGE_ILLEGAL,
    `a message for topic ${message.topic} cannot be sent: ${reason}`,
  );
}

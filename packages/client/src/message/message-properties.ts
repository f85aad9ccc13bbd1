import { KEY_SEPARATOR, MessageProperty, RESERVED_PROPERTIES, propertyText } from '@centaurmq/protocol';
import { MqError, MqErrorCode } from '../errors.ts';
import type { Message } from './message.ts';

// eslint-disable-next-line no-control-regex -- the two separators of the encoded properties
const SEPARATORS = /[\u0001\u0002]/;

/**
 * The properties that a message is sent with, encoded, in a fixed order.
 * @param uniqueKey the id that the message keeps wherever it goes
 * @throws MqError MESSAGE_ILLEGAL for what the encoding would lose or change
 */
export function messageProperties(message: Message, uniqueKey: string): string {
  const isStored = message.waitStoreMessageOk ?? true;
  let text = keysProperty(message) + propertyText(MessageProperty.UNIQ_CLIENT_MESSAGE_ID_KEYIDX, uniqueKey);
  text += isStored ? WAIT_STORED : WAIT_NOT_STORED;
  text += given(message, MessageProperty.TAGS, message.tag);
  text += given(message, MessageProperty.SHARDING_KEY, shardingKeyOf(message));
  text += given(message, MessageProperty.DELAY_TIME_LEVEL, wholeNumber(message, 'delayTimeLevel'));
  text += given(message, MessageProperty.TIMER_DELIVER_MS, wholeNumber(message, 'deliverTimeMillis'));
  return text + ownProperties(message);
}

const WAIT_STORED = propertyText(MessageProperty.WAIT_STORE_MSG_OK, 'true');
const WAIT_NOT_STORED = propertyText(MessageProperty.WAIT_STORE_MSG_OK, 'false');

function keysProperty(message: Message): string {
  const keys = typeof message.keys === 'string' ? [message.keys] : (message.keys ?? []);
  for (const key of keys) checkKey(message, key);
  return keys.length === 0 ? '' : propertyText(MessageProperty.KEYS, keys.join(KEY_SEPARATOR));
}

/** RocketMQ does not reserve its name: who gives it both ways means the property. */
function shardingKeyOf({ shardingKey, properties }: Message): string | undefined {
  if (shardingKey === undefined) return undefined;
  return properties?.[MessageProperty.SHARDING_KEY] ?? shardingKey;
}

function ownProperties(message: Message): string {
  let text = '';
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
    const isWritten = name === MessageProperty.SHARDING_KEY && message.shardingKey !== undefined;
    if (!isWritten) text += given(message, name, value);
  }
  return text;
}

function given(message: Message, name: string, value: string | undefined): string {
  if (value === undefined) return '';
  if (typeof value !== 'string' || value === '' || SEPARATORS.test(value)) {
    throw illegal(
      message,
      `the property ${name} is ${JSON.stringify(value)}; expected text that is not empty and contains neither U+0001 nor U+0002`,
    );
  }
  return propertyText(name, value);
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

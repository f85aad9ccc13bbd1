import { illegal } from '../message/message-properties.ts';
import type { Message } from '../message/message.ts';
import type { PreparedMessage } from './prepared-message.ts';

/** Of one element besides body and properties, as `encodeBatch` writes it. */
const ELEMENT_HEAD_BYTES = 22;

/**
 * Checks what all messages of a batch must have in common. Apache RocketMQ: MessageBatch.generateFromList.
 * @throws MqError MESSAGE_ILLEGAL
 */
export function checkBatch(messages: readonly Message[]): void {
  const [first] = messages;
  if (first === undefined) throw new RangeError('a batch has no messages; expected at least one');
  for (const message of messages) {
    if (message.topic !== first.topic) {
      throw illegal(message, `a batch has one topic; another message is for ${first.topic}`);
    }
    if (message.delayTimeLevel !== undefined || message.deliverTimeMillis !== undefined) {
      throw illegal(message, 'a message of a batch cannot be delayed; send it by itself');
    }
    if (message.topic.startsWith('%RETRY%')) throw illegal(message, 'a retry topic takes no batches');
    if ((message.waitStoreMessageOk ?? true) !== (first.waitStoreMessageOk ?? true)) {
      throw illegal(message, 'waitStoreMessageOk must be the same in a batch');
    }
  }
}

/**
 * As few requests as hold all messages in their order, each within the limit.
 * @throws MqError MESSAGE_ILLEGAL when one message alone is above it
 */
export function splitBatch(messages: readonly PreparedMessage[], batchBytesMax: number): PreparedMessage[][] {
  const batches: PreparedMessage[][] = [];
  let current: PreparedMessage[] = [];
  let currentBytes = 0;
  for (const message of messages) {
    const bytes = ELEMENT_HEAD_BYTES + message.body.length + Buffer.byteLength(message.properties);
    if (bytes > batchBytesMax) {
      throw illegal(
        message,
        `encoded for a batch it has ${bytes} bytes; at most ${batchBytesMax} are allowed`,
      );
    }
    if (currentBytes + bytes > batchBytesMax) {
      batches.push(current);
      current = [];
      currentBytes = 0;
    }
    current.push(message);
    currentBytes += bytes;
  }
  batches.push(current);
  return batches;
}

import { javaHashCode } from '@centaurmq/protocol';
import type { MessageQueue } from '../message/message-queue.ts';
import type { Message } from '../message/message.ts';

/** Chooses the queue of a message among those of its topic. Apache RocketMQ: MessageQueueSelector. */
export type SelectQueue = (queues: readonly MessageQueue[], message: Message) => MessageQueue | undefined;

/**
 * The same key goes to the same queue, as long as the number of queues does not change; Java's clients choose the same one.
 * Apache RocketMQ: SelectMessageQueueByHash.
 */
export function selectQueueByHash(key: string): SelectQueue {
  return (queues) => queues[Math.abs(javaHashCode(key) % queues.length)];
}

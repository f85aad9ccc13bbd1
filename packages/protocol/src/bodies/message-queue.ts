import { type Body, defineBody } from './define-body.ts';

export interface MessageQueue {
  readonly topic: string;
  readonly brokerName: string;
  readonly queueId: number;
}
export const MessageQueue: Body<MessageQueue> = defineBody('MessageQueue', (json) => ({
  topic: json.textOf('topic'),
  brokerName: json.textOf('brokerName'),
  queueId: json.numberOf('queueId'),
}));

/** The same text for equal queues: a key for maps. */
export function messageQueueKey(queue: MessageQueue): string {
  return `${queue.topic}\n${queue.brokerName}\n${queue.queueId}`;
}

/** Java's order of queues: by topic, then broker, then queue id. */
export function compareMessageQueues(left: MessageQueue, right: MessageQueue): number {
  if (left.topic !== right.topic) return left.topic < right.topic ? -1 : 1;
  if (left.brokerName !== right.brokerName) return left.brokerName < right.brokerName ? -1 : 1;
  return left.queueId - right.queueId;
}

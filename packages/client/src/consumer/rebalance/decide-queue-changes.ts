import type { MessageQueue } from '../../message/message-queue.ts';
import { messageQueueKey } from '../../message/message-queue.ts';

export interface WorkingQueue {
  readonly queue: MessageQueue;
  /** No pull for longer than the idle limit: its loop must be begun anew. */
  readonly pullExpired: boolean;
}

export interface QueueChanges {
  readonly drop: readonly MessageQueue[];
  readonly add: readonly MessageQueue[];
}

/**
 * What must change so that exactly the assigned queues of one topic are worked on. A stuck queue is dropped and added again.
 * Apache RocketMQ: RebalanceImpl.updateProcessQueueTableInRebalance.
 */
export function decideQueueChanges(
  assigned: readonly MessageQueue[],
  working: readonly WorkingQueue[],
): QueueChanges {
  const assignedKeys = new Set(assigned.map(messageQueueKey));
  const drop = working
    .filter(({ queue, pullExpired }) => pullExpired || !assignedKeys.has(messageQueueKey(queue)))
    .map(({ queue }) => queue);
  const dropped = new Set(drop.map(messageQueueKey));
  const kept = new Set(working.map(({ queue }) => messageQueueKey(queue)).filter((key) => !dropped.has(key)));
  const add = assigned.filter((queue) => !kept.has(messageQueueKey(queue)));
  return { drop, add };
}

import type { MessageQueue } from '../../message/message-queue.ts';
import type { AllocateMessageQueueStrategy } from './allocate-message-queue-strategy.ts';

/**
 * A fixed share: the caller answers for every queue being somebody's, the retry topic's included.
 * Apache RocketMQ: AllocateMessageQueueByConfig.
 */
export function allocateMessageQueueByConfig(
  configured: readonly MessageQueue[],
): AllocateMessageQueueStrategy {
  return {
    name: 'CONFIG',
    allocate({ queues }) {
      const topic = queues[0]?.topic;
      return configured.filter((queue) => queue.topic === topic);
    },
  };
}

import type { AllocateMessageQueueStrategy } from './allocate-message-queue-strategy.ts';
import { positionOfClient } from './allocate-message-queue-strategy.ts';

/**
 * Consecutive runs, the first clients taking one more when the queues do not divide evenly. RocketMQ's default.
 * Apache RocketMQ: AllocateMessageQueueAveragely.
 */
export const allocateMessageQueueAveragely: AllocateMessageQueueStrategy = {
  name: 'AVG',
  allocate(input) {
    const position = positionOfClient(input);
    if (position === null) return [];
    const { queues, clientIds } = input;
    const whole = Math.floor(queues.length / clientIds.length);
    const remainder = queues.length % clientIds.length;
    const start = position * whole + Math.min(position, remainder);
    return queues.slice(start, start + whole + (position < remainder ? 1 : 0));
  },
};

/** Every n-th queue, n being the number of clients. Apache RocketMQ: AllocateMessageQueueAveragelyByCircle. */
export const allocateMessageQueueAveragelyByCircle: AllocateMessageQueueStrategy = {
  name: 'AVG_BY_CIRCLE',
  allocate(input) {
    const position = positionOfClient(input);
    if (position === null) return [];
    return input.queues.filter((_, index) => index % input.clientIds.length === position);
  },
};

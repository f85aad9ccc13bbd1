import type { MessageQueue } from '../message/message-queue.ts';

/** Whether a queue may be chosen. */
export type QueueFilter = (queue: MessageQueue) => boolean;

/** The queues of one topic that can be written, and whose turn it is. Apache RocketMQ: TopicPublishInfo. */
export class TopicPublishInfo {
  readonly queues: readonly MessageQueue[];
  #turn: number;

  /** @param firstTurn where the round begins: random, so that many producers do not begin at the same queue */
  constructor(queues: readonly MessageQueue[], firstTurn: number) {
    this.queues = queues;
    this.#turn = firstTurn;
  }

  /** @returns the next queue in turn that passes, or null after one whole round */
  select(filter: QueueFilter = () => true): MessageQueue | null {
    for (const _ of this.queues) {
      this.#turn = (this.#turn + 1) % this.queues.length;
      const queue = this.queues[this.#turn];
      if (queue !== undefined && filter(queue)) return queue;
    }
    return null;
  }
}

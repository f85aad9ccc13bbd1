import type { MessageQueue } from '../../message/message-queue.ts';

/** What every client of a group computes its own share from. */
export interface AllocationInput {
  readonly consumerGroup: string;
  readonly clientId: string;
  /** All queues of the topic, in the order of `compareMessageQueues`. */
  readonly queues: readonly MessageQueue[];
  /** All clients of the group, in the order of Java's String.compareTo. */
  readonly clientIds: readonly string[];
}

/**
 * Says which queues of a topic belong to one client of a group. All clients of a group, of whatever language, must use the same
 * strategy: nothing else keeps two of them off the same queue. Apache RocketMQ: AllocateMessageQueueStrategy.
 */
export interface AllocateMessageQueueStrategy {
  /** RocketMQ's name of it, as brokers and tools know it. */
  readonly name: string;
  allocate(input: AllocationInput): MessageQueue[];
}

/**
 * A client that the broker does not list has no share (yet); the other inputs cannot be empty.
 * @returns the position of the client, or null when it has no share
 */
export function positionOfClient({
  clientId,
  clientIds,
  queues,
  consumerGroup,
}: AllocationInput): number | null {
  if (clientId === '' || queues.length === 0 || clientIds.length === 0) {
    throw new RangeError(
      `allocation for group ${consumerGroup} needs a client id, queues and client ids; ` +
        `found client id '${clientId}', ${queues.length} queues, ${clientIds.length} client ids`,
    );
  }
  const position = clientIds.indexOf(clientId);
  return position < 0 ? null : position;
}

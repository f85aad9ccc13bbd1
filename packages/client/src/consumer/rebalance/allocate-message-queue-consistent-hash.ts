import { createHash } from 'node:crypto';
import { messageQueueText } from '../../message/message-queue.ts';
import type { AllocateMessageQueueStrategy } from './allocate-message-queue-strategy.ts';
import { positionOfClient } from './allocate-message-queue-strategy.ts';

const VIRTUAL_NODE_COUNT_DEFAULT = 10;

/**
 * A hash ring: when a client comes or goes, only its neighbours' queues move.
 * Apache RocketMQ: AllocateMessageQueueConsistentHash, ConsistentHashRouter.
 * @param virtualNodeCount points of each client on the ring; the same in every client of the group
 */
export function allocateMessageQueueByConsistentHash(
  virtualNodeCount: number = VIRTUAL_NODE_COUNT_DEFAULT,
): AllocateMessageQueueStrategy {
  if (!Number.isInteger(virtualNodeCount) || virtualNodeCount < 1) {
    throw new RangeError(`virtualNodeCount is ${virtualNodeCount}; expected a whole number from 1 on`);
  }
  return {
    name: 'CONSISTENT_HASH',
    allocate(input) {
      if (positionOfClient(input) === null) return [];
      const ring = hashRing(input.clientIds, virtualNodeCount);
      return input.queues.filter((queue) => ownerOf(messageQueueText(queue), ring) === input.clientId);
    },
  };
}

interface RingPoint {
  readonly hash: number;
  readonly clientId: string;
}

function hashRing(clientIds: readonly string[], virtualNodeCount: number): readonly RingPoint[] {
  // A later point with the same hash replaces the earlier one, as in Java's map.
  const owners = new Map<number, string>();
  for (const clientId of clientIds) {
    for (let replica = 0; replica < virtualNodeCount; replica++) {
      owners.set(ringHash(`${clientId}-${replica}`), clientId);
    }
  }
  return [...owners]
    .map(([hash, clientId]) => ({ hash, clientId }))
    .toSorted((one, other) => one.hash - other.hash);
}

function ownerOf(key: string, ring: readonly RingPoint[]): string | undefined {
  const hash = ringHash(key);
  return (ring.find((point) => point.hash >= hash) ?? ring[0])?.clientId;
}

/** The first four bytes of the MD5, unsigned. */
function ringHash(key: string): number {
  return createHash('md5').update(key, 'utf8').digest().readUInt32BE(0);
}

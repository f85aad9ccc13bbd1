import type { MessageQueue } from '../../message/message-queue.ts';
import { compareJavaStrings } from '../../message/message-queue.ts';
import type { AllocateMessageQueueStrategy } from './allocate-message-queue-strategy.ts';
import { positionOfClient } from './allocate-message-queue-strategy.ts';

/**
 * Shares only the queues of the named machine rooms; a broker is called `room@name`.
 * Apache RocketMQ: AllocateMessageQueueByMachineRoom.
 */
export function allocateMessageQueueByMachineRoom(rooms: Iterable<string>): AllocateMessageQueueStrategy {
  const consumed = new Set(rooms);
  return {
    name: 'MACHINE_ROOM',
    allocate(input) {
      const position = positionOfClient(input);
      if (position === null) return [];
      const queues = input.queues.filter(({ brokerName }) => {
        const parts = brokerName.split('@');
        return parts.length === 2 && consumed.has(parts[0] ?? '');
      });
      const clientCount = input.clientIds.length;
      const whole = Math.floor(queues.length / clientCount);
      const share = queues.slice(position * whole, (position + 1) * whole);
      const spare =
        position < queues.length % clientCount ? queues[whole * clientCount + position] : undefined;
      return spare === undefined ? share : [...share, spare];
    },
  };
}

/** Says where brokers and clients stand. Both must name a room. */
export interface MachineRoomResolver {
  roomOfBroker(queue: MessageQueue): string;
  roomOfClient(clientId: string): string;
}

/**
 * Queues go to clients in their own machine room; those of a room without any client are shared by all.
 * Apache RocketMQ: AllocateMachineRoomNearby.
 */
export function allocateMachineRoomNearby(
  strategy: AllocateMessageQueueStrategy,
  resolver: MachineRoomResolver,
): AllocateMessageQueueStrategy {
  return {
    name: `MACHINE_ROOM_NEARBY-${strategy.name}`,
    allocate(input) {
      if (positionOfClient(input) === null) return [];
      const queuesByRoom = groupByRoom(input.queues, (queue) => resolver.roomOfBroker(queue));
      const clientsByRoom = groupByRoom(input.clientIds, (clientId) => resolver.roomOfClient(clientId));
      const ownRoom = resolver.roomOfClient(input.clientId);
      const ownQueues = queuesByRoom.get(ownRoom) ?? [];
      queuesByRoom.delete(ownRoom);
      const share =
        ownQueues.length === 0
          ? []
          : strategy.allocate({ ...input, queues: ownQueues, clientIds: clientsByRoom.get(ownRoom) ?? [] });
      for (const [room, queues] of [...queuesByRoom].toSorted(([one], [other]) =>
        compareJavaStrings(one, other),
      )) {
        if (!clientsByRoom.has(room)) share.push(...strategy.allocate({ ...input, queues }));
      }
      return share;
    },
  };
}

function groupByRoom<T>(items: readonly T[], roomOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const room = roomOf(item);
    if (room === '')
      throw new RangeError(`no machine room for ${JSON.stringify(item)}: the resolver returned ''`);
    const group = groups.get(room);
    if (group === undefined) groups.set(room, [item]);
    else group.push(item);
  }
  return groups;
}

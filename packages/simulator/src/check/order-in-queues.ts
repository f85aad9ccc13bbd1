import { type HistoryEventOf, type RecordedRun, eventsOf, queueKey } from '../history/history.ts';
import { takenByPowerLoss } from './early-acknowledgements.ts';
import { type Check, told } from './violation.ts';

interface Wrong {
  readonly what: string;
  readonly at: number;
}

/**
 * A message acknowledged before another one was begun stands before it in their queue; and a broadcasting member, whom nobody takes queues
 * from, gets each queue from its beginning on without a gap.
 */
export const orderInQueues: Check = (run) =>
  told('orderInQueues', [...appendsOutOfOrder(run), ...deliveriesWithGaps(run)]);

function appendsOutOfOrder(run: RecordedRun): Wrong[] {
  const { events } = run;
  const taken = takenByPowerLoss(run);
  const beganAt = new Map(eventsOf(events, 'sendBegan').map(({ message, at }) => [message.id, at]));
  const byQueue = new Map<string, HistoryEventOf<'sendAcknowledged'>[]>();
  for (const send of eventsOf(events, 'sendAcknowledged')) {
    if (send.queueOffset === null) continue;
    const key = queueKey(send.queue);
    const sends = byQueue.get(key);
    if (sends === undefined) byQueue.set(key, [send]);
    else sends.push(send);
  }
  return [...byQueue].flatMap(([key, acknowledged]) => outOfOrderInQueue(key, acknowledged, beganAt, taken));
}

function outOfOrderInQueue(
  key: string,
  acknowledged: readonly HistoryEventOf<'sendAcknowledged'>[],
  beganAt: ReadonlyMap<string, number>,
  taken: ReadonlyMap<string, number>,
): Wrong[] {
  return acknowledged.flatMap((send) => {
    const began = beganAt.get(send.id) ?? 0;
    let highest: HistoryEventOf<'sendAcknowledged'> | null = null;
    for (const other of acknowledged) {
      // The place of a message that a power loss took is free again.
      const isBefore = other.at < began && send.at <= (taken.get(other.id) ?? Infinity);
      if (isBefore && (other.queueOffset ?? 0) > (highest?.queueOffset ?? -1)) highest = other;
    }
    if (highest === null || (send.queueOffset ?? 0) > (highest.queueOffset ?? 0)) return [];
    const what = `${key}: ${send.id} at ${send.queueOffset} was begun after ${highest.id} at ${highest.queueOffset} was acknowledged`;
    return [{ what, at: send.at }];
  });
}

function deliveriesWithGaps({ events, duties }: RecordedRun): Wrong[] {
  const everything = duties.filter(({ kind, tags }) => kind === 'broadcast' && tags === null);
  const groups = new Set(everything.map(({ group }) => group));
  const ends = new Map<string, number>();
  const wrong: Wrong[] = [];
  for (const { group, member, queue, queueOffset, at } of eventsOf(events, 'delivered')) {
    if (!groups.has(group)) continue;
    const key = `${member} ${queueKey(queue)}`;
    const expected = ends.get(key) ?? 0;
    // Going back is a repetition, which is allowed.
    if (queueOffset > expected)
      wrong.push({ what: `${key}: ${queueOffset} was delivered while ${expected} had not been`, at });
    ends.set(key, Math.max(expected, queueOffset + 1));
  }
  return wrong;
}

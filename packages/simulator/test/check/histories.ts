// Histories written by hand: a good one, and ways to spoil it.
import type { Audit, DeathKind, HistoryEvent, RecordedRun, SentMessage } from '../../src/history/history.ts';

export const queue = { topic: 'T', brokerName: 'b', queueId: 0 } as const;

export function began(at: number, id: string, change: Partial<SentMessage> = {}): HistoryEvent {
  const message = { id, topic: 'T', tag: 'A', body: `${id}|body`, delayMillis: 0, waitStoreMessageOk: true };
  return { kind: 'sendBegan', at, message: { ...message, ...change } };
}

/** Its producer does not wait for the disk. */
export function beganEarly(at: number, id: string, change: Partial<SentMessage> = {}): HistoryEvent {
  return began(at, id, { waitStoreMessageOk: false, ...change });
}

export function acknowledged(at: number, id: string, queueOffset: number | null, queueId = 0): HistoryEvent {
  return { kind: 'sendAcknowledged', at, id, queue: { ...queue, queueId }, queueOffset };
}

export function died(at: number, how: DeathKind, who: string = queue.brokerName): HistoryEvent {
  return { kind: 'died', at, who, how };
}

export function delivered(
  at: number,
  id: string,
  queueOffset: number,
  change: Partial<Extract<HistoryEvent, { readonly kind: 'delivered' }>> = {},
): HistoryEvent {
  return {
    kind: 'delivered',
    at,
    group: 'G',
    member: 'm',
    life: 0,
    queue,
    queueOffset,
    topic: 'T',
    tag: 'A',
    body: `${id}|body`,
    reconsumeTimes: 0,
    ...change,
  };
}

export function consumed(at: number, id: string): HistoryEvent {
  return { kind: 'consumed', at, group: 'G', member: 'm', id };
}

/** Two messages, sent, delivered and consumed; everything as it should be. */
export const goodEvents: readonly HistoryEvent[] = [
  began(1, 'a'),
  acknowledged(2, 'a', 0),
  began(3, 'b'),
  delivered(4, 'a', 0),
  acknowledged(5, 'b', 1),
  consumed(6, 'a'),
  delivered(7, 'b', 1),
  consumed(8, 'b'),
  { kind: 'endObserved', at: 10, askedAt: 9, queue, maxOffset: 2 },
];

export const goodAudit: Audit = {
  queues: [
    {
      queue,
      minOffset: 0,
      maxOffset: 2,
      messages: [
        { queueOffset: 0, body: 'a|body' },
        { queueOffset: 1, body: 'b|body' },
      ],
    },
  ],
  backlogs: [{ group: 'G', queue, consumerOffset: 2, maxOffset: 2 }],
  routes: [{ nameServer: 'n', topic: 'T', found: ['b: 1 queues'], expected: ['b: 1 queues'] }],
  failures: [],
};

export function run(
  events: readonly HistoryEvent[] = goodEvents,
  audit: Partial<Audit> = {},
  kind: 'push' | 'broadcast' = 'push',
): RecordedRun {
  return {
    level: 'fsync',
    events,
    duties: [{ group: 'G', kind, tags: null, members: ['m'] }],
    audit: { ...goodAudit, ...audit },
  };
}

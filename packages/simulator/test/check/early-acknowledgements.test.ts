// Messages sent with WAIT=false: acknowledged before they are on the disk, which a power loss may take and the death of a process may not.
import { describe, expect, it } from 'vitest';
import { acknowledgedIsConsumed } from '../../src/check/acknowledged-is-consumed.ts';
import { acknowledgedIsStored } from '../../src/check/acknowledged-is-stored.ts';
import { checkRun } from '../../src/check/all-checks.ts';
import { offsetsOnlyGrow } from '../../src/check/offsets-only-grow.ts';
import { orderInQueues } from '../../src/check/order-in-queues.ts';
import type { HistoryEvent, RecordedRun } from '../../src/history/history.ts';
import { acknowledged, began, beganEarly, consumed, delivered, died, queue, run } from './histories.ts';

const nothingStored = { queues: [], backlogs: [] };
const texts = (violations: ReturnType<typeof checkRun>): string[] => violations.map(({ what }) => what);

/** `a` was acknowledged early at 2, and nothing is there in the end. */
function gone(...events: HistoryEvent[]): RecordedRun {
  return run([beganEarly(1, 'a'), acknowledged(2, 'a', 0), ...events], nothingStored);
}

const stored = (queueOffset: number, id: string) => ({
  queues: [{ queue, minOffset: 0, maxOffset: 9, messages: [{ queueOffset, body: `${id}|body` }] }],
});

describe('a message that its producer does not wait for', () => {
  it('may be taken by a power loss', () => {
    expect(checkRun(gone(died(3, 'powerLost')))).toEqual([]);
  });

  it.each(['killed', 'stopped', 'poisoned'] as const)('outlives a process that is %s', (how) => {
    expect(texts(checkRun(gone(died(3, how))))).toEqual([
      'a was acknowledged at T@b:0#0, nothing is there',
      'a (T) was acknowledged, and never consumed by G',
    ]);
  });

  const keeping: [string, ...HistoryEvent[]][] = [
    ['no death at all'],
    ['the power loss of another broker', died(3, 'powerLost', 'c')],
    ['a death of the process that came before the power loss', died(3, 'killed'), died(5, 'powerLost')],
    ['a flush that is long due', died(2 + 10_001, 'powerLost')],
    ['its delivery before', delivered(3, 'a', 0), died(5, 'powerLost')],
    ['the delivery of what stands behind it', delivered(3, 'x', 1), died(5, 'powerLost')],
    [
      'an end of its queue that was visible before',
      { kind: 'endObserved', askedAt: 2.5, at: 3, queue, maxOffset: 1 },
      died(5, 'powerLost'),
    ],
    [
      'a flushed message behind it in its queue',
      began(1, 'b'),
      acknowledged(3, 'b', 1),
      died(5, 'powerLost'),
    ],
    [
      'a flushed message of another queue that was begun later',
      began(3, 'b'),
      acknowledged(4, 'b', 0, 1),
      died(5, 'powerLost'),
    ],
    [
      'the delivery of a message of another queue that was begun later',
      beganEarly(3, 'b'),
      delivered(4, 'b', 0, { queue: { ...queue, queueId: 1 } }),
      died(5, 'powerLost'),
    ],
  ];
  it.each(keeping)('is kept by %s', (_, ...events) => {
    expect(texts(acknowledgedIsStored(gone(...events)))).toContain(
      'a was acknowledged at T@b:0#0, nothing is there',
    );
    expect(texts(acknowledgedIsConsumed(gone(...events)))).toContain(
      'a (T) was acknowledged, and never consumed by G',
    );
  });

  const leaving: [string, ...HistoryEvent[]][] = [
    [
      'a message that was flushed after the loss',
      died(3, 'powerLost'),
      began(4, 'b'),
      acknowledged(5, 'b', 1),
    ],
    [
      'a flushed message of another queue that may have been stored before it',
      began(1.5, 'b'),
      acknowledged(3, 'b', 0, 1),
      died(5, 'powerLost'),
    ],
    [
      'a visible end before it',
      { kind: 'endObserved', askedAt: 2.5, at: 3, queue, maxOffset: 0 },
      died(5, 'powerLost'),
    ],
    [
      'the same on another broker',
      began(3, 'b'),
      { kind: 'sendAcknowledged', at: 4, id: 'b', queue: { ...queue, brokerName: 'c' }, queueOffset: 0 },
      died(5, 'powerLost'),
    ],
    [
      'another early one behind it, which is gone, too',
      beganEarly(3, 'b'),
      acknowledged(4, 'b', 1),
      died(5, 'powerLost'),
    ],
  ];
  it.each(leaving)('is not kept by %s', (_, ...events) => {
    expect(texts(acknowledgedIsStored(gone(...events))).join()).not.toContain('a was');
    expect(texts(acknowledgedIsConsumed(gone(...events))).join()).not.toContain('a (T)');
  });

  it('may be taken while its acknowledgement is on its way', () => {
    const events = [beganEarly(1, 'a'), died(2, 'powerLost'), acknowledged(3, 'a', 0), died(4, 'killed')];
    expect(checkRun(run(events, nothingStored))).toEqual([]);
  });

  it('may be taken while a copy of it, of an attempt that was not answered, is there', () => {
    const events = [beganEarly(1, 'a'), acknowledged(3, 'a', 1), died(4, 'powerLost')];
    expect(acknowledgedIsStored(run(events, stored(0, 'a')))).toEqual([]);
  });

  it('is kept when a later one is: a log has one end', () => {
    const events = [
      ...gone(beganEarly(3, 'b'), acknowledged(4, 'b', 1), died(5, 'powerLost')).events,
      delivered(6, 'b', 1),
      consumed(7, 'b'),
    ];
    expect(texts(acknowledgedIsStored(run(events, stored(1, 'b'))))).toEqual([
      'a was acknowledged at T@b:0#0, nothing is there',
    ]);
  });

  it('has to be consumed when it is still there', () => {
    const events = [beganEarly(1, 'a'), acknowledged(2, 'a', 0), died(3, 'powerLost')];
    const missing = ['a (T) was acknowledged, and never consumed by G'];
    expect(texts(acknowledgedIsConsumed(run(events, stored(0, 'a'))))).toEqual(missing);
    expect(texts(acknowledgedIsConsumed(run([...events, delivered(9, 'a', 0)], nothingStored)))).toEqual(
      missing,
    );
  });

  it('may be taken while it is delayed, and has to be consumed when it came', () => {
    const events = [beganEarly(1, 'a', { delayMillis: 5 }), acknowledged(2, 'a', null), died(3, 'powerLost')];
    expect(checkRun(run(events, nothingStored))).toEqual([]);
    expect(acknowledgedIsConsumed(run([...events, delivered(9, 'a', 4)], nothingStored))).toHaveLength(1);
    const killed = [...events.slice(0, 2), died(3, 'killed')];
    expect(acknowledgedIsConsumed(run(killed, nothingStored))).toHaveLength(1);
  });

  it('is as any other at a level that waits for no disk', () => {
    const { events } = gone(died(3, 'powerLost'));
    expect(checkRun({ ...run(events, nothingStored), level: 'os' })).toHaveLength(2);
  });

  it('leaves its place to others when it is taken, not before', () => {
    const taken = gone(died(3, 'powerLost'), began(4, 'b'), acknowledged(5, 'b', 0)).events;
    expect(orderInQueues(run(taken, stored(0, 'b')))).toEqual([]);
    const standing = gone(beganEarly(3, 'b'), acknowledged(4, 'b', 0), died(5, 'powerLost')).events;
    expect(texts(orderInQueues(run(standing, nothingStored)))).toEqual([
      'T@b:0: b at 0 was begun after a at 0 was acknowledged',
    ]);
  });

  it('need not be seen at once', () => {
    const end = { kind: 'endObserved', askedAt: 3, at: 4, queue, maxOffset: 0 } as const;
    const early = gone(end);
    expect(offsetsOnlyGrow(early)).toEqual([]);
    expect(offsetsOnlyGrow({ ...early, level: 'os' })).toHaveLength(1);
    const waiting = [began(1, 'a'), acknowledged(2, 'a', 0), end];
    expect(offsetsOnlyGrow(run(waiting, nothingStored))).toHaveLength(1);
  });
});

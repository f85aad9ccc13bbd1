import { describe, expect, it } from 'vitest';
import { acknowledgedIsConsumed } from '../../src/check/acknowledged-is-consumed.ts';
import { acknowledgedIsStored } from '../../src/check/acknowledged-is-stored.ts';
import { checkRun } from '../../src/check/all-checks.ts';
import { brokersComeBack } from '../../src/check/brokers-come-back.ts';
import { groupsAreDrained } from '../../src/check/groups-are-drained.ts';
import { nothingInvented } from '../../src/check/nothing-invented.ts';
import { offsetsOnlyGrow } from '../../src/check/offsets-only-grow.ts';
import { orderInQueues } from '../../src/check/order-in-queues.ts';
import { routesConverge } from '../../src/check/routes-converge.ts';
import { staysAsDelivered } from '../../src/check/stays-as-delivered.ts';
import { told } from '../../src/check/violation.ts';
import { acknowledged, began, delivered, goodAudit, goodEvents, queue, run } from './histories.ts';

const texts = (violations: ReturnType<typeof checkRun>): string[] => violations.map(({ what }) => what);

describe('checks', () => {
  it('find nothing in a good run', () => {
    expect(checkRun(run())).toEqual([]);
    expect(checkRun(run(goodEvents, {}, 'broadcast'))).toEqual([]);
  });

  it('tell of many violations of one kind only the first', () => {
    const many = Array.from({ length: 12 }, (_, index) => ({ what: `wrong ${index}` }));
    expect(told('check', many)).toHaveLength(6);
    expect(told('check', many).at(-1)?.what).toBe('and 7 more');
  });
});

describe('acknowledgedIsStored', () => {
  const without = (queueOffset: number) => [
    {
      ...goodAudit.queues[0]!,
      messages: goodAudit.queues[0]!.messages.filter((m) => m.queueOffset !== queueOffset),
    },
  ];

  it('finds an acknowledged message that is gone', () => {
    expect(texts(acknowledgedIsStored(run(goodEvents, { queues: without(1) })))).toEqual([
      'b was acknowledged at T@b:0#1, nothing is there',
    ]);
  });

  it('finds another message in its place', () => {
    const queues = [
      {
        ...goodAudit.queues[0]!,
        messages: [{ queueOffset: 0, body: 'x|body' }, goodAudit.queues[0]!.messages[1]!],
      },
    ];
    expect(texts(acknowledgedIsStored(run(goodEvents, { queues })))).toEqual([
      'a was acknowledged at T@b:0#0, x is there',
    ]);
  });

  it('lets one go that was never acknowledged', () => {
    expect(acknowledgedIsStored(run(goodEvents.slice(0, 4), { queues: without(1) }))).toEqual([]);
  });
});

describe('acknowledgedIsConsumed', () => {
  it('finds a message that nobody consumed, though it was delivered', () => {
    const events = goodEvents.filter((event) => !(event.kind === 'consumed' && event.id === 'b'));
    expect(texts(acknowledgedIsConsumed(run(events)))).toEqual([
      'b (T) was acknowledged, and never consumed by G',
    ]);
  });

  it('wants every member of a broadcasting group to have it', () => {
    const twoMembers = {
      ...run(),
      duties: [{ group: 'G', kind: 'broadcast' as const, tags: null, members: ['m', 'n'] }],
    };
    expect(texts(acknowledgedIsConsumed(twoMembers))).toEqual([
      'a (T) was acknowledged, and never consumed by G n',
      'b (T) was acknowledged, and never consumed by G n',
    ]);
  });

  it('asks nothing of a group with other tags', () => {
    const others = {
      ...run(goodEvents.filter(({ kind }) => kind !== 'consumed')),
      duties: [{ group: 'G', kind: 'push' as const, tags: ['B'], members: ['m'] }],
    };
    expect(acknowledgedIsConsumed(others)).toEqual([]);
  });
});

describe('staysAsDelivered', () => {
  it('finds a place that was two messages', () => {
    const events = [...goodEvents, delivered(9, 'c', 1)];
    expect(texts(staysAsDelivered(run(events)))).toContain('T@b:0#1 was b, later c');
  });

  it('finds a delivered message that was taken back', () => {
    const events = [...goodEvents, delivered(9, 'c', 2)];
    expect(texts(staysAsDelivered(run(events)))).toEqual([
      'T@b:0#2 was delivered as c; in the end nothing is (the queue ends at 2) there',
    ]);
  });

  it('allows the same message twice', () => {
    expect(staysAsDelivered(run([...goodEvents, delivered(9, 'b', 1)]))).toEqual([]);
  });
});

describe('nothingInvented', () => {
  const wrong: [string, ReturnType<typeof delivered>, string][] = [
    ['a message of nobody', delivered(9, 'x', 5), 'it was never sent'],
    ['another body', delivered(9, 'a', 0, { body: 'a|bodY!' }), 'the body is not the one that was sent'],
    ['another topic', delivered(9, 'a', 0, { topic: 'U' }), 'it was sent to T, not U'],
    ['another tag', delivered(9, 'a', 0, { tag: 'B' }), 'it was sent with tag A, not B'],
  ];
  it.each(wrong)('finds %s', (_, event, reason) => {
    expect(texts(nothingInvented(run([...goodEvents, event]))).join()).toContain(reason);
  });

  it('finds a delivery before the send', () => {
    expect(texts(nothingInvented(run([delivered(1, 'a', 0), began(2, 'a')]))).join()).toContain('never sent');
  });

  it('finds a delayed message that comes too early, and lets one pass that comes in time', () => {
    const early = [began(0, 'd', { delayMillis: 1000 }), delivered(900, 'd', 0)];
    expect(texts(nothingInvented(run(early)))).toEqual(['G got d: 100.0 ms before its time']);
    expect(nothingInvented(run([began(0, 'd', { delayMillis: 1000 }), delivered(1000, 'd', 0)]))).toEqual([]);
  });

  it('finds a tag that the group does not want', () => {
    const others = {
      ...run(),
      duties: [{ group: 'G', kind: 'push' as const, tags: ['B', 'C'], members: ['m'] }],
    };
    expect(texts(nothingInvented(others))[0]).toContain('the group wants B, C, its tag is A');
  });
});

describe('orderInQueues', () => {
  it('finds a message before one that was acknowledged before it was begun', () => {
    const events = [began(1, 'a'), acknowledged(2, 'a', 1), began(3, 'b'), acknowledged(4, 'b', 0)];
    expect(texts(orderInQueues(run(events)))).toEqual([
      'T@b:0: b at 0 was begun after a at 1 was acknowledged',
    ]);
  });

  it('lets messages that were on their way together come in any order', () => {
    const events = [began(1, 'a'), began(2, 'b'), acknowledged(3, 'a', 1), acknowledged(4, 'b', 0)];
    expect(orderInQueues(run(events))).toEqual([]);
  });

  it('finds a gap in what a broadcasting member gets', () => {
    const events = [delivered(1, 'a', 0), delivered(2, 'c', 2)];
    expect(texts(orderInQueues(run(events, {}, 'broadcast')))).toEqual([
      'm T@b:0: 2 was delivered while 1 had not been',
    ]);
    expect(orderInQueues(run(events))).toEqual([]);
  });

  it('lets a broadcasting member go back', () => {
    const events = [delivered(1, 'a', 0), delivered(2, 'b', 1), delivered(3, 'a', 0), delivered(4, 'b', 1)];
    expect(orderInQueues(run(events, {}, 'broadcast'))).toEqual([]);
  });
});

describe('offsetsOnlyGrow', () => {
  const observed = (at: number, askedAt: number, maxOffset: number) =>
    ({ kind: 'endObserved', at, askedAt, queue, maxOffset }) as const;

  it('finds an end that goes back', () => {
    expect(texts(offsetsOnlyGrow(run([observed(2, 1, 5), observed(4, 3, 4)], { queues: [] })))).toEqual([
      'T@b:0 reached 5, and ended at 4 later',
    ]);
  });

  it('finds an end behind what was acknowledged before it was asked for', () => {
    const events = [acknowledged(1, 'a', 6), observed(3, 2, 6)];
    expect(offsetsOnlyGrow(run(events, { queues: [] }))).toHaveLength(1);
  });

  it('allows an answer that was on its way meanwhile', () => {
    const events = [acknowledged(2, 'a', 6), observed(3, 1, 6)];
    expect(offsetsOnlyGrow(run(events, { queues: [] }))).toEqual([]);
  });

  it('finds an end that went back for good', () => {
    expect(offsetsOnlyGrow(run([observed(2, 1, 9)]))).toHaveLength(1);
  });
});

describe('groupsAreDrained', () => {
  it('finds a group that is behind', () => {
    const backlogs = [{ group: 'G', queue, consumerOffset: 1, maxOffset: 2 }];
    expect(texts(groupsAreDrained(run(goodEvents, { backlogs })))).toEqual([
      'G is at 1 of T@b:0, which ends at 2',
    ]);
  });

  it('finds bounds that do not fit the messages', () => {
    const queues = [{ ...goodAudit.queues[0]!, maxOffset: 3 }];
    expect(texts(groupsAreDrained(run(goodEvents, { queues })))[0]).toContain(
      'from 0 to 3, read were 2 messages (0 1)',
    );
  });

  it('finds an audit that could not be made', () => {
    expect(texts(groupsAreDrained(run(goodEvents, { failures: ['reading T: no'] })))).toEqual([
      'reading T: no',
    ]);
  });
});

describe('routesConverge', () => {
  it('finds a name server that knows less than the brokers', () => {
    const routes = [{ nameServer: 'n', topic: 'T', found: [], expected: ['b: 1 queues'] }];
    expect(texts(routesConverge(run(goodEvents, { routes })))).toEqual([
      'n says of T: nothing; expected b: 1 queues',
    ]);
  });
});

describe('brokersComeBack', () => {
  const failed = (diskWasFaulty: boolean) =>
    ({ kind: 'startFailed', at: 5, who: 'b', reason: 'damaged', diskWasFaulty }) as const;

  it('finds a broker that does not start on a whole disk', () => {
    expect(texts(brokersComeBack(run([...goodEvents, failed(false)])))).toEqual([
      'b does not start: damaged',
    ]);
    expect(brokersComeBack(run([...goodEvents, failed(true)]))).toEqual([]);
  });
});

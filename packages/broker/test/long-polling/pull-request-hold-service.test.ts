import { type Connection, ManualClock } from '@centaurmq/remoting';
import { describe, expect, it } from 'vitest';
import { PullRequestHoldService } from '../../src/long-polling/pull-request-hold-service.ts';

class Queues {
  readonly maxOffsets = new Map<string, number>();
  readonly watched = new Set<string>();

  maxOffset(topic: string, queueId: number): number {
    return this.maxOffsets.get(`${topic} ${queueId}`) ?? 0;
  }

  watch(topic: string, queueId: number, on: boolean): void {
    if (on) this.watched.add(`${topic} ${queueId}`);
    else this.watched.delete(`${topic} ${queueId}`);
  }
}

function connection(id: number): Connection {
  const address = { host: '127.0.0.1', port: id };
  return { id, remote: address, local: address, isOpen: true };
}

function setUp(heldPullsMax = 100) {
  const clock = new ManualClock();
  const queues = new Queues();
  const holds = new PullRequestHoldService({ arrivals: queues, clock, heldPullsMax });
  const woken: string[] = [];
  const hold = (name: string, from: number, timeoutMillis = 15_000, peer = connection(1)): boolean =>
    holds.suspend({
      connection: peer,
      topic: 'T',
      queueId: 0,
      pullFromThisOffset: from,
      deadlineMillis: clock.monotonicMillis() + timeoutMillis,
      wake: (reason) => woken.push(`${name} ${reason}`),
    });
  return { clock, queues, holds, woken, hold };
}

describe('PullRequestHoldService', () => {
  it('wakes the pulls that the arrival reaches, and only once', () => {
    const { queues, holds, woken, hold } = setUp();
    hold('a', 0);
    hold('b', 5);
    expect(queues.watched).toEqual(new Set(['T 0']));
    queues.maxOffsets.set('T 0', 3);
    holds.notifyMessageArriving('T', 0);
    holds.notifyMessageArriving('T', 0);
    expect(woken).toEqual(['a arrival']);
    queues.maxOffsets.set('T 0', 6);
    holds.notifyMessageArriving('T', 0);
    expect(woken).toEqual(['a arrival', 'b arrival']);
    expect(queues.watched.size).toBe(0);
    expect(holds.heldCount).toBe(0);
  });

  it('wakes exactly at the deadline', async () => {
    const { clock, woken, hold } = setUp();
    hold('a', 0, 15_000);
    hold('b', 0, 20_000);
    await clock.advance(14_999);
    expect(woken).toEqual([]);
    await clock.advance(1);
    expect(woken).toEqual(['a timeout']);
    await clock.advance(5000);
    expect(woken).toEqual(['a timeout', 'b timeout']);
    expect(clock.pendingTimerCount).toBe(0);
  });

  it('notices what became visible between the read and the watch', () => {
    const { queues, woken, hold } = setUp();
    queues.maxOffsets.set('T 0', 1);
    hold('a', 0);
    expect(woken).toEqual(['a arrival']);
  });

  it('lets a woken pull be held again', () => {
    const { queues, holds, hold } = setUp();
    let wakes = 0;
    const peer = connection(1);
    const again = (from: number): boolean =>
      holds.suspend({
        connection: peer,
        topic: 'T',
        queueId: 0,
        pullFromThisOffset: from,
        deadlineMillis: 10_000,
        wake: () => {
          wakes += 1;
          again(from + 1);
        },
      });
    again(0);
    hold('other', 10);
    queues.maxOffsets.set('T 0', 1);
    holds.notifyMessageArriving('T', 0);
    expect(wakes).toBe(1);
    expect(holds.heldCount).toBe(2);
  });

  it('forgets the pulls of a closed connection', async () => {
    const { clock, queues, holds, woken, hold } = setUp();
    const peer = connection(7);
    hold('gone', 0, 15_000, peer);
    hold('stays', 0);
    holds.connectionClosed(peer);
    expect(holds.heldCount).toBe(1);
    queues.maxOffsets.set('T 0', 1);
    holds.notifyMessageArriving('T', 0);
    await clock.advance(60_000);
    expect(woken).toEqual(['stays arrival']);
  });

  it('refuses beyond its limit', () => {
    const { holds, hold } = setUp(2);
    expect([hold('a', 0), hold('b', 0), hold('c', 0)]).toEqual([true, true, false]);
    expect(holds.heldCount).toBe(2);
  });

  it('answers everything when the broker stops', () => {
    const { holds, woken, hold } = setUp();
    hold('a', 0);
    hold('b', 0);
    holds.releaseAll();
    expect(woken).toEqual(['a timeout', 'b timeout']);
    hold('late', 0);
    expect(woken).toEqual(['a timeout', 'b timeout', 'late timeout']);
    expect(holds.heldCount).toBe(0);
  });
});

import { ManualClock, silentLogger } from '@centaurmq/remoting';
import { beforeEach, describe, expect, it } from 'vitest';
import { RebalanceLockManager } from '../../src/client/rebalance-lock-manager.ts';

const queues = [0, 1].map((queueId) => ({ topic: 'T', brokerName: 'b', queueId }));

describe('RebalanceLockManager', () => {
  let clock: ManualClock;
  let locks: RebalanceLockManager;

  beforeEach(() => {
    clock = new ManualClock();
    locks = new RebalanceLockManager({ clock, logger: silentLogger });
  });

  it('gives a queue of a group to one client only', () => {
    expect(locks.tryLockBatch('G', queues.slice(0, 1), 'one')).toEqual(queues.slice(0, 1));
    expect(locks.tryLockBatch('G', queues, 'two')).toEqual(queues.slice(1));
    expect(locks.tryLockBatch('Other', queues, 'two')).toEqual(queues);
  });

  it('is re-entrant and renewed by locking again', async () => {
    locks.tryLockBatch('G', queues, 'one');
    await clock.advance(50_000);
    expect(locks.tryLockBatch('G', queues, 'one')).toEqual(queues);
    await clock.advance(50_000);
    expect(locks.tryLockBatch('G', queues, 'two')).toEqual([]);
  });

  it('lets go after 60 s without renewal', async () => {
    locks.tryLockBatch('G', queues, 'one');
    await clock.advance(60_000);
    expect(locks.isLockAllExpired('G')).toBe(false);
    expect(locks.tryLockBatch('G', queues, 'two')).toEqual([]);
    await clock.advance(1);
    expect(locks.isLockAllExpired('G')).toBe(true);
    expect(locks.tryLockBatch('G', queues, 'two')).toEqual(queues);
    expect(locks.tryLockBatch('G', queues, 'one')).toEqual([]);
  });

  it('unlocks for the owner only', () => {
    locks.tryLockBatch('G', queues, 'one');
    locks.unlockBatch('G', queues, 'two');
    expect(locks.tryLockBatch('G', queues, 'two')).toEqual([]);
    locks.unlockBatch('G', queues, 'one');
    expect(locks.tryLockBatch('G', queues, 'two')).toEqual(queues);
  });
});

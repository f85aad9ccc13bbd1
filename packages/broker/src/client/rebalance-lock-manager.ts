import { type MessageQueue, messageQueueKey } from '@centaurmq/protocol';
import type { Clock, Logger } from '@centaurmq/remoting';

interface LockEntry {
  readonly clientId: string;
  lockedAt: number;
}

const LOCK_MAX_LIVE_MILLIS = 60_000;
/** A group with more queues than this locks no further ones: the table has a limit. */
const LOCKS_PER_GROUP_MAX = 65_536;

/** Which instance of a group consumes a queue in order; a lock not renewed for 60 s is free (Java: RebalanceLockManager). */
export class RebalanceLockManager {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #locks = new Map<string, Map<string, LockEntry>>();

  constructor(parts: { readonly clock: Clock; readonly logger: Logger }) {
    this.#clock = parts.clock;
    this.#logger = parts.logger;
  }

  /** The queues that the client holds now, of those it asked for. */
  tryLockBatch(group: string, queues: readonly MessageQueue[], clientId: string): MessageQueue[] {
    const locks = this.#locks.get(group) ?? new Map<string, LockEntry>();
    this.#locks.set(group, locks);
    return queues.filter((queue) => this.#tryLock(locks, { group, queue, clientId }));
  }

  unlockBatch(group: string, queues: readonly MessageQueue[], clientId: string): void {
    const locks = this.#locks.get(group);
    if (locks === undefined) return;
    for (const queue of queues) {
      const key = messageQueueKey(queue);
      if (locks.get(key)?.clientId === clientId) locks.delete(key);
    }
    if (locks.size === 0) this.#locks.delete(group);
  }

  /** Does anybody hold a queue of the group? */
  isLockAllExpired(group: string): boolean {
    const now = this.#clock.now();
    return [...(this.#locks.get(group)?.values() ?? [])].every((entry) => isExpired(entry, now));
  }

  /** Drops what expired; called from the scan so that groups that went away are forgotten. */
  removeExpired(): void {
    const now = this.#clock.now();
    for (const [group, locks] of this.#locks) {
      for (const [key, entry] of locks) if (isExpired(entry, now)) locks.delete(key);
      if (locks.size === 0) this.#locks.delete(group);
    }
  }

  #tryLock(
    locks: Map<string, LockEntry>,
    wanted: {
      readonly group: string;
      readonly queue: MessageQueue;
      readonly clientId: string;
    },
  ): boolean {
    const { group, queue, clientId } = wanted;
    const now = this.#clock.now();
    const key = messageQueueKey(queue);
    const entry = locks.get(key);
    if (entry?.clientId === clientId) {
      entry.lockedAt = now;
      return true;
    }
    if (entry !== undefined && !isExpired(entry, now)) return false;
    if (entry === undefined && locks.size >= LOCKS_PER_GROUP_MAX) {
      this.#logger.warn({ group, limit: LOCKS_PER_GROUP_MAX }, 'queue not locked: LOCKS_PER_GROUP_MAX');
      return false;
    }
    if (entry !== undefined)
      this.#logger.warn(
        { group, queue, from: entry.clientId, to: clientId },
        'expired lock of a queue taken over',
      );
    locks.set(key, { clientId, lockedAt: now });
    return true;
  }
}

function isExpired(entry: LockEntry, now: number): boolean {
  return now - entry.lockedAt > LOCK_MAX_LIVE_MILLIS;
}

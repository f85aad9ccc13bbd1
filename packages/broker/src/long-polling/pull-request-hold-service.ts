import type { Clock, Connection, Timer } from '@centaurmq/remoting';

/** Why a held pull runs again. */
export type WakeReason = 'arrival' | 'timeout';

/** A pull that found nothing and waits. */
export interface HeldPull {
  readonly connection: Connection;
  readonly topic: string;
  readonly queueId: number;
  /** Everything before this offset has been looked at. */
  readonly pullFromThisOffset: number;
  /** On the monotonic clock. */
  readonly deadlineMillis: number;
  /** Runs the pull again. */
  readonly wake: (reason: WakeReason) => void;
}

/** The store, as far as waiting needs it. */
export interface ArrivalSource {
  /** The visible end of a queue. */
  maxOffset(topic: string, queueId: number): number;
  /** Whether the store reports arrivals in this queue. */
  watch(topic: string, queueId: number, on: boolean): void;
}

export interface PullRequestHoldServiceOptions {
  readonly arrivals: ArrivalSource;
  readonly clock: Clock;
  /** Pulls held at the same time; beyond it {@link PullRequestHoldService.suspend} refuses. */
  readonly heldPullsMax: number;
}

interface Entry {
  readonly held: HeldPull;
  readonly queueKey: string;
  timer: Timer | null;
}

export const heldPullsMaxDefault = 100_000;

/**
 * Long polling: holds pulls until a message arrives in their queue or their time is up. Differs from Java's
 * PullRequestHoldService: each pull has its own timer, so a timeout is exact instead of up to five seconds late.
 */
export class PullRequestHoldService {
  readonly #options: PullRequestHoldServiceOptions;
  readonly #byQueue = new Map<string, Set<Entry>>();
  readonly #byConnection = new Map<Connection, Set<Entry>>();
  #heldCount = 0;
  #released = false;

  constructor(options: PullRequestHoldServiceOptions) {
    this.#options = options;
  }

  get heldCount(): number {
    return this.#heldCount;
  }

  /** False when the limit is reached: the pull is not held. */
  suspend(held: HeldPull): boolean {
    if (this.#released) {
      held.wake('timeout');
      return true;
    }
    if (this.#heldCount >= this.#options.heldPullsMax) return false;
    const entry: Entry = { held, queueKey: queueKeyOf(held.topic, held.queueId), timer: null };
    this.#add(entry);
    const delayMillis = Math.max(0, held.deadlineMillis - this.#options.clock.monotonicMillis());
    entry.timer = this.#options.clock.setTimer(delayMillis, () => this.#wake(entry, 'timeout'));
    // Between the read that found nothing and the watch a flush may have made something visible.
    if (this.#hasArrived(held)) this.#wake(entry, 'arrival');
    return true;
  }

  /** Something became visible in this queue. */
  notifyMessageArriving(topic: string, queueId: number): void {
    const entries = this.#byQueue.get(queueKeyOf(topic, queueId));
    if (entries === undefined) return;
    const maxOffset = this.#options.arrivals.maxOffset(topic, queueId);
    for (const entry of Array.from(entries)) {
      if (maxOffset > entry.held.pullFromThisOffset) this.#wake(entry, 'arrival');
    }
  }

  /** Runs every held pull of a topic again: it was deleted or may no longer be read. */
  notifyTopicChanged(topic: string): void {
    for (const entries of Array.from(this.#byQueue.values())) {
      for (const entry of Array.from(entries)) if (entry.held.topic === topic) this.#wake(entry, 'timeout');
    }
  }

  /** Nobody waits for these answers any more. */
  connectionClosed(connection: Connection): void {
    for (const entry of this.#byConnection.get(connection) ?? []) this.#remove(entry);
  }

  /** Answers every held pull now, and those that come later at once: the broker stops. */
  releaseAll(): void {
    this.#released = true;
    for (const entries of Array.from(this.#byQueue.values())) {
      for (const entry of Array.from(entries)) this.#wake(entry, 'timeout');
    }
  }

  #hasArrived(held: HeldPull): boolean {
    return this.#options.arrivals.maxOffset(held.topic, held.queueId) > held.pullFromThisOffset;
  }

  #wake(entry: Entry, reason: WakeReason): void {
    if (this.#remove(entry)) entry.held.wake(reason);
  }

  #add(entry: Entry): void {
    const { topic, queueId, connection } = entry.held;
    const ofQueue = this.#byQueue.get(entry.queueKey);
    if (ofQueue === undefined) {
      this.#byQueue.set(entry.queueKey, new Set([entry]));
      this.#options.arrivals.watch(topic, queueId, true);
    } else {
      ofQueue.add(entry);
    }
    const ofConnection = this.#byConnection.get(connection);
    if (ofConnection === undefined) this.#byConnection.set(connection, new Set([entry]));
    else ofConnection.add(entry);
    this.#heldCount += 1;
  }

  #remove(entry: Entry): boolean {
    const ofQueue = this.#byQueue.get(entry.queueKey);
    if (ofQueue === undefined || !ofQueue.delete(entry)) return false;
    this.#heldCount -= 1;
    entry.timer?.cancel();
    const { topic, queueId, connection } = entry.held;
    if (ofQueue.size === 0) {
      this.#byQueue.delete(entry.queueKey);
      this.#options.arrivals.watch(topic, queueId, false);
    }
    const ofConnection = this.#byConnection.get(connection);
    ofConnection?.delete(entry);
    if (ofConnection?.size === 0) this.#byConnection.delete(connection);
    return true;
  }
}

function queueKeyOf(topic: string, queueId: number): string {
  return `${topic}@${queueId}`;
}

import type { MessageExt } from '../../message/message-ext.ts';

interface CachedMessage {
  readonly message: MessageExt;
  /** When its handler was called, by the wall clock; null while it waits. */
  consumeStartedAt: number | null;
}

/**
 * The messages of one queue that were pulled and are not yet done with, in the order of the queue. The next offset to commit is the
 * lowest of them: what is behind it is done, whatever order the handlers finished in. Apache RocketMQ: ProcessQueue.
 */
export class ProcessQueue {
  #cached = new Map<number, CachedMessage>();
  #bodyBytes = 0;
  #queueOffsetMax = -1;
  #isDropped = false;
  /** Ends the pull loop's waits when the queue is dropped. */
  readonly #dropped = new AbortController();
  lastPullAt: number;
  lastConsumeAt: number;

  constructor(now: number) {
    this.lastPullAt = now;
    this.lastConsumeAt = now;
  }

  get messageCount(): number {
    return this.#cached.size;
  }

  get bodyBytes(): number {
    return this.#bodyBytes;
  }

  get isDropped(): boolean {
    return this.#isDropped;
  }

  /** Aborted when the queue is dropped. */
  get droppedSignal(): AbortSignal {
    return this.#dropped.signal;
  }

  /** The lowest queue offset that is not done with, or null. */
  get firstQueueOffset(): number | null {
    return this.#cached.keys().next().value ?? null;
  }

  get lastQueueOffset(): number | null {
    return this.#cached.size === 0 ? null : this.#queueOffsetMax;
  }

  /** Distance between the first and the last cached message: grows when one handler is slow and the others go on. */
  get maxSpan(): number {
    const first = this.firstQueueOffset;
    return first === null ? 0 : this.#queueOffsetMax - first;
  }

  /** The queue belongs to somebody else now: what its handlers return is not committed any more. */
  drop(): void {
    this.#isDropped = true;
    this.#dropped.abort();
  }

  put(messages: readonly MessageExt[]): void {
    let isOrdered = true;
    for (const message of messages) {
      const previous = this.#cached.get(message.queueOffset);
      if (previous !== undefined) this.#bodyBytes -= previous.message.body.length;
      this.#cached.set(message.queueOffset, { message, consumeStartedAt: null });
      this.#bodyBytes += message.body.length;
      if (message.queueOffset > this.#queueOffsetMax) this.#queueOffsetMax = message.queueOffset;
      else if (previous === undefined) isOrdered = false;
    }
    if (!isOrdered) this.#cached = new Map([...this.#cached].toSorted(([one], [other]) => one - other));
  }

  contains(message: MessageExt): boolean {
    return this.#cached.has(message.queueOffset);
  }

  consumeStarted(messages: readonly MessageExt[], now: number): void {
    for (const { queueOffset } of messages) {
      const cached = this.#cached.get(queueOffset);
      if (cached !== undefined) cached.consumeStartedAt = now;
    }
  }

  /** @returns the queue offset to commit, or null when there was nothing to remove from */
  remove(messages: readonly MessageExt[], now: number): number | null {
    this.lastConsumeAt = now;
    if (this.#cached.size === 0) return null;
    for (const { queueOffset } of messages) {
      const cached = this.#cached.get(queueOffset);
      if (cached === undefined) continue;
      this.#cached.delete(queueOffset);
      this.#bodyBytes -= cached.message.body.length;
    }
    return this.firstQueueOffset ?? this.#queueOffsetMax + 1;
  }

  /** The first message, if its handler has been running for longer than the timeout. */
  firstExpired(now: number, consumeTimeoutMillis: number): MessageExt | null {
    const first = this.#cached.values().next().value;
    if (first === undefined || first.consumeStartedAt === null) return null;
    return now - first.consumeStartedAt > consumeTimeoutMillis ? first.message : null;
  }

  clear(): void {
    this.#cached.clear();
    this.#bodyBytes = 0;
  }
}

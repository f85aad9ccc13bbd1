import type { MessageExt } from '../../message/message-ext.ts';

interface CachedMessage {
  readonly queueOffset: number;
  /** Null when it is done with. */
  message: MessageExt | null;
  /** When its handler was called, by the wall clock; null while it waits. */
  consumeStartedAt: number | null;
}

/** Fewer places at the front that are done with are not worth moving the rest. */
const DONE_COUNT_MIN = 256;

/**
 * The messages of one queue that were pulled and are not yet done with, in the order of the queue. The next offset to commit is the
 * lowest of them: what is behind it is done, whatever order the handlers finished in. Apache RocketMQ: ProcessQueue.
 */
export class ProcessQueue {
  /** In the order of the queue, from the first on; everything before that is done with. */
  #cached: CachedMessage[] = [];
  #first = 0;
  #messageCount = 0;
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
    return this.#messageCount;
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
    return this.#cached[this.#first]?.queueOffset ?? null;
  }

  get lastQueueOffset(): number | null {
    return this.#messageCount === 0 ? null : this.#queueOffsetMax;
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
    for (const message of messages) {
      this.#bodyBytes += message.body.length;
      const isLast = message.queueOffset > this.#queueOffsetMax;
      if (!isLast) {
        this.#insert(message);
        continue;
      }
      this.#queueOffsetMax = message.queueOffset;
      this.#messageCount++;
      this.#cached.push({ queueOffset: message.queueOffset, message, consumeStartedAt: null });
    }
  }

  contains({ queueOffset }: MessageExt): boolean {
    return this.#find(queueOffset)?.message != null;
  }

  consumeStarted(messages: readonly MessageExt[], now: number): void {
    for (const { queueOffset } of messages) {
      const cached = this.#find(queueOffset);
      if (cached !== undefined) cached.consumeStartedAt = now;
    }
  }

  /** @returns the queue offset to commit, or null when there was nothing to remove from */
  remove(messages: readonly MessageExt[], now: number): number | null {
    this.lastConsumeAt = now;
    if (this.#messageCount === 0) return null;
    for (const { queueOffset } of messages) {
      const cached = this.#find(queueOffset);
      if (cached === undefined || cached.message === null) continue;
      this.#bodyBytes -= cached.message.body.length;
      this.#messageCount--;
      cached.message = null;
    }
    this.#passDone();
    return this.firstQueueOffset ?? this.#queueOffsetMax + 1;
  }

  /** The first message, if its handler has been running for longer than the timeout. */
  firstExpired(now: number, consumeTimeoutMillis: number): MessageExt | null {
    const first = this.#cached[this.#first];
    if (first === undefined || first.consumeStartedAt === null) return null;
    return now - first.consumeStartedAt > consumeTimeoutMillis ? first.message : null;
  }

  clear(): void {
    this.#cached = [];
    this.#first = 0;
    this.#messageCount = 0;
    this.#bodyBytes = 0;
  }

  /** One that does not follow the others: it came before, or they overtook it. */
  #insert(message: MessageExt): void {
    const { queueOffset } = message;
    const index = this.#indexFrom(queueOffset);
    const known = this.#cached[index];
    if (known?.queueOffset !== queueOffset) {
      this.#messageCount++;
      this.#cached.splice(index, 0, { queueOffset, message, consumeStartedAt: null });
      return;
    }
    if (known.message === null) this.#messageCount++;
    else this.#bodyBytes -= known.message.body.length;
    known.message = message;
    known.consumeStartedAt = null;
  }

  #passDone(): void {
    while (this.#cached[this.#first]?.message === null) this.#first++;
    if (this.#first < DONE_COUNT_MIN && this.#first < this.#cached.length) return;
    // Each place is moved at most once for each that was passed.
    if (this.#first * 2 < this.#cached.length) return;
    this.#cached.splice(0, this.#first);
    this.#first = 0;
  }

  #find(queueOffset: number): CachedMessage | undefined {
    const first = this.#cached[this.#first];
    // What is done with first is what is first, as a rule.
    if (first?.queueOffset === queueOffset) return first;
    const found = this.#cached[this.#indexFrom(queueOffset)];
    return found?.queueOffset === queueOffset ? found : undefined;
  }

  /** The first place that is not before the queue offset. */
  #indexFrom(queueOffset: number): number {
    let low = this.#first;
    let high = this.#cached.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#cached[middle]?.queueOffset ?? Infinity) < queueOffset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

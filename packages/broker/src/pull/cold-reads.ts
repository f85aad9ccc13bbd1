import type { GetMessageRequest, MessageStore } from '../store/message-store.ts';

export interface ColdReadLimits {
  /** Reads of the disk at the same time; the store's threads also flush. */
  readonly readingMax: number;
  /** Pulls that wait for their turn; beyond it they are refused. */
  readonly waitingMax: number;
}

export const coldReadLimits: ColdReadLimits = { readingMax: 2, waitingMax: 10_000 };

/** Lets pulls of messages that are no longer in memory wait for the disk outside of the event loop, a few at a time. */
export class ColdReads {
  readonly #store: Pick<MessageStore, 'isCold' | 'warm'>;
  readonly #limits: ColdReadLimits;
  readonly #turns: (() => void)[] = [];
  #readingCount = 0;

  constructor(store: Pick<MessageStore, 'isCold' | 'warm'>, limits: ColdReadLimits = coldReadLimits) {
    this.#store = store;
    this.#limits = limits;
  }

  /** Whether the read has to wait for {@link warmed} first. */
  isCold(request: GetMessageRequest): boolean {
    return this.#store.isCold(request);
  }

  /** Null when too many wait already; otherwise resolves when the read no longer waits for the disk. */
  warmed(request: GetMessageRequest): Promise<void> | null {
    if (this.#turns.length >= this.#limits.waitingMax) return null;
    return this.#warm(request);
  }

  async #warm(request: GetMessageRequest): Promise<void> {
    if (this.#readingCount >= this.#limits.readingMax)
      await new Promise<void>((resolve) => this.#turns.push(resolve));
    else this.#readingCount += 1;
    try {
      // Another one's reading ahead may have brought it meanwhile.
      if (this.#store.isCold(request)) await this.#store.warm(request);
    } finally {
      // The turn goes to the next one, or is given back.
      const next = this.#turns.shift();
      if (next === undefined) this.#readingCount -= 1;
      else next();
    }
  }
}

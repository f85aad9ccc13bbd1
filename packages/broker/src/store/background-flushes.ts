import type { NativeModule } from './native-module.ts';

interface Waiting {
  readonly resolve: (flushedOffset: number) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The engine's flusher as promises. It flushes group after group while this thread is busy: what it reached meanwhile is answered at
 * once.
 */
export class BackgroundFlushes {
  readonly #native: NativeModule;
  readonly #store: number;
  #started = false;
  /** What the engine told last, and what a promise told of it. */
  #flushedOffset = 0;
  #toldOffset = 0;
  /** Why nothing is flushed any more. */
  #ended: Error | null = null;
  #waiting: Waiting[] = [];
  #willWant = false;

  constructor(native: NativeModule, store: number) {
    this.#native = native;
    this.#store = store;
  }

  /** Resolves with a flushed commit log offset that was not told before. Rejects after a failed flush: the store's status says why. */
  next(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#settle();
      if (this.#waiting.length > 0) this.#want();
    });
  }

  /** Nothing is flushed any more. */
  close(): void {
    this.#end(new Error(`store ${this.#store} is flushed no more: it is closed`));
  }

  /** At the end of the turn: what else it reads from sockets joins the group. More and smaller groups are slower in sum. */
  #want(): void {
    if (this.#willWant) return;
    this.#willWant = true;
    setImmediate(() => {
      this.#willWant = false;
      try {
        this.#start();
        this.#native.wantFlush(this.#store);
      } catch (error) {
        this.#rejectAll(error);
      }
    });
  }

  #start(): void {
    if (this.#started) return;
    this.#native.startFlusher(this.#store, (flushedOffset) => {
      if (flushedOffset < 0) this.#end(new Error(`a flush of store ${this.#store} failed`));
      else this.#flushedOffset = flushedOffset;
      this.#settle();
    });
    this.#started = true;
  }

  #end(reason: Error): void {
    this.#ended ??= reason;
    this.#settle();
  }

  #settle(): void {
    if (this.#flushedOffset > this.#toldOffset) {
      this.#toldOffset = this.#flushedOffset;
      for (const { resolve } of this.#waiting.splice(0)) resolve(this.#toldOffset);
    } else if (this.#ended !== null) {
      this.#rejectAll(this.#ended);
    }
  }

  #rejectAll(reason: unknown): void {
    for (const { reject } of this.#waiting.splice(0)) reject(reason);
  }
}

import type { NativeModule } from './native-module.ts';
import type { NativeTopics } from './native-topics.ts';

const ARRIVALS_PER_CALL = 1024;

export type ArrivalListener = (topic: string, queueId: number) => void;

/** Which queues are watched, and telling about messages that became visible in them. */
export class ArrivalReports {
  readonly #native: NativeModule;
  readonly #store: number;
  readonly #topics: NativeTopics;
  readonly #listeners: ArrivalListener[] = [];
  /** How many watch a queue, by handle and queue id. */
  readonly #watchers = new Map<string, number>();
  readonly #arrivals = new Uint32Array(2 * ARRIVALS_PER_CALL);
  #scheduled = false;

  constructor(native: NativeModule, store: number, topics: NativeTopics) {
    this.#native = native;
    this.#store = store;
    this.#topics = topics;
  }

  onArrival(listener: ArrivalListener): void {
    this.#listeners.push(listener);
  }

  get isAnyWatched(): boolean {
    return this.#watchers.size > 0;
  }

  watch(topicName: string, queueId: number, on: boolean): void {
    const topic = this.#topics.find(topicName);
    if (topic === undefined) return;
    const key = `${topic.handle} ${queueId}`;
    const before = this.#watchers.get(key) ?? 0;
    const after = Math.max(0, before + (on ? 1 : -1));
    if (after === 0) this.#watchers.delete(key);
    else this.#watchers.set(key, after);
    if (before === 0 || after === 0) this.#native.watch(this.#store, topic.handle, queueId, on);
  }

  /** Tells the listeners after the current chunk is answered: acknowledgements go first. */
  schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#report();
    });
  }

  #report(): void {
    for (;;) {
      const count = this.#native.arrivals(this.#store, this.#arrivals);
      // Copied: a listener may append and so come here again.
      const pairs = Array.from(this.#arrivals.subarray(0, 2 * count));
      for (let index = 0; index < pairs.length; index += 2) {
        const topic = this.#topics.withHandle(pairs[index] ?? -1);
        if (topic === undefined) continue;
        for (const listener of this.#listeners) listener(topic.name, pairs[index + 1] ?? 0);
      }
      if (count < ARRIVALS_PER_CALL) return;
    }
  }
}

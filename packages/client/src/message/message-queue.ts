import type { MessageQueue } from '@centaurmq/protocol';
import { messageQueueKey } from '@centaurmq/protocol';

export type { MessageQueue };
export { compareMessageQueues, messageQueueKey } from '@centaurmq/protocol';

/** Java's string form. The consistent hash is computed over it, so every character counts. */
export function messageQueueText({ topic, brokerName, queueId }: MessageQueue): string {
  return `MessageQueue [topic=${topic}, brokerName=${brokerName}, queueId=${queueId}]`;
}

/** Java's String.compareTo, as a sign. */
export function compareJavaStrings(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

interface Entry<V> {
  readonly queue: MessageQueue;
  readonly value: V;
}

/** A map keyed by queue, in the order of insertion. */
export class MessageQueueTable<V> {
  readonly #entries = new Map<string, Entry<V>>();
  /** Asked for last, by the same object: a pull's messages ask for one queue again and again. */
  #lastQueue: MessageQueue | null = null;
  #lastEntry: Entry<V> | undefined;

  get size(): number {
    return this.#entries.size;
  }

  get(queue: MessageQueue): V | undefined {
    if (queue !== this.#lastQueue) {
      this.#lastEntry = this.#entries.get(messageQueueKey(queue));
      this.#lastQueue = queue;
    }
    return this.#lastEntry?.value;
  }

  has(queue: MessageQueue): boolean {
    return this.#entries.has(messageQueueKey(queue));
  }

  set(queue: MessageQueue, value: V): void {
    this.#lastQueue = null;
    const { topic, brokerName, queueId } = queue;
    this.#entries.set(messageQueueKey(queue), { queue: { topic, brokerName, queueId }, value });
  }

  delete(queue: MessageQueue): boolean {
    this.#lastQueue = null;
    return this.#entries.delete(messageQueueKey(queue));
  }

  clear(): void {
    this.#lastQueue = null;
    this.#entries.clear();
  }

  /** A snapshot: the table may change while it is walked. */
  entries(): [MessageQueue, V][] {
    return [...this.#entries.values()].map(({ queue, value }) => [queue, value]);
  }

  queues(): MessageQueue[] {
    return [...this.#entries.values()].map(({ queue }) => queue);
  }

  values(): V[] {
    return [...this.#entries.values()].map(({ value }) => value);
  }
}

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

/** A map keyed by queue, in the order of insertion. */
export class MessageQueueTable<V> {
  readonly #entries = new Map<string, { readonly queue: MessageQueue; value: V }>();

  get size(): number {
    return this.#entries.size;
  }

  get(queue: MessageQueue): V | undefined {
    return this.#entries.get(messageQueueKey(queue))?.value;
  }

  has(queue: MessageQueue): boolean {
    return this.#entries.has(messageQueueKey(queue));
  }

  set(queue: MessageQueue, value: V): void {
    const { topic, brokerName, queueId } = queue;
    this.#entries.set(messageQueueKey(queue), { queue: { topic, brokerName, queueId }, value });
  }

  delete(queue: MessageQueue): boolean {
    return this.#entries.delete(messageQueueKey(queue));
  }

  clear(): void {
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

import type { MessageQueue } from '../../message/message-queue.ts';
import { MessageQueueTable } from '../../message/message-queue.ts';
import { ControllableOffset } from './controllable-offset.ts';

/** Where a group's progress is kept: on the brokers (clustering) or in a local file (broadcasting). Apache RocketMQ: OffsetStore. */
export interface OffsetStore {
  /** What is known in memory. */
  readonly offsets: OffsetTable;
  load(): Promise<void>;
  /**
   * The stored consumer offset, which also becomes the one in memory.
   * @returns null when none was ever stored
   * @throws when the store cannot be asked
   */
  read(queue: MessageQueue): Promise<number | null>;
  /** Stores the offsets of these queues and forgets all others. Failures are logged: the next round tries again. */
  persistAll(queues: readonly MessageQueue[], options: PersistOptions): Promise<void>;
  persist(queue: MessageQueue, options: PersistOptions): Promise<void>;
}

export interface PersistOptions {
  /** Wait until it is stored, as when the queue goes to another client; otherwise only hand it over. */
  readonly confirmed: boolean;
}

/** Consumer offsets in memory: the next queue offset to consume of each queue. */
export class OffsetTable {
  readonly #table = new MessageQueueTable<ControllableOffset>();

  get(queue: MessageQueue): number | null {
    return this.#table.get(queue)?.queueOffset ?? null;
  }

  update(queue: MessageQueue, queueOffset: number, increaseOnly: boolean): void {
    const known = this.#table.get(queue);
    if (known === undefined) this.#table.set(queue, new ControllableOffset(queueOffset));
    else known.update(queueOffset, increaseOnly);
  }

  /** Until {@link remove}, nothing changes it any more. */
  updateAndFreeze(queue: MessageQueue, queueOffset: number): void {
    const known = this.#table.get(queue) ?? new ControllableOffset(queueOffset);
    known.updateAndFreeze(queueOffset);
    this.#table.set(queue, known);
  }

  remove(queue: MessageQueue): void {
    this.#table.delete(queue);
  }

  /** @param topic all topics when not given */
  entries(topic?: string): [MessageQueue, number][] {
    return this.#table
      .entries()
      .filter(([queue]) => topic === undefined || queue.topic === topic)
      .map(([queue, offset]) => [queue, offset.queueOffset]);
  }
}

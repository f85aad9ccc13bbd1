import { parseFastJson, writeJson } from '@centaurmq/protocol';
import type { Logger } from '@centaurmq/remoting';
import { MqError, MqErrorCode } from '../../errors.ts';
import type { MessageQueue } from '../../message/message-queue.ts';
import { MessageQueueTable } from '../../message/message-queue.ts';
import type { OffsetFile } from './offset-file.ts';
import type { OffsetStore } from './offset-store.ts';
import { OffsetTable } from './offset-store.ts';

/**
 * One client's own progress in a local file: for broadcasting, where every client consumes everything. The file is the one that
 * Java's client keeps, and can be read by it. Apache RocketMQ: LocalFileOffsetStore.
 */
export class LocalFileOffsetStore implements OffsetStore {
  readonly offsets: OffsetTable = new OffsetTable();
  readonly #file: OffsetFile;
  readonly #logger: Logger;
  readonly #stored = new MessageQueueTable<number>();
  #writing: Promise<void> = Promise.resolve();
  #isDirty = false;

  constructor(file: OffsetFile, logger: Logger) {
    this.#file = file;
    this.#logger = logger;
  }

  /** @throws MqError OFFSET_FILE when the file is there and cannot be read: beginning anew would repeat or skip messages unasked */
  async load(): Promise<void> {
    const text = await this.#read();
    if (text === null) return;
    for (const [queue, queueOffset] of this.#decode(text)) {
      this.#stored.set(queue, queueOffset);
      this.offsets.update(queue, queueOffset, false);
    }
  }

  async read(queue: MessageQueue): Promise<number | null> {
    const queueOffset = this.#stored.get(queue);
    if (queueOffset === undefined) return null;
    this.offsets.update(queue, queueOffset, false);
    return queueOffset;
  }

  async persistAll(queues: readonly MessageQueue[]): Promise<void> {
    for (const queue of queues) this.#note(queue);
    await this.#writeIfDirty();
  }

  async persist(queue: MessageQueue): Promise<void> {
    this.#note(queue);
    await this.#writeIfDirty();
  }

  #note(queue: MessageQueue): void {
    const queueOffset = this.offsets.get(queue);
    if (queueOffset === null || queueOffset === this.#stored.get(queue)) return;
    this.#stored.set(queue, queueOffset);
    this.#isDirty = true;
  }

  /** One write at a time; those that wait write what is newest then. */
  #writeIfDirty(): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      if (!this.#isDirty) return;
      this.#isDirty = false;
      try {
        await this.#file.write(this.#encode());
      } catch (error) {
        this.#isDirty = true;
        this.#logger.error(
          { err: error, path: this.#file.path },
          'the offset file could not be written; the next round tries again',
        );
      }
    });
    return this.#writing;
  }

  #encode(): string {
    const offsetTable = new Map(
      this.#stored.entries().map(([queue, queueOffset]) => [{ ...queue }, queueOffset]),
    );
    return writeJson({ offsetTable });
  }

  async #read(): Promise<string | null> {
    try {
      return await this.#file.read();
    } catch (cause) {
      throw this.#unreadable(String(cause), cause);
    }
  }

  #decode(text: string): [MessageQueue, number][] {
    let parsed: unknown;
    try {
      parsed = parseFastJson(text);
    } catch (cause) {
      throw this.#unreadable(String(cause), cause);
    }
    const table =
      typeof parsed === 'object' && parsed !== null && 'offsetTable' in parsed ? parsed.offsetTable : null;
    if (!(table instanceof Map)) {
      if (typeof table === 'object' && table !== null && Object.keys(table).length === 0) return [];
      throw this.#unreadable('found no map offsetTable keyed by queues');
    }
    return [...table].map(([key, value]: [unknown, unknown]) => {
      if (!isMessageQueue(key) || typeof value !== 'number') {
        throw this.#unreadable(
          `found ${writeJson(key)}: ${writeJson(value)}, expected a queue and its offset`,
        );
      }
      return [key, value];
    });
  }

  #unreadable(reason: string, cause?: unknown): MqError {
    const { path } = this.#file;
    return new MqError(MqErrorCode.OFFSET_FILE, `the offset file ${path} cannot be read: ${reason}`, {
      cause,
      advice: 'Mend it, or delete it to begin as consumeFromWhere says',
    });
  }
}

function isMessageQueue(value: unknown): value is MessageQueue {
  if (typeof value !== 'object' || value === null) return false;
  const queue: Partial<Record<keyof MessageQueue, unknown>> = value;
  return (
    typeof queue.topic === 'string' &&
    typeof queue.brokerName === 'string' &&
    typeof queue.queueId === 'number'
  );
}

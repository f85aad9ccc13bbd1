import { MessageProperty, type StoredMessage, decodeRecords } from '@centaurmq/protocol';
import type { Clock, Logger, Timer } from '@centaurmq/remoting';
import { MessageProperties } from '../send/message-properties.ts';
import type { MessageStore, MessageToAppend, MetadataStore } from '../store/message-store.ts';
import { clampDelayLevel, delayLevelMax, delayMillisOf } from './delay-levels.ts';

export const SCHEDULE_TOPIC = 'SCHEDULE_TOPIC_XXXX';
export const DELAY_OFFSET_TABLE = 'delayOffset';

/** RocketMQ's flushDelayOffsetInterval. */
const PERSIST_INTERVAL_MILLIS = 10_000;
/** Java: DELAY_FOR_A_PERIOD, the pause after an error. */
const RETRY_MILLIS = 10_000;
/** A clock that jumps is noticed within this. */
const WAIT_MILLIS_MAX = 10_000;
const MESSAGES_PER_ROUND_MAX = 32;
const READ_BUFFER_BYTES = 256 * 1024;

export interface ScheduleMessageServiceOptions {
  readonly store: Pick<
    MessageStore,
    'append' | 'read' | 'flushed' | 'queueState' | 'watch' | 'onArrival' | 'status'
  >;
  readonly metadata: MetadataStore;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Level {
  readonly delayLevel: number;
  readonly queueId: number;
  /** The next message of the level's queue to deliver. */
  cursor: number;
  timer: Timer | null;
}

/**
 * Delay levels as RocketMQ keeps them: a delayed message waits in SCHEDULE_TOPIC_XXXX, queue level − 1, with the time of
 * its delivery as tags code; when it is due it is appended to its real topic. Sleeps until the first message of a level
 * is due, where Java's ScheduleMessageService looks ten times a second. After a crash messages of the last
 * {@link PERSIST_INTERVAL_MILLIS} may be delivered again, never lost.
 */
export class ScheduleMessageService {
  readonly #options: ScheduleMessageServiceOptions;
  readonly #levels: readonly Level[];
  readonly #changed = new Set<Level>();
  #readBuffer: Buffer | null = null;
  #persistTimer: Timer | null = null;
  #persisting: Promise<void> = Promise.resolve();
  #stopped = false;

  private constructor(options: ScheduleMessageServiceOptions, cursors: ReadonlyMap<string, number>) {
    this.#options = options;
    this.#levels = Array.from({ length: delayLevelMax }, (_, queueId) => ({
      delayLevel: queueId + 1,
      queueId,
      cursor: cursors.get(String(queueId + 1)) ?? 0,
      timer: null,
    }));
  }

  /** Reads the cursors. Throws when one is damaged, naming it. */
  static async load(options: ScheduleMessageServiceOptions): Promise<ScheduleMessageService> {
    const cursors = new Map<string, number>();
    for (const [level, value] of await options.metadata.scan(DELAY_OFFSET_TABLE)) {
      const text = Buffer.from(value).toString();
      const cursor = Number(text);
      if (text === '' || !Number.isSafeInteger(cursor) || cursor < 0) {
        throw new Error(
          `The metadata table ${DELAY_OFFSET_TABLE} holds for level ${level} the value ${JSON.stringify(text)}, expected a queue offset.`,
        );
      }
      cursors.set(level, cursor);
    }
    return new ScheduleMessageService(options, cursors);
  }

  /** By level; Java's delayOffset.json. */
  get delayOffsets(): ReadonlyMap<number, number> {
    return new Map(this.#levels.map((level) => [level.delayLevel, level.cursor]));
  }

  /** The message as it waits: its real place goes into its properties. */
  readonly delayed = (
    message: MessageToAppend,
    properties: MessageProperties,
    wantedLevel: number,
  ): MessageToAppend => {
    const delayLevel = clampDelayLevel(wantedLevel);
    const parked = properties.copy();
    parked.set(MessageProperty.REAL_TOPIC, message.topic);
    parked.set(MessageProperty.REAL_QUEUE_ID, String(message.queueId));
    return {
      ...message,
      topic: SCHEDULE_TOPIC,
      queueId: delayLevel - 1,
      tagsCode: this.#options.clock.now() + delayMillisOf(delayLevel),
      properties: parked.encode(),
    };
  };

  start(): void {
    this.#options.store.onArrival((topic, queueId) => {
      const level = topic === SCHEDULE_TOPIC ? this.#levels[queueId] : undefined;
      if (level !== undefined && level.timer === null) this.#deliver(level);
    });
    for (const level of this.#levels) {
      this.#options.store.watch(SCHEDULE_TOPIC, level.queueId, true);
      this.#deliver(level);
    }
    this.#armPersist();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#persistTimer?.cancel();
    for (const level of this.#levels) level.timer?.cancel();
    await this.#persisting;
    await this.persist();
  }

  /** Writes the cursors, after what they have delivered is on the disk. */
  async persist(): Promise<void> {
    if (this.#changed.size === 0) return;
    const { store, metadata, logger } = this.#options;
    const levels = [...this.#changed];
    this.#changed.clear();
    const puts = levels.map(({ delayLevel, cursor }) => ({
      table: DELAY_OFFSET_TABLE,
      key: String(delayLevel),
      value: Buffer.from(String(cursor)),
    }));
    try {
      const outcome = await store.flushed(store.status().appendedOffset);
      if (outcome !== 'reached') throw new Error(`the delivered messages are not on the disk: ${outcome}`);
      await metadata.commit({ puts, deletes: [] });
    } catch (error) {
      for (const level of levels) this.#changed.add(level);
      logger.error({ error }, 'The progress of delayed delivery was not persisted.');
    }
  }

  #armPersist(): void {
    this.#persistTimer = this.#options.clock.setTimer(PERSIST_INTERVAL_MILLIS, () => {
      this.#persisting = this.persist();
      if (!this.#stopped) this.#armPersist();
    });
  }

  /** Delivers what is due and sleeps until the next message is, or until one arrives. */
  #deliver(level: Level): void {
    level.timer = null;
    if (this.#stopped) return;
    try {
      const waitMillis = this.#deliverDue(level);
      if (waitMillis !== null) this.#sleep(level, waitMillis);
    } catch (error) {
      const fields = { error, delayLevel: level.delayLevel, queueOffset: level.cursor };
      this.#options.logger.error(fields, 'A delayed message was not delivered; trying again.');
      this.#sleep(level, RETRY_MILLIS);
    }
  }

  #sleep(level: Level, waitMillis: number): void {
    const delay = Math.min(Math.max(waitMillis, 0), WAIT_MILLIS_MAX);
    level.timer = this.#options.clock.setTimer(delay, () => this.#deliver(level));
  }

  /** Milliseconds until the next round; null: nothing waits. */
  #deliverDue(level: Level): number | null {
    const records = this.#readRound(level);
    const delayMillis = delayMillisOf(level.delayLevel);
    for (const record of records) {
      const now = this.#options.clock.now();
      const waitMillis = record.storeTimestamp + delayMillis - now;
      // Later than a whole delay from now: the clock was set back. Java delivers at once.
      if (waitMillis > 0 && waitMillis <= delayMillis) return waitMillis;
      this.#deliverOne(record);
      level.cursor = record.queueOffset + 1;
      this.#changed.add(level);
    }
    return records.length === 0 ? null : 0;
  }

  #readRound(level: Level): StoredMessage[] {
    const { store } = this.#options;
    const request = {
      topic: SCHEDULE_TOPIC,
      queueId: level.queueId,
      queueOffset: level.cursor,
      messageCountMax: MESSAGES_PER_ROUND_MAX,
      recordBytesMax: READ_BUFFER_BYTES,
      tagCodes: null,
    };
    this.#readBuffer ??= Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);
    let out = this.#readBuffer;
    let result = store.read(request, out, 0);
    if (result.status === 'OUTPUT_TOO_SMALL') {
      out = Buffer.allocUnsafe(result.requiredBytes);
      result = store.read({ ...request, messageCountMax: 1 }, out, 0);
    }
    if (result.status === 'FOUND') return decodeRecords(out.subarray(0, result.recordBytes));
    if (result.status === 'OFFSET_TOO_SMALL' || result.status === 'OFFSET_OVERFLOW_BADLY') {
      const { delayLevel, cursor } = level;
      const fields = { delayLevel, cursor, nextBeginOffset: result.nextBeginOffset };
      this.#options.logger.warn(fields, 'The cursor of a delay level lay outside its queue.');
      level.cursor = result.nextBeginOffset;
      this.#changed.add(level);
      return this.#isInside(level) ? this.#readRound(level) : [];
    }
    return [];
  }

  #isInside({ queueId, cursor }: Level): boolean {
    const state = this.#options.store.queueState(SCHEDULE_TOPIC, queueId);
    return state !== null && cursor >= state.minOffset && cursor < state.maxOffset;
  }

  #deliverOne(record: StoredMessage): void {
    const { store, logger } = this.#options;
    const topic = record.properties.get(MessageProperty.REAL_TOPIC);
    if (topic === undefined) {
      const fields = { queueOffset: record.queueOffset, commitLogOffset: record.commitLogOffset };
      logger.error(fields, 'A delayed message without REAL_TOPIC is dropped.');
      return;
    }
    const queueId = Number(record.properties.get(MessageProperty.REAL_QUEUE_ID) ?? '0');
    const appended = store.append(deliveredMessage(record, topic, queueId));
    if (appended.status === 'appended') return;
    if (appended.status === 'unknownTopic') {
      const fields = { topic, commitLogOffset: record.commitLogOffset };
      logger.warn(fields, 'A delayed message is dropped: its topic was deleted.');
      return;
    }
    throw new Error(`${topic} does not take the message at ${record.commitLogOffset}: ${appended.reason}`);
  }
}

/** What is stored when a delayed message is due: the same message, stored anew. Its properties keep where it waited. */
function deliveredMessage(record: StoredMessage, topic: string, queueId: number): MessageToAppend {
  return {
    topic,
    queueId,
    flag: record.flag,
    sysFlag: record.sysFlag,
    bornTimestamp: record.bornTimestamp,
    reconsumeTimes: record.reconsumeTimes,
    preparedTransactionOffset: record.preparedTransactionOffset,
    tagsCode: null,
    kind: 'single',
    bornHost: record.bornHost,
    properties: MessageProperties.ofRecord(record.properties).encode(),
    body: record.body,
  };
}

import type { Clock, Logger } from '@centaurmq/remoting';
import { AckGate } from './ack-gate.ts';
import { encodeAppendRequest } from './append-request.ts';
import type { BlockingTasks } from './blocking-tasks.ts';
import type {
  AckLevel,
  AckOutcome,
  AppendRefused,
  Appended,
  GetMessageRequest,
  GetMessageResult,
  GetMessageStatus,
  IndexQuery,
  MessageStore,
  MessageToAppend,
  OutputTooSmall,
  QueueState,
  StoreIdentity,
  StoreStatus,
  StoreTopicSpec,
} from './message-store.ts';
import type { NativeModule } from './native-module.ts';
import {
  AppendHead,
  AppendStatus,
  LOOKUP_HEAD_RECORD_BYTES,
  LookupStatus,
  QueueHead,
  QueueStatus,
  ReadHead,
  ReadStatus,
} from './native-status.ts';

/** A batch body of 4 MiB holds fewer records than this: each takes 22 bytes at least. */
const BATCH_RECORDS_MAX = 200_000;
const ARRIVALS_PER_CALL = 1024;
const LOOKUP_BUFFER_BYTES = 64 * 1024;
/** RocketMQ's accessMessageInMemoryMaxRatio. */
const RECENT_MEMORY_RATIO = 0.4;
/** In a stored record. */
const RECORD_COMMIT_LOG_OFFSET_AT = 28;

export interface NativeMessageStoreOptions {
  readonly native: NativeModule;
  readonly tasks: BlockingTasks;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly identity: StoreIdentity;
  /** RocketMQ's syncFlushTimeout: 5000. */
  readonly syncFlushTimeoutMillis: number;
  /** Acknowledgements that may wait for a flush at the same time. */
  readonly waitingAcknowledgementsMax: number;
  /** Of the machine: decides which messages count as recent. */
  readonly memoryBytes: number;
}

export const waitingAcknowledgementsMaxDefault = 100_000;

interface OpenTopic {
  readonly name: string;
  readonly handle: number;
  readonly ackLevel: AckLevel;
}

interface TopicDeletion {
  readonly done: Promise<void>;
  /** Defined again while its predecessor is being deleted. */
  successor: StoreTopicSpec | null;
}

/** The messages of an open native store. Opening, closing and the timers are {@link StoreLifecycle}'s. */
export class NativeMessageStore implements MessageStore {
  readonly gate: AckGate;
  /** The engine's number of this store. */
  readonly store: number;
  readonly #native: NativeModule;
  readonly #tasks: BlockingTasks;
  readonly #clock: Clock;
  readonly #memoryBytes: number;
  readonly #byName = new Map<string, OpenTopic>();
  readonly #byHandle = new Map<number, OpenTopic>();
  readonly #deletions = new Map<string, TopicDeletion>();
  readonly #arrivalListeners: ((topic: string, queueId: number) => void)[] = [];
  readonly #segmentListeners: (() => void)[] = [];
  /** How many watch a queue, by handle and queue id. */
  readonly #watchers = new Map<string, number>();
  readonly #smallHead = new Float64Array(16);
  readonly #appendHead = new Float64Array(64);
  #batchHead: Float64Array | null = null;
  readonly #arrivals = new Uint32Array(2 * ARRIVALS_PER_CALL);
  #arrivalsScheduled = false;
  #appendedSinceFlush = false;
  #appendedRecordCount = 0;
  #identity: StoreIdentity;

  constructor(store: number, flushedOffset: number, options: NativeMessageStoreOptions) {
    this.store = store;
    this.#identity = options.identity;
    this.#native = options.native;
    this.#tasks = options.tasks;
    this.#clock = options.clock;
    this.#memoryBytes = options.memoryBytes;
    this.#native.configure(store, JSON.stringify(options.identity));
    this.gate = new AckGate({
      flush: () => this.#tasks.run('flush', store),
      poisonReason: () => this.status().poisonReason,
      flushedOffset,
      clock: options.clock,
      logger: options.logger,
      syncFlushTimeoutMillis: options.syncFlushTimeoutMillis,
      waitingAcknowledgementsMax: options.waitingAcknowledgementsMax,
    });
    this.gate.onFlushed(() => this.noteArrivals());
  }

  get identity(): StoreIdentity {
    return this.#identity;
  }

  /** Changes the constants of records and responses: the port is known only once it is bound. */
  configure(identity: StoreIdentity): void {
    this.#identity = identity;
    this.#native.configure(this.store, JSON.stringify(identity));
  }

  /** Messages appended since the store was opened, whichever path took them. */
  get appendedRecordCount(): number {
    return this.#appendedRecordCount;
  }

  defineTopic(spec: StoreTopicSpec): void {
    const deletion = this.#deletions.get(spec.name);
    // Both would work on files of the same names.
    if (deletion === undefined) this.#define(spec);
    else deletion.successor = spec;
  }

  #define(spec: StoreTopicSpec): void {
    const handle = this.#native.defineTopic(this.store, JSON.stringify(spec));
    const topic = { name: spec.name, handle, ackLevel: spec.ackLevel };
    this.#byName.set(spec.name, topic);
    this.#byHandle.set(handle, topic);
  }

  async deleteTopic(name: string): Promise<void> {
    const topic = this.#byName.get(name);
    const earlier = this.#deletions.get(name);
    if (earlier !== undefined) earlier.successor = null;
    if (topic === undefined) return earlier?.done;
    this.#byName.delete(name);
    this.#byHandle.delete(topic.handle);
    const deletion: TopicDeletion = {
      successor: null,
      done: this.#tasks.run('deleteTopic', this.store, topic.handle).finally(() => {
        this.#deletions.delete(name);
        if (deletion.successor !== null) this.#define(deletion.successor);
      }),
    };
    this.#deletions.set(name, deletion);
    await deletion.done;
  }

  async topicSettled(name: string): Promise<void> {
    // Whether it went well is told to whoever deleted.
    await this.#deletions.get(name)?.done.catch(() => undefined);
  }

  append(message: MessageToAppend): Appended | AppendRefused {
    const topic = this.#byName.get(message.topic);
    if (topic === undefined) {
      return { status: 'unknownTopic', reason: `The store knows no topic ${message.topic}.` };
    }
    const request = encodeAppendRequest(topic.handle, message);
    const head = this.#headFor(message);
    const status = this.#native.append(this.store, request, this.#clock.now(), head);
    if (status !== AppendStatus.APPENDED) return this.#refused(status);
    this.noteAppended(message.kind === 'single' ? 1 : at(head, AppendHead.RECORD_COUNT));
    if (this.#watchers.size > 0) this.noteArrivals();
    return {
      status: 'appended',
      queueOffset: at(head, AppendHead.QUEUE_OFFSET),
      commitLogOffset: at(head, AppendHead.COMMIT_LOG_OFFSET),
      endOffset: at(head, AppendHead.END_OFFSET),
      commitLogOffsets: recordOffsets(message, head),
    };
  }

  acknowledged(topic: string, endOffset: number): Promise<AckOutcome> | null {
    if (this.#byName.get(topic)?.ackLevel !== 'fsync') return null;
    return this.gate.reached(endOffset);
  }

  flushed(endOffset: number): Promise<AckOutcome> {
    return this.gate.reached(endOffset);
  }

  read(request: GetMessageRequest, out: Uint8Array, outStart: number): GetMessageResult | OutputTooSmall {
    const topic = this.#byName.get(request.topic);
    if (topic === undefined) return nothingRead('NO_MATCHED_LOGIC_QUEUE');
    const head = this.#smallHead;
    const status = this.#native.read(
      this.store,
      topic.handle,
      request.queueId,
      request.queueOffset,
      request.messageCountMax,
      request.recordBytesMax,
      request.tagCodes,
      out,
      outStart,
      head,
    );
    if (status === ReadStatus.OUTPUT_TOO_SMALL) {
      return { status: 'OUTPUT_TOO_SMALL', requiredBytes: at(head, ReadHead.RECORD_BYTES) };
    }
    return {
      status: readStatusNames[status] ?? 'NO_MATCHED_LOGIC_QUEUE',
      nextBeginOffset: at(head, ReadHead.NEXT_BEGIN_OFFSET),
      minOffset: at(head, ReadHead.MIN_OFFSET),
      maxOffset: at(head, ReadHead.MAX_OFFSET),
      messageCount: at(head, ReadHead.MESSAGE_COUNT),
      recordBytes: at(head, ReadHead.RECORD_BYTES),
      behindBytes: at(head, ReadHead.BEHIND_BYTES),
    };
  }

  queueState(topicName: string, queueId: number): QueueState | null {
    const topic = this.#byName.get(topicName);
    if (topic === undefined) return null;
    const head = this.#smallHead;
    const status = this.#native.queueState(this.store, topic.handle, queueId, head);
    if (status !== QueueStatus.KNOWN) return null;
    return {
      minOffset: at(head, QueueHead.MIN_OFFSET),
      maxOffset: at(head, QueueHead.MAX_OFFSET),
      lastStoreTimestamp: at(head, QueueHead.LAST_STORE_TIMESTAMP),
      earliestStoreTimestamp: at(head, QueueHead.EARLIEST_STORE_TIMESTAMP),
    };
  }

  maxOffset(topic: string, queueId: number): number {
    return this.queueState(topic, queueId)?.maxOffset ?? 0;
  }

  minOffset(topic: string, queueId: number): number {
    return this.queueState(topic, queueId)?.minOffset ?? 0;
  }

  isRecent(topic: string, queueId: number, queueOffset: number): boolean {
    const state = this.queueState(topic, queueId);
    if (state === null || queueOffset < state.minOffset || queueOffset >= state.maxOffset) return false;
    const { appendedOffset, minOffset } = this.status();
    const recentBytes = RECENT_MEMORY_RATIO * this.#memoryBytes;
    if (appendedOffset - minOffset <= recentBytes) return true;
    const commitLogOffset = this.#commitLogOffsetOf(topic, queueId, queueOffset);
    return commitLogOffset !== null && appendedOffset - commitLogOffset <= recentBytes;
  }

  searchOffset(topicName: string, queueId: number, timestamp: number, boundary: 'lower' | 'upper'): number {
    const topic = this.#byName.get(topicName);
    if (topic === undefined) return 0;
    const upper = boundary === 'upper';
    return this.#native.searchOffset(this.store, topic.handle, queueId, timestamp, upper);
  }

  lookup(commitLogOffset: number): Buffer | null {
    const head = this.#smallHead;
    let out = Buffer.allocUnsafe(LOOKUP_BUFFER_BYTES);
    let status = this.#native.lookup(this.store, commitLogOffset, out, head);
    if (status === LookupStatus.OUTPUT_TOO_SMALL) {
      out = Buffer.allocUnsafe(at(head, LOOKUP_HEAD_RECORD_BYTES));
      status = this.#native.lookup(this.store, commitLogOffset, out, head);
    }
    if (status !== LookupStatus.FOUND) return null;
    return out.subarray(0, at(head, LOOKUP_HEAD_RECORD_BYTES));
  }

  async queryIndex(query: IndexQuery): Promise<number[]> {
    // Shared memory: the search runs in another thread and fills it there.
    const out = new Float64Array(new SharedArrayBuffer(8 * query.messageCountMax));
    const { topic, key, messageCountMax, beginTimestamp, endTimestamp } = query;
    const count = await this.#tasks.run(
      'queryIndex',
      this.store,
      topic,
      key,
      messageCountMax,
      beginTimestamp,
      endTimestamp,
      out,
    );
    return Array.from(out.subarray(0, count));
  }

  watch(topicName: string, queueId: number, on: boolean): void {
    const topic = this.#byName.get(topicName);
    if (topic === undefined) return;
    const key = `${topic.handle} ${queueId}`;
    const before = this.#watchers.get(key) ?? 0;
    const after = Math.max(0, before + (on ? 1 : -1));
    if (after === 0) this.#watchers.delete(key);
    else this.#watchers.set(key, after);
    if (before === 0 || after === 0) this.#native.watch(this.store, topic.handle, queueId, on);
  }

  onArrival(listener: (topic: string, queueId: number) => void): void {
    this.#arrivalListeners.push(listener);
  }

  /** Called when the engine asks for the next segment to be prepared. */
  onSegmentWanted(listener: () => void): void {
    this.#segmentListeners.push(listener);
  }

  status(): StoreStatus {
    return JSON.parse(this.#native.status(this.store)) as StoreStatus;
  }

  /** True once after something was appended: the background flush has work. */
  takeAppendedSinceFlush(): boolean {
    const appended = this.#appendedSinceFlush;
    this.#appendedSinceFlush = false;
    return appended;
  }

  /** Something was appended: the background flush has work. */
  noteAppended(recordCount: number): void {
    this.#appendedRecordCount += recordCount;
    this.#appendedSinceFlush = true;
  }

  noteSegmentWanted(): void {
    for (const listener of this.#segmentListeners) listener();
  }

  /** Tells the listeners after the current chunk is answered: acknowledgements go first. */
  noteArrivals(): void {
    if (this.#arrivalsScheduled) return;
    this.#arrivalsScheduled = true;
    queueMicrotask(() => {
      this.#arrivalsScheduled = false;
      this.#reportArrivals();
    });
  }

  #reportArrivals(): void {
    for (;;) {
      const count = this.#native.arrivals(this.store, this.#arrivals);
      // Copied: a listener may append and so come here again.
      const pairs = Array.from(this.#arrivals.subarray(0, 2 * count));
      for (let index = 0; index < pairs.length; index += 2) {
        const topic = this.#byHandle.get(pairs[index] ?? -1);
        if (topic === undefined) continue;
        for (const listener of this.#arrivalListeners) listener(topic.name, pairs[index + 1] ?? 0);
      }
      if (count < ARRIVALS_PER_CALL) return;
    }
  }

  #commitLogOffsetOf(topic: string, queueId: number, queueOffset: number): number | null {
    const request = { topic, queueId, queueOffset, messageCountMax: 1, recordBytesMax: 1, tagCodes: null };
    let out = Buffer.allocUnsafe(LOOKUP_BUFFER_BYTES);
    let result = this.read(request, out, 0);
    if (result.status === 'OUTPUT_TOO_SMALL') {
      out = Buffer.allocUnsafe(result.requiredBytes);
      result = this.read(request, out, 0);
    }
    return result.status === 'FOUND' ? Number(out.readBigInt64BE(RECORD_COMMIT_LOG_OFFSET_AT)) : null;
  }

  #headFor(message: MessageToAppend): Float64Array {
    if (message.kind === 'single') return this.#appendHead;
    this.#batchHead ??= new Float64Array(AppendHead.RECORD_OFFSETS + BATCH_RECORDS_MAX);
    return this.#batchHead;
  }

  #refused(status: number): AppendRefused {
    if (status === AppendStatus.SEGMENT_UNAVAILABLE) this.noteSegmentWanted();
    if (status === AppendStatus.POISONED) {
      return { status: 'poisoned', reason: this.status().poisonReason ?? 'a flush failed' };
    }
    return (
      refusals[status] ?? {
        status: 'messageIllegal',
        reason: `The engine refused the message with status ${status}.`,
      }
    );
  }
}

const refusals: Partial<Record<number, AppendRefused>> = {
  [AppendStatus.MESSAGE_ILLEGAL]: {
    status: 'messageIllegal',
    reason: 'the message is malformed or longer than a segment takes',
  },
  [AppendStatus.PROPERTIES_TOO_LONG]: {
    status: 'propertiesTooLong',
    reason: 'the properties are longer than 32767 bytes',
  },
  [AppendStatus.UNKNOWN_TOPIC]: { status: 'unknownTopic', reason: 'the topic was deleted' },
  [AppendStatus.SEGMENT_UNAVAILABLE]: {
    status: 'segmentUnavailable',
    reason: 'the next commit log segment is not ready',
  },
  [AppendStatus.DISK_FULL]: { status: 'diskFull', reason: "the broker's disk is full" },
  [AppendStatus.CLOSED]: { status: 'closed', reason: 'the message store has been shut down' },
};

const readStatusNames: Partial<Record<number, GetMessageStatus>> = {
  [ReadStatus.FOUND]: 'FOUND',
  [ReadStatus.NO_MATCHED_MESSAGE]: 'NO_MATCHED_MESSAGE',
  [ReadStatus.MESSAGE_WAS_REMOVING]: 'MESSAGE_WAS_REMOVING',
  [ReadStatus.OFFSET_FOUND_NULL]: 'OFFSET_FOUND_NULL',
  [ReadStatus.OFFSET_OVERFLOW_BADLY]: 'OFFSET_OVERFLOW_BADLY',
  [ReadStatus.OFFSET_OVERFLOW_ONE]: 'OFFSET_OVERFLOW_ONE',
  [ReadStatus.OFFSET_TOO_SMALL]: 'OFFSET_TOO_SMALL',
  [ReadStatus.NO_MATCHED_LOGIC_QUEUE]: 'NO_MATCHED_LOGIC_QUEUE',
  [ReadStatus.NO_MESSAGE_IN_QUEUE]: 'NO_MESSAGE_IN_QUEUE',
};

function at(head: Float64Array, index: number): number {
  return head[index] ?? 0;
}

function recordOffsets(message: MessageToAppend, head: Float64Array): number[] {
  if (message.kind === 'single') return [at(head, AppendHead.COMMIT_LOG_OFFSET)];
  const count = at(head, AppendHead.RECORD_COUNT);
  return Array.from(head.subarray(AppendHead.RECORD_OFFSETS, AppendHead.RECORD_OFFSETS + count));
}

function nothingRead(status: GetMessageStatus): GetMessageResult {
  return {
    status,
    nextBeginOffset: 0,
    minOffset: 0,
    maxOffset: 0,
    messageCount: 0,
    recordBytes: 0,
    behindBytes: 0,
  };
}

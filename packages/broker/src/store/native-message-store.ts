import type { Clock, Logger } from '@centaurmq/remoting';
import { CallTimes } from '../statistics/call-times.ts';
import { AckGate } from './ack-gate.ts';
import { type ArrivalListener, ArrivalReports } from './arrival-reports.ts';
import { encodeAppendRequest } from './append-request.ts';
import type { BlockingTasks } from './blocking-tasks.ts';
import type {
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
  StorePullGroup,
  StorePullLimits,
  StoreStatus,
  StoreTopicSpec,
} from './message-store.ts';
import type { NativeModule } from './native-module.ts';
import { NativeTopics } from './native-topics.ts';
import {
  AppendHead,
  AppendStatus,
  LOOKUP_HEAD_RECORD_BYTES,
  LookupStatus,
  QUEUE_BOUNDS,
  QueueHead,
  QueueStatus,
  ReadHead,
  ReadStatus,
} from './native-status.ts';

/** A batch body of 4 MiB holds fewer records than this: each takes 22 bytes at least. */
const BATCH_RECORDS_MAX = 200_000;
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

/** The messages of an open native store. Opening and closing is `openStore`'s, what it needs from time to time `StoreMaintenance`'s. */
export class NativeMessageStore implements MessageStore {
  readonly gate: AckGate;
  /** Of appends, counted by message, whichever path took them. */
  readonly putTimes: CallTimes = new CallTimes();
  /** Of reads. */
  readonly getTimes: CallTimes = new CallTimes();
  /** The engine's number of this store. */
  readonly store: number;
  readonly #native: NativeModule;
  readonly #tasks: BlockingTasks;
  readonly #clock: Clock;
  readonly #memoryBytes: number;
  readonly #topics: NativeTopics;
  readonly #arrivals: ArrivalReports;
  readonly #segmentListeners: (() => void)[] = [];
  readonly #smallHead = new Float64Array(16);
  readonly #boundsHead = new Float64Array(QUEUE_BOUNDS);
  readonly #appendHead = new Float64Array(64);
  #batchHead: Float64Array | null = null;
  #appendedSinceFlush = false;
  #appendedRecordCount = 0;
  #refusedAppendCount = 0;
  #identity: StoreIdentity;

  constructor(store: number, flushedOffset: number, options: NativeMessageStoreOptions) {
    this.store = store;
    this.#identity = options.identity;
    this.#native = options.native;
    this.#tasks = options.tasks;
    this.#clock = options.clock;
    this.#memoryBytes = options.memoryBytes;
    this.#topics = new NativeTopics(options.native, options.tasks, store);
    this.#arrivals = new ArrivalReports(options.native, store, this.#topics);
    this.#native.configure(store, JSON.stringify(options.identity));
    this.gate = new AckGate({
      flush: () => this.#tasks.flush(store),
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

  /** Flushes since the store was opened, each for all that was appended until then. */
  get groupCommitCount(): number {
    return this.status().groupCommitCount;
  }

  /** Appends that the engine refused since the store was opened. */
  get refusedAppendCount(): number {
    return this.#refusedAppendCount;
  }

  defineTopic(spec: StoreTopicSpec): void {
    this.#topics.define(spec);
  }

  deleteTopic(name: string): Promise<void> {
    return this.#topics.delete(name);
  }

  topicSettled(name: string): Promise<void> {
    return this.#topics.settled(name);
  }

  configurePulls(limits: StorePullLimits): void {
    this.#native.configurePulls(this.store, JSON.stringify(limits));
  }

  definePullGroup(group: StorePullGroup): void {
    this.#native.definePullGroup(this.store, JSON.stringify(group));
  }

  append(message: MessageToAppend): Appended | AppendRefused {
    const topic = this.#topics.find(message.topic);
    if (topic === undefined) {
      return { status: 'unknownTopic', reason: `The store knows no topic ${message.topic}.` };
    }
    const request = encodeAppendRequest(topic.handle, message);
    const head = this.#headFor(message);
    const startedAt = this.#clock.monotonicMillis();
    const status = this.#native.append(this.store, request, this.#clock.now(), head);
    if (status !== AppendStatus.APPENDED) return this.#refused(status);
    const tookMillis = this.#clock.monotonicMillis() - startedAt;
    this.noteAppended(message.kind === 'single' ? 1 : at(head, AppendHead.RECORD_COUNT), tookMillis);
    if (this.#arrivals.isAnyWatched) this.noteArrivals();
    return {
      status: 'appended',
      queueOffset: at(head, AppendHead.QUEUE_OFFSET),
      commitLogOffset: at(head, AppendHead.COMMIT_LOG_OFFSET),
      endOffset: at(head, AppendHead.END_OFFSET),
      commitLogOffsets: recordOffsets(message, head),
    };
  }

  acknowledged(topic: string, endOffset: number): Promise<AckOutcome> | null {
    if (this.#topics.find(topic)?.ackLevel !== 'fsync') return null;
    return this.gate.reached(endOffset);
  }

  flushed(endOffset: number): Promise<AckOutcome> {
    return this.gate.reached(endOffset);
  }

  read(request: GetMessageRequest, out: Uint8Array, outStart: number): GetMessageResult | OutputTooSmall {
    const topic = this.#topics.find(request.topic);
    if (topic === undefined) return nothingRead('NO_MATCHED_LOGIC_QUEUE');
    const head = this.#smallHead;
    const startedAt = this.#clock.monotonicMillis();
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
    this.getTimes.record(this.#clock.monotonicMillis() - startedAt, 1);
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

  isCold(request: GetMessageRequest): boolean {
    const topic = this.#topics.find(request.topic);
    if (topic === undefined) return false;
    const { queueId, queueOffset, messageCountMax, recordBytesMax, tagCodes } = request;
    const { handle } = topic;
    return this.#native.isCold(
      this.store,
      handle,
      queueId,
      queueOffset,
      messageCountMax,
      recordBytesMax,
      tagCodes,
    );
  }

  async warm(request: GetMessageRequest): Promise<void> {
    const topic = this.#topics.find(request.topic);
    if (topic === undefined) return;
    const { queueId, queueOffset, messageCountMax, recordBytesMax, tagCodes } = request;
    const { handle } = topic;
    await this.#tasks.run(
      'warm',
      this.store,
      handle,
      queueId,
      queueOffset,
      messageCountMax,
      recordBytesMax,
      tagCodes,
    );
  }

  queueState(topicName: string, queueId: number): QueueState | null {
    const topic = this.#topics.find(topicName);
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
    return this.#bound(topic, queueId, QueueHead.MAX_OFFSET);
  }

  minOffset(topic: string, queueId: number): number {
    return this.#bound(topic, queueId, QueueHead.MIN_OFFSET);
  }

  /** How many messages the topic ever showed to readers; null when the engine has no such topic. */
  topicPutTotal(topicName: string): number | null {
    const topic = this.#topics.find(topicName);
    return topic === undefined ? null : this.#native.topicPutTotal(this.store, topic.handle);
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
    const topic = this.#topics.find(topicName);
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

  watch(topic: string, queueId: number, on: boolean): void {
    this.#arrivals.watch(topic, queueId, on);
  }

  onArrival(listener: ArrivalListener): void {
    this.#arrivals.onArrival(listener);
  }

  /** Called when the engine asks for the next segment to be prepared. */
  onSpaceWanted(listener: () => void): void {
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
  noteAppended(recordCount: number, tookMillis: number): void {
    this.#appendedRecordCount += recordCount;
    this.putTimes.record(tookMillis, recordCount);
    this.#appendedSinceFlush = true;
  }

  /** The engine has answered pulls by itself, in this time. */
  notePulled(pullCount: number, tookMillis: number): void {
    this.getTimes.record(tookMillis, pullCount);
  }

  noteSpaceWanted(): void {
    for (const listener of this.#segmentListeners) listener();
  }

  /** Messages have become visible: whoever watches is told after the current chunk. */
  noteArrivals(): void {
    this.#arrivals.schedule();
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

  /** Without the times, for which the engine would read two records. */
  #bound(topicName: string, queueId: number, index: number): number {
    const topic = this.#topics.find(topicName);
    if (topic === undefined) return 0;
    const head = this.#boundsHead;
    const status = this.#native.queueState(this.store, topic.handle, queueId, head);
    return status === QueueStatus.KNOWN ? at(head, index) : 0;
  }

  #headFor(message: MessageToAppend): Float64Array {
    if (message.kind === 'single') return this.#appendHead;
    this.#batchHead ??= new Float64Array(AppendHead.RECORD_OFFSETS + BATCH_RECORDS_MAX);
    return this.#batchHead;
  }

  #refused(status: number): AppendRefused {
    this.#refusedAppendCount++;
    if (status === AppendStatus.SEGMENT_UNAVAILABLE) this.noteSpaceWanted();
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

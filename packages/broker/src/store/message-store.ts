/** Up to where a message must have come before it is acknowledged and delivered. */
export type AckLevel = 'os' | 'fsync';

/** What the engine must know of a topic; pushed down on every change of its configuration. */
export interface StoreTopicSpec {
  readonly name: string;
  readonly readQueueNums: number;
  readonly writeQueueNums: number;
  readonly perm: number;
  readonly ackLevel: AckLevel;
  /** Plain sends may be appended without asking TypeScript. */
  readonly hotPath: boolean;
}

/** Bounds of every pull that the engine answers by itself. */
export interface StorePullLimits {
  readonly messageCountMax: number;
  readonly recordBytesMax: number;
  readonly litePullEnable: boolean;
}

/** The topics that a group may read from; pushed down on every change of what decides about it. */
export interface StorePullGroup {
  readonly group: string;
  readonly groupSysFlag: number;
  readonly topics: readonly StorePullTopic[];
}

export interface StorePullTopic {
  /** Names group and topic in {@link AnsweredPull}. */
  readonly id: number;
  readonly topic: string;
  readonly topicSysFlag: number;
  /** Null: only pulls that bring their subscription along may be answered without asking TypeScript. */
  readonly registered: { readonly subVersion: number; readonly tagCodes: readonly number[] | null } | null;
}

/** A pull that the engine has answered by itself, and what is to be noted of it. */
export interface AnsweredPull {
  readonly id: number;
  readonly queueId: number;
  readonly nextBeginOffset: number;
  /** The offset that came along to be committed. */
  readonly commitOffset: number | null;
  readonly messageCount: number;
  readonly recordBytes: number;
}

/** The broker's constants that stand in records and in hot-path responses. */
export interface StoreIdentity {
  readonly storeHost: string;
  readonly storePort: number;
  readonly clusterName: string;
  readonly brokerName: string;
  readonly regionId: string;
  readonly traceOn: boolean;
  /** MQVersion ordinal written into responses. */
  readonly version: number;
}

/** One message, or the elements of one batch body, as the engine appends them. */
export interface MessageToAppend {
  readonly topic: string;
  readonly queueId: number;
  readonly flag: number;
  readonly sysFlag: number;
  readonly bornTimestamp: number;
  readonly reconsumeTimes: number;
  readonly preparedTransactionOffset: number;
  /** Null: the hash of the TAGS property. */
  readonly tagsCode: number | null;
  readonly kind: 'single' | 'batch';
  /** IPv4 or IPv6 literal and port of the producer. */
  readonly bornHost: { readonly host: string; readonly port: number };
  readonly properties: Uint8Array;
  readonly body: Uint8Array;
}

export interface Appended {
  readonly status: 'appended';
  readonly queueOffset: number;
  readonly commitLogOffset: number;
  /** Where the log ends after this append: what a flush must reach. */
  readonly endOffset: number;
  /** One per record: several for a batch. */
  readonly commitLogOffsets: readonly number[];
}

/** Why nothing was appended. */
export interface AppendRefused {
  readonly status:
    | 'messageIllegal'
    | 'propertiesTooLong'
    | 'diskFull'
    | 'poisoned'
    | 'closed'
    | 'unknownTopic'
    | 'segmentUnavailable';
  readonly reason: string;
}

export interface QueueState {
  readonly minOffset: number;
  /** One past the newest visible message. */
  readonly maxOffset: number;
  /** -1 when the queue is empty. */
  readonly lastStoreTimestamp: number;
  readonly earliestStoreTimestamp: number;
}

/** RocketMQ's GetMessageStatus, as far as a master gives it. */
export type GetMessageStatus =
  | 'FOUND'
  | 'NO_MATCHED_MESSAGE'
  | 'MESSAGE_WAS_REMOVING'
  | 'OFFSET_FOUND_NULL'
  | 'OFFSET_OVERFLOW_BADLY'
  | 'OFFSET_OVERFLOW_ONE'
  | 'OFFSET_TOO_SMALL'
  | 'NO_MATCHED_LOGIC_QUEUE'
  | 'NO_MESSAGE_IN_QUEUE';

/** What to read from a queue. */
export interface GetMessageRequest {
  readonly topic: string;
  readonly queueId: number;
  readonly queueOffset: number;
  readonly messageCountMax: number;
  /** At least one message is read even if it is longer. */
  readonly recordBytesMax: number;
  /** Tag hashes to let through; null lets everything through. */
  readonly tagCodes: Int32Array | null;
}

/** What one read of a queue found. */
export interface GetMessageResult {
  readonly status: GetMessageStatus;
  readonly nextBeginOffset: number;
  readonly minOffset: number;
  readonly maxOffset: number;
  readonly messageCount: number;
  /** Bytes of records that now stand in the caller's buffer. */
  readonly recordBytes: number;
  /** Bytes of the log between the newest record and the last one looked at. */
  readonly behindBytes: number;
}

/** Not even one message fits the caller's buffer. */
export interface OutputTooSmall {
  readonly status: 'OUTPUT_TOO_SMALL';
  readonly requiredBytes: number;
}

/** The outcome of waiting for an acknowledgement level. */
export type AckOutcome = 'reached' | 'flushDiskTimeout' | 'poisoned';

/**
 * The messages of one broker: a typed view of the native engine. It is not a policy: who may append or read
 * what is decided by the processors.
 */
export interface MessageStore {
  readonly identity: StoreIdentity;
  /** Creates or updates. */
  defineTopic(spec: StoreTopicSpec): void;
  /**
   * Forgets the topic's queues and removes their files. A topic of the same name that is defined meanwhile comes to life
   * when that is done.
   */
  deleteTopic(topic: string): Promise<void>;
  /** Resolves when no deletion of a topic of this name is under way. */
  topicSettled(topic: string): Promise<void>;
  /** Bounds of the pulls that the engine answers by itself; none before the first call. */
  configurePulls(limits: StorePullLimits): void;
  /** Replaces what the engine knows of a group; without topics it is forgotten. */
  definePullGroup(group: StorePullGroup): void;
  append(message: MessageToAppend): Appended | AppendRefused;
  /** Resolves when the topic's acknowledgement level covers `endOffset`, or after syncFlushTimeout. Null: it does already. */
  acknowledged(topic: string, endOffset: number): Promise<AckOutcome> | null;
  /** The same for the disk, whatever the topic's level. */
  flushed(endOffset: number): Promise<AckOutcome>;
  /** Copies the stored records into `out` from `outStart` on, as they are. */
  read(request: GetMessageRequest, out: Uint8Array, outStart: number): GetMessageResult | OutputTooSmall;
  /** Whether `read` would wait for the disk. */
  isCold(request: GetMessageRequest): boolean;
  /** Brings what `read` copies into memory, in another thread. */
  warm(request: GetMessageRequest): Promise<void>;
  /** Null when the engine knows no such queue. */
  queueState(topic: string, queueId: number): QueueState | null;
  /** The visible end; 0 for a queue never written. */
  maxOffset(topic: string, queueId: number): number;
  minOffset(topic: string, queueId: number): number;
  /** Whether this message exists and is among the newest of the log, as much as 40 % of the memory would hold. */
  isRecent(topic: string, queueId: number, queueOffset: number): boolean;
  /** Queue offset by store time, as SEARCH_OFFSET_BY_TIMESTAMP counts. */
  searchOffset(topic: string, queueId: number, timestamp: number, boundary: 'lower' | 'upper'): number;
  /** A copy of the record at this place of the log, or null when there is none. */
  lookup(commitLogOffset: number): Buffer | null;
  /** Commit log offsets of messages with this key, newest first as the index has them. */
  queryIndex(query: IndexQuery): Promise<number[]>;
  /** One watcher more or less of this queue, whose arrivals are reported to {@link MessageStore.onArrival}. */
  watch(topic: string, queueId: number, on: boolean): void;
  /** Called when messages have become visible in a watched queue. */
  onArrival(listener: (topic: string, queueId: number) => void): void;
  status(): StoreStatus;
}

export interface IndexQuery {
  readonly topic: string;
  readonly key: string;
  readonly messageCountMax: number;
  readonly beginTimestamp: number;
  readonly endTimestamp: number;
}

export interface DiskSpace {
  readonly totalBytes: number;
  /** Not taken by any file; part of it may be reserved for the system. */
  readonly freeBytes: number;
  /** What the broker may still take. */
  readonly availableBytes: number;
}

/** What `status` tells, as far as the broker uses it. */
export interface StoreStatus {
  /** First commit log offset that is still there. */
  readonly minOffset: number;
  readonly appendedOffset: number;
  readonly flushedOffset: number;
  /** Flushes since the store was opened, each for all that was appended until then. */
  readonly groupCommitCount: number;
  /** The segment after the active one is ready. */
  readonly segmentPrepared: boolean;
  /** Of the file system that holds the store; null when it is unknown. */
  readonly space: DiskSpace | null;
  /** Why writes stopped, or null. */
  readonly poisonReason: string | null;
}

/** Puts and deletes committed together. */
export interface MetadataBatch {
  readonly puts: readonly {
    readonly table: string;
    readonly key: string;
    readonly value: Uint8Array;
  }[];
  readonly deletes: readonly { readonly table: string; readonly key: string }[];
}

/** The transactional registry tables: topics, groups, offsets. */
export interface MetadataStore {
  /** Every entry of a table, keys in byte order. */
  scan(table: string): Promise<Map<string, Uint8Array>>;
  /** Durable when it resolves; all of the batch or nothing. */
  commit(batch: MetadataBatch): Promise<void>;
}

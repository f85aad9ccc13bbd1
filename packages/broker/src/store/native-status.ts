/**
 * The numbers by which the engine answers, and what its `head` arrays hold. They stand here and in the binding; a test
 * compares the two.
 */
export const AppendStatus = {
  APPENDED: 0,
  MESSAGE_ILLEGAL: 1,
  PROPERTIES_TOO_LONG: 2,
  UNKNOWN_TOPIC: 3,
  SEGMENT_UNAVAILABLE: 4,
  DISK_FULL: 5,
  POISONED: 6,
  CLOSED: 7,
} as const;
export type AppendStatus = (typeof AppendStatus)[keyof typeof AppendStatus];

export const AppendHead = {
  QUEUE_OFFSET: 0,
  COMMIT_LOG_OFFSET: 1,
  /** Where the log ends after the append: what a flush must reach. */
  END_OFFSET: 2,
  RECORD_COUNT: 3,
  /** From here on: the commit log offset of each record of a batch. */
  RECORD_OFFSETS: 4,
} as const;

/** RocketMQ's GetMessageStatus as far as the engine gives it. */
export const ReadStatus = {
  FOUND: 0,
  NO_MATCHED_MESSAGE: 1,
  MESSAGE_WAS_REMOVING: 2,
  OFFSET_FOUND_NULL: 3,
  OFFSET_OVERFLOW_BADLY: 4,
  OFFSET_OVERFLOW_ONE: 5,
  OFFSET_TOO_SMALL: 6,
  NO_MATCHED_LOGIC_QUEUE: 7,
  NO_MESSAGE_IN_QUEUE: 8,
  /** Not even one record fits; head says how many bytes it takes. */
  OUTPUT_TOO_SMALL: 9,
} as const;
export type ReadStatus = (typeof ReadStatus)[keyof typeof ReadStatus];

export const ReadHead = {
  NEXT_BEGIN_OFFSET: 0,
  MIN_OFFSET: 1,
  MAX_OFFSET: 2,
  MESSAGE_COUNT: 3,
  /** Bytes written from outStart; with OUTPUT_TOO_SMALL the bytes that are needed. */
  RECORD_BYTES: 4,
  /** Log bytes between the newest record and the last one read: how far behind the reader is. */
  BEHIND_BYTES: 5,
} as const;

export const LookupStatus = { FOUND: 0, NOT_FOUND: 1, OUTPUT_TOO_SMALL: 2 } as const;
/** The record's length, also when it did not fit. */
export const LOOKUP_HEAD_RECORD_BYTES = 0;

export const QueueStatus = { KNOWN: 0, UNKNOWN: 1 } as const;
/** Numbers of a queue head without the times. */
export const QUEUE_BOUNDS = 3;
export const QueueHead = {
  MIN_OFFSET: 0,
  /** Visible. */
  MAX_OFFSET: 1,
  APPENDED_MAX_OFFSET: 2,
  LAST_STORE_TIMESTAMP: 3,
  EARLIEST_STORE_TIMESTAMP: 4,
} as const;

export const IngestHead = {
  CONSUMED_BYTES: 0,
  RESPONSE_BYTES: 1,
  WITHHELD_START: 2,
  WITHHELD_BYTES: 3,
  REQUIRED_FLUSH_OFFSET: 4,
  OTHER_FRAME_COUNT: 5,
  APPENDED_RECORDS: 6,
  ARRIVALS_PENDING: 7,
  VIOLATION: 8,
  FLAGS: 9,
  ANSWERED_PULL_COUNT: 10,
} as const;

/** What a step of the hot sockets tells. */
export const HotStep = {
  DONE: 0,
  /** To be called again. */
  EFFECTS_FULL: 1,
  READABLE: 2,
  INGESTED: 3,
  DRAINED: 4,
  ENDED: 5,
  FAILED: 6,
} as const;

export const HotHead = {
  SOCKET: 0,
  RECEIVED_BYTES: 1,
  CONSUMED_BYTES: 2,
  /** Of the socket: they wait to be written. */
  UNSENT_BYTES: 3,
  OTHER_FRAME_COUNT: 4,
  VIOLATION: 5,
  ERROR_NUMBER: 6,
  /** From here on: of all sockets since the last step. */
  APPENDED_RECORDS: 7,
  ANSWERED_PULL_COUNT: 8,
  TOOK_MILLIS: 9,
  ARRIVALS_PENDING: 10,
  REQUIRED_FLUSH_OFFSET: 11,
  WITHHELD_BYTES: 12,
  FLAGS: 13,
} as const;
export const HOT_HEAD_NUMBERS = 16;

export const SocketReading = { nobody: 0, owner: 1, hotPath: 2 } as const;

/** What the engine tells of a pull that it has answered. */
export const AnsweredPullNumber = {
  ID: 0,
  QUEUE_ID: 1,
  NEXT_BEGIN_OFFSET: 2,
  /** -1: none. */
  COMMIT_OFFSET: 3,
  MESSAGE_COUNT: 4,
  RECORD_BYTES: 5,
} as const;
export const ANSWERED_PULL_NUMBERS = 6;

export const IngestFlag = { FLUSH_WANTED: 1, SPACE_WANTED: 2 } as const;

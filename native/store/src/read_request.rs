//! What a reader asks for and gets.

use crate::topic::TopicHandle;

/// A pull: `queue_offset` may be anything the wire brings.
#[derive(Debug, Clone, Copy)]
pub struct ReadRequest<'a> {
    pub topic: TopicHandle,
    pub queue_id: i32,
    pub queue_offset: i64,
    /// At most this many records.
    pub max_count: u32,
    /// At most this many bytes; the first record is returned even if it alone is larger.
    pub max_bytes: u32,
    /// Tag codes (Java's `hashCode`) of the subscription; None takes everything.
    pub tag_codes: Option<&'a [i32]>,
}

/// `RocketMQ`'s `GetMessageStatus`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum ReadStatus {
    Found = 0,
    /// Entries were examined, none passed the filter; `next_begin_offset` is behind them.
    NoMatchedMessage = 1,
    /// Retention took the records while they were being read.
    MessageWasRemoving = 2,
    OffsetFoundNull = 3,
    /// Beyond the visible maximum.
    OffsetOverflowBadly = 4,
    /// Exactly the visible maximum: hold the pull.
    OffsetOverflowOne = 5,
    OffsetTooSmall = 6,
    /// The topic or queue has never had a message.
    NoMatchedLogicQueue = 7,
    /// The queue is empty.
    NoMessageInQueue = 8,
}

/// The answer to a [`ReadRequest`]; the records are in the caller's buffer, one behind the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadOutcome {
    pub status: ReadStatus,
    pub next_begin_offset: u64,
    pub min_offset: u64,
    /// The visible maximum.
    pub max_offset: u64,
    pub record_count: u32,
    /// Bytes written into the buffer.
    pub bytes: usize,
    /// Commit log offset of the last record returned (0 if none): how far behind the reader is.
    pub last_commit_log_offset: u64,
}

/// Bounds of one queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QueueBounds {
    pub min_offset: u64,
    /// What readers may see: never past the watermark of the topic's acknowledgement level.
    pub max_offset: u64,
    /// What has been appended.
    pub appended_max: u64,
}

/// Bounds and times of one queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QueueState {
    pub min_offset: u64,
    /// What readers may see: never past the watermark of the topic's acknowledgement level.
    pub max_offset: u64,
    /// What has been appended.
    pub appended_max: u64,
    /// Milliseconds since the epoch; -1 without a message.
    pub last_store_timestamp: i64,
    /// Milliseconds since the epoch; -1 without a message.
    pub earliest_store_timestamp: i64,
}

/// Which of several messages around a timestamp `search_offset` returns (`RocketMQ`'s `BoundaryType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Boundary {
    /// The first message stored at or after the time.
    Lower,
    /// The last message stored at or before the time.
    Upper,
}

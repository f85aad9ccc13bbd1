//! The store: what a broker does with it.

use std::sync::Arc;

use crate::appender::Appender;
use crate::disk::{Disk, DiskSpace};
use crate::error::StoreError;
use crate::read::{Boundary, QueueState, ReadOutcome, ReadRequest};
use crate::recovery::RecoveryReport;
use crate::retention::{RetentionPolicy, RetentionReport};
use crate::store_options::StoreOptions;
use crate::topic::{TopicHandle, TopicSpec};

/// Watermarks and state, for `status`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreStatus {
    pub min_offset: u64,
    pub appended_offset: u64,
    pub flushed_offset: u64,
    pub checkpoint_offset: u64,
    pub segment_count: usize,
    pub segment_prepared: bool,
    pub topic_count: usize,
    pub queue_count: usize,
    pub consume_queue_mapped_count: usize,
    pub index_file_count: usize,
    pub space: Option<DiskSpace>,
    pub poison_reason: Option<String>,
}

/// One queue that has news for its watchers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    pub topic: TopicHandle,
    pub queue_id: u32,
}

/// A message store: a commit log for all topics, a consume queue per topic and queue, an index by key. All methods can be
/// called from any thread; those that say "blocking" may wait for the disk.
#[derive(Debug)]
pub struct Store {
    disk: Arc<dyn Disk>,
}

impl Store {
    /// Blocking. Opens or creates the store in this directory and recovers it.
    pub fn open(disk: Arc<dyn Disk>, options: &StoreOptions) -> Result<(Self, RecoveryReport), StoreError> {
        options.check()?;
        let _ = Self { disk };
        Err(StoreError::Closed)
    }

    /// The disk it was opened on.
    pub fn disk(&self) -> &Arc<dyn Disk> {
        &self.disk
    }

    /// Defines or updates a topic. Its name must be non-empty, at most 255 bytes, without `/` and control characters.
    pub fn define_topic(&self, _spec: &TopicSpec) -> Result<TopicHandle, StoreError> {
        Err(StoreError::Closed)
    }

    /// Blocking. Forgets the topic's queues and removes their files; its messages stay in the log until retention.
    pub fn delete_topic(&self, _topic: TopicHandle) -> Result<(), StoreError> {
        Err(StoreError::Closed)
    }

    /// The handle of a defined topic.
    pub fn topic(&self, _name: &[u8]) -> Option<TopicHandle> {
        None
    }

    /// Takes the append lock. `now_millis` becomes the records' store timestamp (never going backwards).
    pub fn appender(&self, now_millis: i64) -> Appender<'_> {
        Appender::new(self, now_millis)
    }

    /// Reads records of one queue into `out`.
    pub fn read(&self, _request: &ReadRequest<'_>, _out: &mut [u8]) -> Result<ReadOutcome, StoreError> {
        Err(StoreError::Closed)
    }

    /// Copies the record that begins exactly here into `out` and returns its length; None if none begins here (or it is
    /// not visible yet, or no longer there).
    pub fn lookup(&self, _commit_log_offset: u64, _out: &mut [u8]) -> Result<Option<usize>, StoreError> {
        Err(StoreError::Closed)
    }

    pub fn queue_state(&self, _topic: TopicHandle, _queue_id: i32) -> Result<QueueState, StoreError> {
        Err(StoreError::Closed)
    }

    /// The queue offset for a store time (`RocketMQ`'s `getOffsetInQueueByTime`).
    pub fn search_offset(
        &self,
        _topic: TopicHandle,
        _queue_id: i32,
        _timestamp: i64,
        _boundary: Boundary,
    ) -> Result<u64, StoreError> {
        Err(StoreError::Closed)
    }

    /// Begins or ends reporting arrivals of this queue. A queue with no message yet can be watched.
    pub fn watch(&self, _topic: TopicHandle, _queue_id: i32, _on: bool) -> Result<(), StoreError> {
        Err(StoreError::Closed)
    }

    /// Watched queues with newly visible messages since the last call, each once, appended to `arrivals`.
    pub fn take_arrivals(&self, _arrivals: &mut Vec<Arrival>) {}

    /// Whether `take_arrivals` would return any.
    pub fn arrivals_pending(&self) -> bool {
        false
    }

    /// Blocking group commit: makes durable what was appended before the call; returns the flushed offset. One runs at a
    /// time; callers meanwhile share the next. Appends go on.
    pub fn flush(&self) -> Result<u64, StoreError> {
        Err(StoreError::Closed)
    }

    /// Everything below is on the disk.
    pub fn flushed_offset(&self) -> u64 {
        0
    }

    /// Everything below is in the log.
    pub fn appended_offset(&self) -> u64 {
        0
    }

    /// Blocking. Commit log offsets of messages with this key, newest first, stored within the times (both inclusive).
    /// Different keys with the same hash are included, as in Apache's; the caller compares.
    pub fn query_index(
        &self,
        _topic: &str,
        _key: &str,
        _max_count: usize,
        _begin_millis: i64,
        _end_millis: i64,
        _out: &mut Vec<u64>,
    ) -> Result<(), StoreError> {
        Err(StoreError::Closed)
    }

    /// Blocking. Makes the next segment ready (created, zero-filled, durable); false if it was already.
    pub fn prepare_segment(&self) -> Result<bool, StoreError> {
        Err(StoreError::Closed)
    }

    /// Blocking. Deletes what the policy says.
    pub fn retain(&self, _policy: &RetentionPolicy) -> Result<RetentionReport, StoreError> {
        Err(StoreError::Closed)
    }

    /// Blocking. Flushes log, queues and index and writes the checkpoint, so that a start has less to scan.
    pub fn checkpoint(&self) -> Result<u64, StoreError> {
        Err(StoreError::Closed)
    }

    /// Blocking. Checkpoint, then the `abort` mark is removed and the directory released. Appends fail from here on.
    pub fn close(&self) -> Result<(), StoreError> {
        Err(StoreError::Closed)
    }

    /// Reads and checks the whole log; bytes checked.
    pub fn verify(&self) -> Result<u64, StoreError> {
        Err(StoreError::Closed)
    }

    pub fn status(&self) -> StoreStatus {
        StoreStatus {
            min_offset: 0,
            appended_offset: 0,
            flushed_offset: 0,
            checkpoint_offset: 0,
            segment_count: 0,
            segment_prepared: false,
            topic_count: 0,
            queue_count: 0,
            consume_queue_mapped_count: 0,
            index_file_count: 0,
            space: self.disk.space().ok(),
            poison_reason: None,
        }
    }
}

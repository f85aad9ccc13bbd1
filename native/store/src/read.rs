//! Reading from a queue, by commit log offset and by time.

use std::sync::Arc;

use crate::commit_log::CommitLog;
use crate::consume_queue::{ConsumeQueue, QueueEntry};
use crate::error::StoreError;
use crate::mapped_file::MappedFile;
use crate::read_request::{Boundary, QueueBounds, QueueState, ReadOutcome, ReadRequest, ReadStatus};
use crate::record::{LogItem, RecordView, decode, decode_at};
use crate::store::Store;
use crate::topic::TopicHandle;

/// Entries examined in one read (`maxFilterMessageSize` 16 000 bytes), unless more records are asked for.
pub(crate) const SCAN_ENTRIES: u64 = 800;
/// Of one record: more goes by in order, which the processor notices by itself.
const PREFETCH_BYTES_MAX: usize = 2048;

impl ReadOutcome {
    fn empty(status: ReadStatus, next_begin_offset: u64, bounds: (u64, u64)) -> Self {
        Self {
            status,
            next_begin_offset,
            min_offset: bounds.0,
            max_offset: bounds.1,
            record_count: 0,
            bytes: 0,
            last_commit_log_offset: 0,
        }
    }
}

/// The outcome of an offset outside the queue's bounds (`DefaultMessageStore#getMessage`); None inside.
fn decide_outside(queue_offset: i64, min: u64, max: u64) -> Option<ReadOutcome> {
    let outcome = |status, next| Some(ReadOutcome::empty(status, next, (min, max)));
    if max == 0 {
        return outcome(ReadStatus::NoMessageInQueue, 0);
    }
    match u64::try_from(queue_offset) {
        Ok(offset) if offset > max => outcome(ReadStatus::OffsetOverflowBadly, max),
        Ok(offset) if offset == max => outcome(ReadStatus::OffsetOverflowOne, max),
        Ok(offset) if offset >= min => None,
        _ => outcome(ReadStatus::OffsetTooSmall, min),
    }
}

/// Copies records of one read into the caller's buffer.
struct Collector<'a> {
    log: &'a CommitLog,
    segment: Option<Arc<MappedFile>>,
    out: &'a mut [u8],
    max_bytes: usize,
    outcome: ReadOutcome,
    failure: Option<StoreError>,
}

impl Collector<'_> {
    /// Takes one record; false when the read is over before it.
    fn take(&mut self, queue: &ConsumeQueue, queue_offset: u64, entry: QueueEntry) -> bool {
        let size = entry.size as usize;
        let filled = self.outcome.bytes;
        if self.outcome.record_count > 0 && filled + size > self.max_bytes {
            return false;
        }
        let Some(place) = self.out.get_mut(filled..filled + size) else {
            if self.outcome.record_count == 0 {
                self.failure =
                    Some(StoreError::BufferTooSmall { needed_bytes: size, found_bytes: self.out.len() });
            }
            return false;
        };
        match check_record(self.log, &mut self.segment, entry.commit_log_offset, Some(size)) {
            Ok(Some(view)) => {
                if let Some(reason) = misplaced(&view, queue, queue_offset) {
                    self.fail(entry.commit_log_offset, reason);
                    return false;
                }
                place.copy_from_slice(view.bytes());
            }
            // Retention was faster.
            Ok(None) => {
                self.outcome.status = ReadStatus::MessageWasRemoving;
                return true;
            }
            Err(error) => {
                self.fail_with(error);
                return false;
            }
        }
        self.outcome.status = ReadStatus::Found;
        self.outcome.record_count += 1;
        self.outcome.bytes = filled + size;
        self.outcome.last_commit_log_offset = entry.commit_log_offset;
        true
    }

    /// While one record is checked the processor fetches the next: a queue's records lie apart in the log, so that it would
    /// not guess where.
    fn prefetch(&self, entry: QueueEntry) {
        let Some(segment) = &self.segment else { return };
        let base = entry.commit_log_offset - entry.commit_log_offset % self.log.segment_bytes();
        if segment.base() == base {
            let position = self.log.position_of(entry.commit_log_offset);
            segment.prefetch(position, position + (entry.size as usize).min(PREFETCH_BYTES_MAX));
        }
    }

    fn fail(&mut self, commit_log_offset: u64, reason: String) {
        self.fail_with(StoreError::Damaged {
            path: self.log.path_of(commit_log_offset),
            commit_log_offset,
            reason,
        });
    }

    /// What was read before the damage is delivered; the next read begins with it and fails.
    fn fail_with(&mut self, error: StoreError) {
        if self.outcome.record_count == 0 {
            self.failure = Some(error);
        }
    }
}

/// Whether queue and log disagree about a record.
fn misplaced(view: &RecordView<'_>, queue: &ConsumeQueue, queue_offset: u64) -> Option<String> {
    let queue_id = i64::from(queue.queue_id());
    if i64::from(view.queue_id) == queue_id && view.queue_offset == queue_offset {
        return None;
    }
    Some(format!(
        "queue {} leads from offset {queue_offset} to a record of queue {} offset {}; rebuild the queues",
        queue.directory(),
        view.queue_id,
        view.queue_offset
    ))
}

/// The record at a commit log offset, checked; None if the log no longer reaches there. With `size` it must be so long.
fn check_record<'s>(
    log: &CommitLog,
    segment: &'s mut Option<Arc<MappedFile>>,
    commit_log_offset: u64,
    size: Option<usize>,
) -> Result<Option<RecordView<'s>>, StoreError> {
    let base = commit_log_offset - commit_log_offset % log.segment_bytes();
    if segment.as_ref().is_none_or(|held| held.base() != base) {
        *segment = log.segment_at(commit_log_offset);
    }
    let Some(held) = segment.as_ref().filter(|_| commit_log_offset >= log.min_offset()) else {
        return Ok(None);
    };
    let position = log.position_of(commit_log_offset);
    let end = size.map_or(held.published(), |size| position.saturating_add(size));
    let damaged =
        |reason: String| StoreError::Damaged { path: held.path().to_owned(), commit_log_offset, reason };
    let Some(bytes) = held.bytes(position, end) else {
        return Err(damaged(format!(
            "the record would reach to {end}, the segment's content ends at {}",
            held.published()
        )));
    };
    match decode_at(bytes, commit_log_offset, log.checksum_at(commit_log_offset)) {
        Ok(LogItem::Record(view)) if size.is_none_or(|size| size == view.bytes().len()) => Ok(Some(view)),
        Ok(LogItem::Record(view)) => Err(damaged(format!(
            "the record has {} bytes, its queue says {}",
            view.bytes().len(),
            end - position
        ))),
        Ok(LogItem::Blank { .. }) => Err(damaged("the segment ends here, no record begins".to_owned())),
        Err(reason) => Err(damaged(reason.to_string())),
    }
}

impl Store {
    /// Reads records of one queue into `out`. What does not fit into `out` is left to the next read; a first record larger
    /// than `out` is an error.
    pub fn read(&self, request: &ReadRequest<'_>, out: &mut [u8]) -> Result<ReadOutcome, StoreError> {
        self.check_open()?;
        let Some(queue) = self.queue(request.topic, request.queue_id) else {
            return Ok(ReadOutcome::empty(ReadStatus::NoMatchedLogicQueue, 0, (0, 0)));
        };
        let (min, max) = (queue.min(), queue.visible());
        if let Some(outside) = decide_outside(request.queue_offset, min, max) {
            return Ok(outside);
        }
        let from = u64::try_from(request.queue_offset).unwrap_or(0);
        let mut collector = Collector {
            log: self.log(),
            segment: None,
            out,
            max_bytes: request.max_bytes as usize,
            outcome: ReadOutcome::empty(ReadStatus::NoMatchedMessage, from, (min, max)),
            failure: None,
        };
        let is_wanted = |entry: &QueueEntry| {
            !entry.is_blank() && request.tag_codes.is_none_or(|codes| matches_tag(codes, entry.tags_code))
        };
        let mut next = from;
        let scanned = SCAN_ENTRIES.max(u64::from(request.max_count)).min(max - from);
        let newly_mapped = queue.scan(
            &**self.disk(),
            self.options().queue_file_bytes(),
            from,
            scanned,
            |offset, entry, next_entry| {
                if collector.outcome.record_count >= request.max_count.max(1) {
                    return false;
                }
                if let Some(next_entry) = next_entry.filter(is_wanted) {
                    collector.prefetch(next_entry);
                }
                if is_wanted(&entry) && !collector.take(&queue, offset, entry) {
                    return false;
                }
                next = offset + 1;
                true
            },
        )?;
        self.count_mapped(newly_mapped);
        if let Some(failure) = collector.failure {
            return Err(failure);
        }
        let mut outcome = collector.outcome;
        outcome.next_begin_offset = next;
        if next == from && outcome.record_count == 0 {
            // The queue's file went away under us: the bounds have moved.
            outcome.status = ReadStatus::OffsetFoundNull;
            outcome.next_begin_offset = queue.min().max(from);
        }
        Ok(outcome)
    }

    /// Copies the record that begins exactly here into `out` and returns its length; None if none begins here (or it is
    /// not visible yet, or no longer there).
    pub fn lookup(&self, commit_log_offset: u64, out: &mut [u8]) -> Result<Option<usize>, StoreError> {
        self.check_open()?;
        if commit_log_offset >= self.appended_offset() || commit_log_offset < self.log().min_offset() {
            return Ok(None);
        }
        let mut segment = None;
        // Any offset may be asked for, so what is no record there is an answer and no damage.
        let Ok(Some(view)) = check_record(self.log(), &mut segment, commit_log_offset, None) else {
            return Ok(None);
        };
        let level = self.topics().read().find(view.topic()).map(super::topic::TopicEntry::ack_level);
        let end_offset = commit_log_offset + view.bytes().len() as u64;
        if level.is_some_and(|level| end_offset > self.watermarks().safe(level)) {
            return Ok(None);
        }
        let (needed_bytes, found_bytes) = (view.bytes().len(), out.len());
        let Some(place) = out.get_mut(..needed_bytes) else {
            return Err(StoreError::BufferTooSmall { needed_bytes, found_bytes });
        };
        place.copy_from_slice(view.bytes());
        Ok(Some(needed_bytes))
    }

    pub(crate) fn queue(&self, topic: TopicHandle, queue_id: i32) -> Option<Arc<ConsumeQueue>> {
        self.queues().get(topic, u32::try_from(queue_id).ok()?)
    }

    /// Bounds of a queue; zeros for one that has never had a message.
    pub fn queue_bounds(&self, topic: TopicHandle, queue_id: i32) -> Result<QueueBounds, StoreError> {
        self.check_open()?;
        Ok(self.queue(topic, queue_id).map_or_else(QueueBounds::default, |queue| QueueBounds {
            min_offset: queue.min(),
            max_offset: queue.visible(),
            appended_max: queue.appended(),
        }))
    }

    /// How many messages the topic's queues ever showed to readers.
    pub fn topic_put_total(&self, topic: TopicHandle) -> u64 {
        self.queues().visible_total(topic)
    }

    /// Bounds and times of a queue: reads its first and last record.
    pub fn queue_state(&self, topic: TopicHandle, queue_id: i32) -> Result<QueueState, StoreError> {
        self.check_open()?;
        let Some(queue) = self.queue(topic, queue_id) else {
            return Ok(QueueState {
                last_store_timestamp: -1,
                earliest_store_timestamp: -1,
                ..QueueState::default()
            });
        };
        let (min_offset, max_offset) = (queue.min(), queue.visible());
        let time_at =
            |offset: Option<u64>| match offset.filter(|offset| (min_offset..max_offset).contains(offset)) {
                Some(offset) => Ok(self.store_timestamp_at(&queue, offset)?.unwrap_or(-1)),
                None => Ok(-1),
            };
        Ok(QueueState {
            min_offset,
            max_offset,
            appended_max: queue.appended(),
            last_store_timestamp: time_at(max_offset.checked_sub(1))?,
            earliest_store_timestamp: time_at(Some(min_offset))?,
        })
    }

    /// Store time of the message at a queue offset; None if it is gone.
    fn store_timestamp_at(&self, queue: &ConsumeQueue, offset: u64) -> Result<Option<i64>, StoreError> {
        let entry = queue.entry(&**self.disk(), self.options().queue_file_bytes(), offset)?;
        let Some(entry) = entry.filter(|entry| !entry.is_blank()) else { return Ok(None) };
        let mut segment = None;
        let view =
            check_record(self.log(), &mut segment, entry.commit_log_offset, Some(entry.size as usize))?;
        Ok(view.map(|view| view.store_timestamp))
    }

    /// The queue offset for a store time (`ConsumeQueue#getOffsetInQueueByTime`). `Lower`: the first message at or after the
    /// time, the maximum when all are older. `Upper`: the last at or before it, the minimum when all are newer.
    pub fn search_offset(
        &self,
        topic: TopicHandle,
        queue_id: i32,
        timestamp: i64,
        boundary: Boundary,
    ) -> Result<u64, StoreError> {
        self.check_open()?;
        let Some(queue) = self.queue(topic, queue_id) else { return Ok(0) };
        let (min, max) = (queue.min(), queue.visible());
        let (mut low, mut high) = (min, max);
        while low < high {
            let middle = low + (high - low) / 2;
            let before = match self.store_timestamp_at(&queue, middle)? {
                None => true,
                Some(time) => match boundary {
                    Boundary::Lower => time < timestamp,
                    Boundary::Upper => time <= timestamp,
                },
            };
            if before {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(match boundary {
            Boundary::Lower => low,
            Boundary::Upper => low.saturating_sub(1).max(min),
        })
    }

    /// Blocking. Commit log offsets of messages with this key, newest first, stored within the times (both inclusive, to the
    /// second). Different keys with the same hash are included, as in Apache's; the caller compares.
    pub fn query_index(
        &self,
        topic: &str,
        key: &str,
        max_count: usize,
        begin_millis: i64,
        end_millis: i64,
        out: &mut Vec<u64>,
    ) -> Result<(), StoreError> {
        self.check_open()?;
        if let Some(index) = self.index() {
            index.query(topic.as_bytes(), key.as_bytes(), max_count, begin_millis, end_millis, out);
        }
        let log_min = self.log().min_offset();
        out.retain(|offset| *offset >= log_min);
        Ok(())
    }

    /// Blocking. Reads and checks the whole log; bytes checked. The first damage is the error.
    pub fn verify(&self) -> Result<u64, StoreError> {
        self.check_open()?;
        let (from, end) = (self.log().min_offset(), self.written_offset());
        let (mut offset, mut segment) = (from, None);
        while offset < end {
            match check_record(self.log(), &mut segment, offset, None) {
                Ok(Some(view)) => offset += view.bytes().len() as u64,
                // Retention moved on.
                Ok(None) => offset = self.log().min_offset().max(offset + 1),
                Err(error) => match self.blank_at(offset) {
                    Some(next) => offset = next,
                    None => return Err(error),
                },
            }
        }
        Ok(end - from)
    }

    /// Where the log goes on behind a blank.
    fn blank_at(&self, offset: u64) -> Option<u64> {
        let segment = self.log().segment_at(offset)?;
        let position = self.log().position_of(offset);
        let rest = segment.bytes(position, segment.len())?;
        matches!(decode(rest), Ok(LogItem::Blank { bytes }) if bytes == rest.len())
            .then(|| segment.base() + self.log().segment_bytes())
    }
}

/// Tag codes are Java's 32-bit hash codes; the queue has them in 64 bits.
pub(crate) fn matches_tag(codes: &[i32], tags_code: i64) -> bool {
    i32::try_from(tags_code).is_ok_and(|code| codes.contains(&code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outside_the_bounds() {
        let decide =
            |offset| decide_outside(offset, 5, 9).map(|outcome| (outcome.status, outcome.next_begin_offset));
        assert_eq!(decide(4), Some((ReadStatus::OffsetTooSmall, 5)));
        assert_eq!(decide(-1), Some((ReadStatus::OffsetTooSmall, 5)));
        assert_eq!((decide(5), decide(8)), (None, None));
        assert_eq!(decide(9), Some((ReadStatus::OffsetOverflowOne, 9)));
        assert_eq!(decide(10), Some((ReadStatus::OffsetOverflowBadly, 9)));
        assert_eq!(decide_outside(7, 0, 0).map(|outcome| outcome.status), Some(ReadStatus::NoMessageInQueue));
    }

    #[test]
    fn tags_are_compared_as_java_has_them() {
        assert!(matches_tag(&[1, -7], -7));
        assert!(!matches_tag(&[1], 1 << 32 | 1));
    }
}

//! Deleting what is old or too much.

use crate::commit_log::DIRECTORY;
use crate::error::StoreError;
use crate::record::{LogItem, decode};
use crate::store::Store;

/// What may be deleted. The active segment and segments being read are always kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RetentionPolicy {
    pub now_millis: i64,
    /// Delete segments whose last message was stored longer ago than this.
    pub age_millis_max: Option<i64>,
    /// Delete oldest segments until the log has at most so many bytes.
    pub log_bytes_max: Option<u64>,
    /// At most this many segments in one call (`deleteFileBatchMax`); 0 means no limit.
    pub segment_count_max: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RetentionReport {
    pub segments_deleted: Vec<String>,
    /// Segments that should go but are being read; the next call tries again.
    pub segments_busy: Vec<String>,
    pub consume_queue_files_deleted: u64,
    pub index_files_deleted: u64,
    pub bytes_freed: u64,
    /// First commit log offset that is still there.
    pub min_offset: u64,
}

/// What the decision needs to know of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct SegmentAge {
    /// Store time of the last message in it, as far as known: the first of the next segment is not older.
    last_store_timestamp: i64,
}

/// How many of the oldest segments go. The last segment in the list is the active one.
fn decide_expired(segments: &[SegmentAge], segment_bytes: u64, policy: &RetentionPolicy) -> usize {
    let deletable = segments.len().saturating_sub(1);
    let too_old = policy.age_millis_max.map_or(0, |age| {
        let expired =
            |segment: &&SegmentAge| segment.last_store_timestamp < policy.now_millis.saturating_sub(age);
        segments.iter().take(deletable).take_while(expired).count()
    });
    let too_many = policy.log_bytes_max.map_or(0, |bytes_max| {
        let kept = usize::try_from(bytes_max / segment_bytes).unwrap_or(usize::MAX);
        segments.len().saturating_sub(kept)
    });
    let limit = if policy.segment_count_max == 0 { usize::MAX } else { policy.segment_count_max as usize };
    too_old.max(too_many).min(deletable).min(limit)
}

impl Store {
    /// Blocking. Deletes what the policy says: segments from the oldest on, then files of queues and index that lead only to
    /// deleted messages.
    pub fn retain(&self, policy: &RetentionPolicy) -> Result<RetentionReport, StoreError> {
        self.check_open()?;
        let mut report = RetentionReport::default();
        let ages = self.segment_ages();
        let segment_bytes = self.options().segment_bytes;
        // What is deleted must not be what the next start would read from.
        let count = decide_expired(&ages, segment_bytes, policy);
        if count > 0 && self.poison_reason().is_none() {
            self.checkpoint()?;
        }
        for _ in 0..count {
            match self.log().remove_first() {
                Ok(Some(segment)) => {
                    let path = segment.path().to_owned();
                    self.disk().remove_file(&path).map_err(|error| StoreError::io("remove", &path, error))?;
                    report.segments_deleted.push(path);
                    report.bytes_freed += segment_bytes;
                }
                Ok(None) => break,
                Err(path) => {
                    report.segments_busy.push(path);
                    break;
                }
            }
        }
        report.min_offset = self.log().min_offset();
        if report.segments_deleted.is_empty() {
            return Ok(report);
        }
        self.disk()
            .sync_directory(DIRECTORY)
            .map_err(|error| StoreError::io("sync the directory", DIRECTORY, error))?;
        self.delete_expired_entries(&mut report)?;
        if self.poison_reason().is_none() {
            self.checkpoint()?;
        }
        Ok(report)
    }

    fn segment_ages(&self) -> Vec<SegmentAge> {
        let segments = self.log().segments();
        let last = self.append_state().lock().last_store_timestamp;
        let first_times: Vec<Option<i64>> = segments
            .iter()
            .map(|segment| match decode(segment.bytes(0, segment.published())?) {
                Ok(LogItem::Record(view)) => Some(view.store_timestamp),
                _ => None,
            })
            .collect();
        let next_times = first_times.iter().skip(1).copied().chain([None]);
        next_times.map(|next| SegmentAge { last_store_timestamp: next.unwrap_or(last) }).collect()
    }

    fn delete_expired_entries(&self, report: &mut RetentionReport) -> Result<(), StoreError> {
        let (disk, file_bytes) = (&**self.disk(), self.options().queue_file_bytes());
        for queue in self.queues().all() {
            let deletion = queue
                .correct_min(disk, file_bytes, report.min_offset)
                .and_then(|()| queue.delete_expired(disk, file_bytes));
            let mut append = self.append_state().lock();
            if queue.is_deleted() {
                continue;
            }
            let (deleted, unmapped) = deletion?;
            append.dispatcher.first_files_moved(deleted * file_bytes);
            self.uncount_mapped(unmapped);
            report.consume_queue_files_deleted += deleted;
            report.bytes_freed += deleted * file_bytes;
        }
        if let Some(index) = self.index() {
            report.index_files_deleted = index.delete_expired(report.min_offset)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ages(times: &[i64]) -> Vec<SegmentAge> {
        times.iter().map(|time| SegmentAge { last_store_timestamp: *time }).collect()
    }

    #[test]
    fn by_age_from_the_oldest_on() {
        let policy =
            RetentionPolicy { now_millis: 1000, age_millis_max: Some(100), ..RetentionPolicy::default() };
        assert_eq!(decide_expired(&ages(&[100, 899, 900, 950]), 10, &policy), 2);
        assert_eq!(decide_expired(&ages(&[950, 1, 1, 1]), 10, &policy), 0, "a gap is never made");
        assert_eq!(decide_expired(&ages(&[1]), 10, &policy), 0, "the active segment stays");
    }

    #[test]
    fn by_bytes_and_at_most_so_many() {
        let policy = RetentionPolicy { log_bytes_max: Some(25), ..RetentionPolicy::default() };
        assert_eq!(decide_expired(&ages(&[1, 2, 3, 4]), 10, &policy), 2);
        let batch = RetentionPolicy { segment_count_max: 1, ..policy };
        assert_eq!(decide_expired(&ages(&[1, 2, 3, 4]), 10, &batch), 1);
        let none = RetentionPolicy { log_bytes_max: Some(0), ..policy };
        assert_eq!(decide_expired(&ages(&[1, 2, 3, 4]), 10, &none), 3);
    }
}

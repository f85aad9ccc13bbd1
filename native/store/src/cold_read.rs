//! Reads that would wait for the disk: told before they are tried, and prepared where waiting is allowed.

use crate::consume_queue::{ConsumeQueue, QueueEntry};
use crate::error::StoreError;
use crate::read::{SCAN_ENTRIES, matches_tag};
use crate::read_request::ReadRequest;
use crate::store::Store;

/// What was appended last is in memory; nothing is asked about it.
const RECENT_BYTES: u64 = 64 << 20;
/// A reader that catches up reads on: so much of the log behind what it wants is loaded with it.
const READ_AHEAD_BYTES: u64 = 4 << 20;

impl Store {
    /// Whether [`Self::read`] would wait for the disk. For readers near the end of the log it looks at one queue entry.
    pub fn is_cold(&self, request: &ReadRequest<'_>) -> Result<bool, StoreError> {
        self.check_open()?;
        let Some(queue) = self.queue(request.topic, request.queue_id) else { return Ok(false) };
        let Some((from, count)) = readable(&queue, request) else { return Ok(false) };
        let (disk, file_bytes) = (&**self.disk(), self.options().queue_file_bytes());
        let (queue_is_resident, newly_mapped) = queue.is_resident(disk, file_bytes, from, count)?;
        self.count_mapped(newly_mapped);
        if !queue_is_resident {
            return Ok(true);
        }
        let first = queue.entry(disk, file_bytes, from)?;
        let is_recent = |entry: QueueEntry| {
            self.appended_offset().saturating_sub(entry.commit_log_offset) <= RECENT_BYTES
        };
        if first.is_none_or(|entry| !entry.is_blank() && is_recent(entry)) {
            return Ok(false);
        }
        let wanted = self.wanted(&queue, request, from, count)?;
        Ok(ranges(&wanted, 0).iter().any(|&(from, to)| !self.is_log_resident(from, to)))
    }

    /// Blocking. Brings what a read wants into memory, and some of what the queue's next reads want.
    pub fn warm(&self, request: &ReadRequest<'_>) -> Result<(), StoreError> {
        self.check_open()?;
        let Some(queue) = self.queue(request.topic, request.queue_id) else { return Ok(()) };
        let Some((from, count)) = readable(&queue, request) else { return Ok(()) };
        let wanted = self.wanted(&queue, request, from, count)?;
        for (from, to) in ranges(&wanted, READ_AHEAD_BYTES) {
            self.load_log(from, to);
        }
        Ok(())
    }

    /// The entries of the records that a read would copy.
    fn wanted(
        &self,
        queue: &ConsumeQueue,
        request: &ReadRequest<'_>,
        from: u64,
        count: u64,
    ) -> Result<Vec<QueueEntry>, StoreError> {
        let (mut wanted, mut bytes) = (Vec::new(), 0);
        let newly_mapped =
            queue.scan(&**self.disk(), self.options().queue_file_bytes(), from, count, |_, entry, _| {
                let matches = request.tag_codes.is_none_or(|codes| matches_tag(codes, entry.tags_code));
                if matches && !entry.is_blank() {
                    bytes += entry.size;
                    wanted.push(entry);
                }
                wanted.len() < request.max_count as usize && bytes < request.max_bytes
            })?;
        self.count_mapped(newly_mapped);
        Ok(wanted)
    }

    fn is_log_resident(&self, from: u64, to: u64) -> bool {
        let Some(segment) = self.log().segment_at(from) else { return true };
        let position = |offset: u64| length(segment.base(), offset.max(segment.base()));
        self.resident_log().cover(from, to, |from, to| segment.is_resident(position(from), position(to)))
    }

    fn load_log(&self, from: u64, to: u64) {
        let Some(segment) = self.log().segment_at(from) else { return };
        let position = self.log().position_of(from);
        segment.load(position, position + length(from, to));
    }
}

/// First queue offset and count of entries that a read may look at; None when it looks at none.
fn readable(queue: &ConsumeQueue, request: &ReadRequest<'_>) -> Option<(u64, u64)> {
    let from = u64::try_from(request.queue_offset).ok().filter(|from| *from >= queue.min())?;
    let count = SCAN_ENTRIES.max(u64::from(request.max_count)).min(queue.visible().checked_sub(from)?);
    (count > 0).then_some((from, count))
}

/// Parts of the log. Records of a busy queue lie close together and are one part, those of a quiet one anywhere.
fn ranges(wanted: &[QueueEntry], read_ahead_bytes: u64) -> Vec<(u64, u64)> {
    let (Some(first), Some(last)) = (wanted.first(), wanted.last()) else { return Vec::new() };
    let (from, to) = (first.commit_log_offset, end_of(last));
    if to - from <= READ_AHEAD_BYTES {
        return vec![(from, to.max(from + read_ahead_bytes))];
    }
    wanted.iter().map(|entry| (entry.commit_log_offset, end_of(entry))).collect()
}

fn end_of(entry: &QueueEntry) -> u64 {
    entry.commit_log_offset + u64::from(entry.size)
}

fn length(from: u64, to: u64) -> usize {
    usize::try_from(to - from).unwrap_or(usize::MAX / 2)
}

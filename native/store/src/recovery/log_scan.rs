//! The one scan: walks the log record by record, checks each, and leads it into queues and index.

use crate::delay_level::deliver_timestamp;
use crate::dispatcher::{DispatchRequest, Dispatcher, belongs_to_index, belongs_to_queue, index_key_count};
use crate::error::StoreError;
use crate::mapped_file::MappedFile;
use crate::record::{Checksum, LogItem, RecordError, RecordView, decode_at, java_hash, parse_properties};
use crate::store_options::StoreOptions;
use crate::topic::{TopicTable, check_topic_name};

/// From where the scan's records are new to queues and index.
#[derive(Debug, Clone, Copy)]
pub struct DispatchFrom {
    pub queue_from: u64,
    pub index_from: u64,
}

/// What the scan saw.
#[derive(Debug, Default)]
pub struct ScanOutcome {
    /// Where the log ends.
    pub end_offset: u64,
    /// Why it ends there; None behind a blank that no segment follows.
    pub end_reason: Option<RecordError>,
    pub bytes: u64,
    pub records: u64,
    pub queue_entries: u64,
    pub index_entries: u64,
    /// Of the last record.
    pub store_timestamp: Option<i64>,
    /// A queue lacks entries before the ones found: the scan stopped, queues have to be built from the log's beginning.
    pub queue_gap: Option<String>,
}

pub struct LogScan<'a> {
    pub segments: &'a [MappedFile],
    pub segment_bytes: u64,
    pub options: &'a StoreOptions,
    pub topics: &'a mut TopicTable,
    pub dispatcher: &'a mut Dispatcher,
    pub from: DispatchFrom,
    /// Records from here on are ours.
    pub checksum_from: u64,
    /// The scan begins where the log begins: what a queue lacks is gone.
    pub whole_log: bool,
}

impl LogScan<'_> {
    /// Reads from an offset where a record begins to the end of what is whole.
    pub fn run(&mut self, scan_from: u64) -> Result<ScanOutcome, StoreError> {
        let mut outcome = ScanOutcome { end_offset: scan_from, ..ScanOutcome::default() };
        let segments = self.segments;
        for segment in segments {
            let end = segment.base() + self.segment_bytes;
            if end <= outcome.end_offset || segment.base() > outcome.end_offset {
                continue;
            }
            if let Some(reason) = self.scan_segment(segment, &mut outcome)? {
                outcome.end_reason = Some(reason);
                break;
            }
        }
        outcome.bytes = outcome.end_offset - scan_from;
        Ok(outcome)
    }

    /// Why the log ends in this segment; None when it goes on behind it.
    fn scan_segment(
        &mut self,
        segment: &MappedFile,
        outcome: &mut ScanOutcome,
    ) -> Result<Option<RecordError>, StoreError> {
        let bytes = segment.bytes(0, segment.len()).unwrap_or_default();
        loop {
            let position = usize::try_from(outcome.end_offset - segment.base()).unwrap_or(usize::MAX);
            let rest = bytes.get(position..).unwrap_or_default();
            match decode_at(rest, outcome.end_offset, Checksum::at(outcome.end_offset, self.checksum_from)) {
                Ok(LogItem::Record(view)) => {
                    self.dispatch(&view, outcome)?;
                    if outcome.queue_gap.is_some() {
                        return Ok(Some(RecordError::Empty));
                    }
                    outcome.records += 1;
                    outcome.store_timestamp = Some(view.store_timestamp);
                    outcome.end_offset += view.bytes().len() as u64;
                }
                Ok(LogItem::Blank { bytes: blank }) if blank == rest.len() => {
                    outcome.end_offset = segment.base() + self.segment_bytes;
                    return Ok(None);
                }
                Ok(LogItem::Blank { bytes: blank }) => {
                    return Ok(Some(RecordError::LengthMismatch { total: blank, counted: rest.len() }));
                }
                Err(reason) => return Ok(Some(reason)),
            }
        }
    }

    fn dispatch(&mut self, view: &RecordView<'_>, outcome: &mut ScanOutcome) -> Result<(), StoreError> {
        let to_queue = belongs_to_queue(view.sys_flag) && view.commit_log_offset >= self.from.queue_from;
        let to_index = self.dispatcher.indexes()
            && belongs_to_index(view.sys_flag)
            && view.commit_log_offset >= self.from.index_from;
        if !(to_queue || to_index) || check_topic_name(view.topic()).is_err() {
            return Ok(());
        }
        let Some(queue_id) =
            u32::try_from(view.queue_id).ok().filter(|id| *id < self.options.queue_count_max)
        else {
            return Ok(());
        };
        let topic = self.topics.intern(view.topic())?;
        let properties = parse_properties(view.properties());
        let levels = &self.options.delay_level_millis;
        let tags_code = deliver_timestamp(levels, view.topic(), view.properties(), view.store_timestamp)
            .unwrap_or_else(|| properties.tags.map_or(0, |tags| i64::from(java_hash(tags))));
        let request = DispatchRequest {
            topic,
            topic_name: view.topic(),
            queue_id,
            commit_log_offset: view.commit_log_offset,
            size: u32::try_from(view.bytes().len()).unwrap_or(u32::MAX),
            tags_code,
            store_timestamp: view.store_timestamp,
            properties,
        };
        if to_queue {
            self.dispatch_to_queue(&request, view.queue_offset, outcome)?;
        }
        let keys = index_key_count(&properties);
        if to_index && keys > 0 {
            let reserved = self.dispatcher.reserve_index(keys, view.store_timestamp);
            reserved.map_err(|refused| StoreError::io("extend", refused.path, refused.source))?;
            self.dispatcher.put_index(&request);
            outcome.index_entries += keys as u64;
        }
        Ok(())
    }

    fn dispatch_to_queue(
        &mut self,
        request: &DispatchRequest<'_>,
        queue_offset: u64,
        outcome: &mut ScanOutcome,
    ) -> Result<(), StoreError> {
        let DispatchRequest { topic, topic_name, queue_id, commit_log_offset, .. } = *request;
        if !self.whole_log && self.dispatcher.is_behind(topic, queue_id, queue_offset) {
            let name = String::from_utf8_lossy(topic_name);
            outcome.queue_gap =
                Some(format!("queue {queue_id} of {name} lacks entries before offset {queue_offset}"));
            return Ok(());
        }
        let known =
            self.dispatcher.align_queue(topic, topic_name, queue_id, queue_offset, commit_log_offset)?;
        if known {
            return Ok(());
        }
        self.dispatcher
            .reserve_queue(topic, topic_name, queue_id, 1)
            .map_err(|refused| StoreError::io("extend", refused.path, refused.source))?;
        self.dispatcher.put_queue(request);
        outcome.queue_entries += 1;
        Ok(())
    }
}

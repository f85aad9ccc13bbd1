//! Ending the log where the scan ended.

use std::sync::Arc;

use super::log_scan::ScanOutcome;
use super::recovery::Recovery;
use super::recovery_report::Cut;
use crate::commit_log::{CommitLog, DIRECTORY, PreparedSegment, SegmentWriter};
use crate::error::StoreError;
use crate::mapped_file::MappedFile;
use crate::record::RecordError;

impl Recovery<'_> {
    /// Ends the log where the scan ended: nothing behind may ever be read again. What was read is made durable.
    pub(super) fn settle_log(
        &mut self,
        outcome: &ScanOutcome,
    ) -> Result<(CommitLog, Option<SegmentWriter>), StoreError> {
        let segment_bytes = self.options.segment_bytes;
        let end = outcome.end_offset;
        let mut kept = Vec::new();
        let (mut active, mut prepared, mut removed) = (None, None, Vec::new());
        for mut segment in std::mem::take(&mut self.segments) {
            if segment.base() + segment_bytes <= end {
                segment.set_name_durable();
                kept.push(Arc::new(segment));
            } else if segment.base() <= end && active.is_none() {
                let position = usize::try_from(end - segment.base()).unwrap_or(usize::MAX);
                let cleared = self.cut_tail(&mut segment, position, outcome)?;
                self.note_cut(outcome, segment.path(), cleared);
                let writer =
                    SegmentWriter::new(segment.into_writer(position), self.options.append_by, position);
                kept.push(writer.file().clone());
                active = Some(writer);
            } else if !self.unclean && prepared.is_none() && outcome.end_reason == Some(RecordError::Empty) {
                segment.set_name_durable();
                prepared = Some(segment);
            } else {
                removed.push(segment.path().to_owned());
            }
        }
        // From the end of the log backwards: a power loss in between leaves no gap.
        for path in removed.iter().rev() {
            self.disk.remove_file(path).map_err(|error| StoreError::io("remove", path, error))?;
            self.disk
                .sync_directory(DIRECTORY)
                .map_err(|error| StoreError::io("sync the directory", DIRECTORY, error))?;
        }
        if self.unclean {
            for segment in kept.iter().filter(|segment| segment.base() + segment_bytes > self.plan.scan_from)
            {
                let from =
                    usize::try_from(self.plan.scan_from.saturating_sub(segment.base())).unwrap_or(usize::MAX);
                let synced = segment.sync_length().and_then(|_| segment.sync(from, segment.published()));
                synced.map_err(|error| StoreError::io("sync", segment.path(), error))?;
            }
        }
        self.disk
            .sync_directory(DIRECTORY)
            .and_then(|()| self.disk.sync_directory(""))
            .map_err(|error| StoreError::io("sync the directory", DIRECTORY, error))?;
        for segment in &kept {
            segment.set_name_durable();
        }
        let prepared = prepared.map(|segment| {
            let mut file = segment;
            file.unpublish();
            PreparedSegment { file, filled_to: 0 }
        });
        let (disk, append_by) = (self.disk.clone(), self.options.append_by);
        let log = CommitLog::new(disk, segment_bytes, append_by, kept, prepared, self.checksum_from(end));
        Ok((log, active))
    }

    /// After an orderly stop what follows the end is zero already.
    fn cut_tail(
        &self,
        segment: &mut MappedFile,
        position: usize,
        outcome: &ScanOutcome,
    ) -> Result<u64, StoreError> {
        if !self.unclean && outcome.end_reason == Some(RecordError::Empty) {
            return Ok(0);
        }
        segment.cut(position).map_err(|error| StoreError::io("cut", segment.path(), error))
    }

    fn note_cut(&mut self, outcome: &ScanOutcome, path: &str, cleared: u64) {
        if cleared == 0 {
            return;
        }
        let reason = match outcome.end_reason {
            None | Some(RecordError::Empty) => "a later write reached the disk, this one did not".to_owned(),
            Some(reason) => reason.to_string(),
        };
        let (commit_log_offset, path) = (outcome.end_offset, path.to_owned());
        self.report.cut = Some(Cut { commit_log_offset, bytes: cleared, path, reason });
    }
}

//! Deleting what is old or too much.

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

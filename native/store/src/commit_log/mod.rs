//! The commit log.

#[expect(clippy::module_inception, reason = "a file is named after its main type")]
mod commit_log;
mod segment_writer;

pub use commit_log::{CommitLog, DIRECTORY, PREPARING_FILE, PreparedSegment, segment_path};
pub use segment_writer::SegmentWriter;

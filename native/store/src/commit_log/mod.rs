//! The commit log.

#[expect(clippy::module_inception, reason = "a file is named after its main type")]
mod commit_log;

pub use commit_log::{CommitLog, DIRECTORY, PREPARING_FILE, segment_path};

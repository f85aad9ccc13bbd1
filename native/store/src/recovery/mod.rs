//! Opening a directory: one scan for clean and unclean starts.

mod log_end;
mod log_files;
mod log_scan;
mod queue_files;
#[expect(clippy::module_inception, reason = "a file is named after its main type")]
mod recovery;
mod recovery_report;
mod start_plan;

pub(crate) use recovery::{Recovered, recover};
pub use recovery_report::{Cut, RecoveryReport, StartKind};

//! Opening a directory: one scan for clean and unclean starts.

mod recovery_report;

pub use recovery_report::{Cut, RecoveryReport, StartKind};

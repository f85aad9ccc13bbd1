//! What a start found and did.

/// How the directory was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StartKind {
    /// No log yet.
    #[default]
    New,
    /// Closed in order.
    Clean,
    /// The `abort` mark was there: the process or the machine died.
    Unclean,
}

/// A torn tail that was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    pub commit_log_offset: u64,
    /// Bytes that were not zero and are now.
    pub bytes: u64,
    pub path: String,
    pub reason: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RecoveryReport {
    pub start_kind: StartKind,
    /// Text of the `abort` mark of the run before (its process id), if it was left.
    pub previous_process: Option<String>,
    /// Log bytes read and checked.
    pub bytes_scanned: u64,
    pub records_scanned: u64,
    pub scanned_from: u64,
    pub min_offset: u64,
    /// Where the log goes on.
    pub end_offset: u64,
    pub cut: Option<Cut>,
    /// Consume queue entries written anew from the log.
    pub queue_entries_rebuilt: u64,
    pub queues: u64,
    /// Whether all queues were built anew, and why.
    pub queues_rebuilt_because: Option<String>,
    pub index_entries_rebuilt: u64,
    pub index_rebuilt_because: Option<String>,
    /// How long it took.
    pub millis: u64,
}

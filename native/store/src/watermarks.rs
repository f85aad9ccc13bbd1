//! How far the log is safe, by the meaning of safe.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::topic::AckLevel;

/// Commit log offsets that only grow: what has been appended, and of it what an fsync has covered.
#[derive(Debug, Default)]
pub struct Watermarks {
    appended: AtomicU64,
    flushed: AtomicU64,
}

impl Watermarks {
    pub fn new(offset: u64) -> Self {
        Self { appended: AtomicU64::new(offset), flushed: AtomicU64::new(offset) }
    }

    pub fn appended(&self) -> u64 {
        self.appended.load(Ordering::Acquire)
    }

    pub fn flushed(&self) -> u64 {
        self.flushed.load(Ordering::Acquire)
    }

    pub fn set_appended(&self, offset: u64) {
        self.appended.store(offset, Ordering::Release);
    }

    pub fn set_flushed(&self, offset: u64) {
        self.flushed.fetch_max(offset, Ordering::Release);
    }

    /// What may be acknowledged and seen at this level.
    pub fn safe(&self, level: AckLevel) -> u64 {
        match level {
            AckLevel::Os => self.appended(),
            AckLevel::Fsync => self.flushed(),
        }
    }
}

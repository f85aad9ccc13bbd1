//! redb's storage on the store's disk, so that the simulated one can take it through a power loss.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use redb::StorageBackend;

use crate::disk::DiskFile;

#[derive(Debug)]
pub(super) struct DiskBackend {
    file: Arc<dyn DiskFile>,
    /// Set when a sync fails: what was written before it may be lost although the system shows it.
    sync_failed: Arc<AtomicBool>,
}

impl DiskBackend {
    pub fn new(file: Arc<dyn DiskFile>, sync_failed: Arc<AtomicBool>) -> Self {
        Self { file, sync_failed }
    }
}

impl StorageBackend for DiskBackend {
    fn len(&self) -> Result<u64, io::Error> {
        self.file.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), io::Error> {
        self.file.read_at(offset, out)
    }

    fn set_len(&self, len: u64) -> Result<(), io::Error> {
        self.file.set_len(len)
    }

    fn sync_data(&self) -> Result<(), io::Error> {
        self.file.sync().inspect_err(|_| self.sync_failed.store(true, Ordering::Relaxed))
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), io::Error> {
        self.file.write_at(offset, data)
    }
}

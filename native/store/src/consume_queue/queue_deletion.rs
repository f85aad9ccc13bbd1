//! Deleting from the front of a queue, and all of it.

use std::io;

use super::consume_queue::ConsumeQueue;
use super::queue_entry::ENTRY_BYTES;
use crate::disk::Disk;
use crate::error::StoreError;

impl ConsumeQueue {
    /// Moves the minimum to the first entry whose message is still in the log; the numbering stays when all are gone.
    pub fn correct_min(&self, disk: &dyn Disk, file_bytes: u64, log_min: u64) -> Result<(), StoreError> {
        let first = self.file_range(file_bytes).map_or(0, |(base, _)| base / ENTRY_BYTES as u64);
        let (mut low, mut high) = (first.max(self.min()), self.appended());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.entry(disk, file_bytes, middle)? {
                Some(entry) if !entry.is_blank() && entry.commit_log_offset >= log_min => high = middle,
                _ => low = middle + 1,
            }
        }
        self.set_min(low);
        Ok(())
    }

    /// Deletes files whose entries are all below the minimum, except the last; returns names and how many were mapped.
    pub fn delete_expired(&self, disk: &dyn Disk, file_bytes: u64) -> Result<(u64, usize), StoreError> {
        let min_byte = self.min() * ENTRY_BYTES as u64;
        let (mut deleted, mut unmapped) = (0, 0);
        loop {
            let removed = {
                let mut files = self.files.write();
                match files.first() {
                    Some(first) if files.len() > 1 && first.base + file_bytes <= min_byte => files.remove(0),
                    _ => break,
                }
            };
            unmapped += usize::from(removed.mapped.is_some());
            let path = self.path_of(removed.base);
            disk.remove_file(&path).map_err(|error| StoreError::io("remove", path, error))?;
            deleted += 1;
        }
        if deleted > 0 {
            let io = |error| StoreError::io("sync the directory", self.directory(), error);
            disk.sync_directory(self.directory()).map_err(io)?;
        }
        Ok((deleted, unmapped))
    }

    /// Forgets all files and removes them.
    pub fn delete_files(&self, disk: &dyn Disk) -> Result<(), StoreError> {
        self.set_deleted();
        self.files.write().clear();
        for entry in
            disk.list(self.directory()).map_err(|error| StoreError::io("list", self.directory(), error))?
        {
            let path = format!("{}/{}", self.directory(), entry.name);
            disk.remove_file(&path).map_err(|error| StoreError::io("remove", path, error))?;
        }
        match disk.remove_directory(self.directory()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(StoreError::io("remove", self.directory(), error))
            }
            _ => Ok(()),
        }
    }
}

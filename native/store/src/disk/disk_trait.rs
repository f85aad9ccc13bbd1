//! What the store asks of a disk.

use std::fmt::Debug;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use crate::mapped_file::MappedMemory;

/// A directory tree of files. Paths are relative, parts joined by `/`.
///
/// Nothing is durable before it is synced: bytes and length by [`DiskFile::sync`], names by [`Disk::sync_directory`].
pub trait Disk: Send + Sync + Debug {
    /// Opens an existing file for reading and writing.
    fn open(&self, path: &str) -> io::Result<Arc<dyn DiskFile>>;
    /// As [`Self::open`], for a file of which many are mapped at a time: a mapping needs no descriptor, so none is kept. A
    /// missing file is told when it is used.
    fn open_for_mapping(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        self.open(path)
    }
    /// Creates a file of `len` zero bytes; parent directories must exist. Fails if the file exists.
    fn create(&self, path: &str, len: u64) -> io::Result<Arc<dyn DiskFile>>;
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
    fn remove_file(&self, path: &str) -> io::Result<()>;
    /// Removes an empty directory.
    fn remove_directory(&self, path: &str) -> io::Result<()>;
    /// Creates a directory with its parents; fine if it exists.
    fn create_directory(&self, path: &str) -> io::Result<()>;
    /// The entries of a directory, sorted by name; empty if there is no such directory.
    fn list(&self, path: &str) -> io::Result<Vec<DiskEntry>>;
    /// Makes creations, removals and renames in this directory durable.
    fn sync_directory(&self, path: &str) -> io::Result<()>;
    /// Makes all that was written here before the call durable: bytes, lengths and names of all files. False if the disk does not
    /// offer it, or would not tell that it failed: then each file is to be synced.
    fn sync_everything(&self) -> io::Result<bool>;
    fn space(&self) -> io::Result<DiskSpace>;
    /// Takes the directory for one store; `Err(holder)` describes who has it.
    fn lock(&self) -> io::Result<Result<Box<dyn DiskLock>, String>>;
    /// Whether space that was written before is cheaper to sync than space that was only reserved.
    fn prefers_written_space(&self) -> bool {
        true
    }
    /// For messages: the directory, or what stands for it.
    fn name(&self) -> String;
}

/// Held while a store is open; dropping it releases the directory.
pub trait DiskLock: Send + Sync + Debug {}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiskEntry {
    pub name: String,
    pub len: u64,
    pub directory: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiskSpace {
    pub total_bytes: u64,
    /// Not taken by any file; part of it may be reserved for the system.
    pub free_bytes: u64,
    /// What this process may still take.
    pub available_bytes: u64,
}

/// One open file.
pub trait DiskFile: Send + Sync + Debug {
    fn len(&self) -> io::Result<u64>;
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }
    /// Cuts or extends with zeros. Fails on a mapped file.
    fn set_len(&self, len: u64) -> io::Result<()>;
    /// Fills `bytes` from this position; an end of file before that is `UnexpectedEof`.
    fn read_at(&self, position: u64, bytes: &mut [u8]) -> io::Result<()>;
    /// Writes all bytes, extending the file if needed.
    fn write_at(&self, position: u64, bytes: &[u8]) -> io::Result<()>;
    /// Blocking. Brings a range into the system's memory without mapping it, also where nothing was written yet. Changes
    /// nothing: whoever writes there meanwhile is not disturbed.
    fn read_ahead(&self, from: u64, to: u64) -> io::Result<()>;
    /// The parts of a range that may hold other bytes than zeros: reserved space that nobody wrote need not be read.
    fn written(&self, from: u64, to: u64) -> io::Result<Vec<Range<u64>>> {
        Ok(vec![Range { start: from, end: to }])
    }
    /// Makes bytes and length durable.
    fn sync(&self) -> io::Result<()>;
    /// Reserves space for a range in which nothing has been written yet, so that writing there through a mapping cannot fail.
    /// `StorageFull` when there is none. The file's length stays.
    fn allocate(&self, from: u64, to: u64) -> io::Result<()>;
    /// Maps the first `len` bytes; every call on a file sees the same bytes.
    fn map(&self, len: usize) -> io::Result<Arc<MappedMemory>>;
    /// Makes a range written through a mapping durable.
    fn sync_mapped(&self, memory: &MappedMemory, from: usize, to: usize) -> io::Result<()>;
}

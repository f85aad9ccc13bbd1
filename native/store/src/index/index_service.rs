//! The index by key over all files.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::{Mutex, RwLock};

use super::index_file::{IndexFile, index_file_bytes};
use crate::disk::Disk;
use crate::error::StoreError;
use crate::file_name::calendar_number;
use crate::record::index_key_hash;

pub const DIRECTORY: &str = "index";

/// What a checkpoint remembers of the index: enough to take it back to that state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct IndexMark {
    pub file_count: u32,
    /// Name of the last file as a number; 0 without files.
    pub last_name: i64,
    /// `indexCount` of the last file.
    pub last_count: u32,
}

#[derive(Debug)]
pub struct IndexService {
    disk: Arc<dyn Disk>,
    slots: u32,
    entries_max: u32,
    /// By age, oldest first; the last one is written.
    files: RwLock<Vec<Arc<IndexFile>>>,
    /// Files changed since the last sync, besides the last.
    filled: Mutex<Vec<Arc<IndexFile>>>,
    changed: AtomicBool,
}

impl IndexService {
    pub fn new(disk: Arc<dyn Disk>, slots: u32, entries_max: u32) -> Self {
        Self {
            disk,
            slots,
            entries_max,
            files: RwLock::default(),
            filled: Mutex::default(),
            changed: AtomicBool::new(false),
        }
    }

    pub fn file_count(&self) -> usize {
        self.files.read().len()
    }

    pub fn last(&self) -> Option<Arc<IndexFile>> {
        self.files.read().last().cloned()
    }

    /// The file with room for so many entries: the given one if it will do, else the next. Creates nothing when it fails.
    pub fn reserve(
        &self,
        current: &mut Option<Arc<IndexFile>>,
        entries: u32,
        now_millis: i64,
    ) -> io::Result<()> {
        let entries = entries.min(self.entries_max - 1);
        if let Some(file) = current {
            if file.room() >= entries {
                return file.reserve(entries);
            }
            self.filled.lock().push(file.clone());
        }
        let created = self.create_file(now_millis, entries)?;
        *current = Some(created);
        Ok(())
    }

    fn create_file(&self, now_millis: i64, entries: u32) -> io::Result<Arc<IndexFile>> {
        self.disk.create_directory(DIRECTORY)?;
        let after = self.last().and_then(|last| name_number(last.path())).unwrap_or(0);
        let name = calendar_number(now_millis).max(after + 1);
        let path = format!("{DIRECTORY}/{name}");
        let file = self.disk.create(&path, index_file_bytes(self.slots, self.entries_max))?;
        let made = IndexFile::map(path.clone(), file, self.slots, self.entries_max)
            .and_then(|made| made.reserve(entries).map(|()| Arc::new(made)));
        if made.is_err() {
            let _ = self.disk.remove_file(&path);
        }
        let made = made?;
        self.files.write().push(made.clone());
        Ok(made)
    }

    /// Puts a key, by its hash, into the file that `reserve` gave.
    #[inline]
    pub fn put(&self, current: &IndexFile, hash: u32, commit_log_offset: u64, store_timestamp: i64) -> bool {
        self.changed.store(true, Ordering::Relaxed);
        current.put(hash, commit_log_offset, store_timestamp)
    }

    /// Commit log offsets for a key, newest first.
    pub fn query(
        &self,
        topic: &[u8],
        key: &[u8],
        max_count: usize,
        begin: i64,
        end: i64,
        out: &mut Vec<u64>,
    ) {
        let hash = index_key_hash(topic, key);
        let files = self.files.read().clone();
        for file in files.iter().rev() {
            if out.len() >= max_count {
                break;
            }
            if file.overlaps(begin, end) {
                file.select(hash, max_count, begin, end, out);
            }
            if file.begin_timestamp() < begin {
                break;
            }
        }
    }

    /// Writes the headers and says where the index stands. Under the append lock.
    pub fn mark(&self) -> IndexMark {
        let files = self.files.read();
        for file in files.last().into_iter().chain(self.filled.lock().iter()) {
            file.write_header();
        }
        let last = files.last();
        IndexMark {
            file_count: u32::try_from(files.len()).unwrap_or(u32::MAX),
            last_name: last.and_then(|last| name_number(last.path())).unwrap_or(0),
            last_count: last.map_or(0, |last| last.count()),
        }
    }

    /// Makes what was put so far durable, with names.
    pub fn sync(&self) -> Result<(), StoreError> {
        if !self.changed.swap(false, Ordering::Relaxed) {
            return Ok(());
        }
        let filled = std::mem::take(&mut *self.filled.lock());
        let result = filled.iter().chain(self.last().iter()).try_for_each(|file| {
            let io = |error| StoreError::io("sync", file.path(), error);
            file.sync_length().map_err(io)?;
            file.sync().map_err(io)
        });
        let io = |error| StoreError::io("sync the directory", DIRECTORY, error);
        result.and_then(|()| self.disk.sync_directory(DIRECTORY).map_err(io)).inspect_err(|_| {
            self.filled.lock().extend(filled);
            self.changed.store(true, Ordering::Relaxed);
        })
    }

    /// Deletes files whose messages are all gone from the log, except the last.
    pub fn delete_expired(&self, log_min: u64) -> Result<u64, StoreError> {
        let mut deleted = 0;
        loop {
            let expired = {
                let mut files = self.files.write();
                match files.first() {
                    Some(first) if files.len() > 1 && first.end_offset() < log_min => files.remove(0),
                    _ => break,
                }
            };
            self.disk
                .remove_file(expired.path())
                .map_err(|error| StoreError::io("remove", expired.path(), error))?;
            deleted += 1;
        }
        if deleted > 0 {
            let io = |error| StoreError::io("sync the directory", DIRECTORY, error);
            self.disk.sync_directory(DIRECTORY).map_err(io)?;
        }
        Ok(deleted)
    }

    /// Names and lengths of the files there are.
    fn found(&self) -> Result<Vec<(String, i64, u64)>, StoreError> {
        let entries = self.disk.list(DIRECTORY).map_err(|error| StoreError::io("list", DIRECTORY, error))?;
        Ok(entries
            .into_iter()
            .filter(|entry| !entry.directory)
            .map(|entry| {
                let number = name_number(&entry.name).unwrap_or(0);
                (format!("{DIRECTORY}/{}", entry.name), number, entry.len)
            })
            .collect())
    }

    /// Removes all files.
    pub fn clear(&self) -> Result<(), StoreError> {
        self.files.write().clear();
        let found = self.found()?;
        for (path, _, _) in &found {
            self.disk.remove_file(path).map_err(|error| StoreError::io("remove", path, error))?;
        }
        if found.is_empty() {
            return Ok(());
        }
        self.disk
            .sync_directory(DIRECTORY)
            .map_err(|error| StoreError::io("sync the directory", DIRECTORY, error))
    }

    /// Loads all files. `Err` in the inner result: the index cannot be used, for this reason.
    pub fn load(&self) -> Result<Result<(), String>, StoreError> {
        let bytes = index_file_bytes(self.slots, self.entries_max);
        for (path, number, len) in self.found()? {
            if number == 0 {
                return Ok(Err(format!("{path} has no name of an index file")));
            }
            if len != bytes {
                return Ok(Err(format!("{path} has {len} bytes, expected {bytes}")));
            }
            let io = |error| StoreError::io("open", &path, error);
            let file = self.disk.open(&path).map_err(io)?;
            let file = IndexFile::map(path.clone(), file, self.slots, self.entries_max).map_err(io)?;
            if let Err(count) = file.load_header() {
                return Ok(Err(format!("{path} claims {count} entries, at most {} fit", self.entries_max)));
            }
            self.files.write().push(Arc::new(file));
        }
        Ok(Ok(()))
    }

    /// Where the files say the index stands.
    pub fn loaded_mark(&self) -> IndexMark {
        let files = self.files.read();
        let last = files.last();
        IndexMark {
            file_count: u32::try_from(files.len()).unwrap_or(u32::MAX),
            last_name: last.and_then(|last| name_number(last.path())).unwrap_or(0),
            last_count: last.map_or(0, |last| last.count()),
        }
    }

    /// Takes the loaded index back to a checkpoint: later files go, the last is cut and linked anew. False if it is not all there.
    pub fn take_back(&self, mark: IndexMark) -> Result<bool, StoreError> {
        loop {
            let later = {
                let mut files = self.files.write();
                match files.last() {
                    Some(last) if name_number(last.path()).is_none_or(|number| number > mark.last_name) => {
                        files.pop()
                    }
                    _ => None,
                }
            };
            let Some(later) = later else { break };
            self.disk
                .remove_file(later.path())
                .map_err(|error| StoreError::io("remove", later.path(), error))?;
        }
        let found = self.loaded_mark();
        if found.file_count != mark.file_count || found.last_name != mark.last_name {
            return Ok(false);
        }
        if let Some(last) = self.last() {
            self.changed.store(true, Ordering::Relaxed);
            return Ok(last.relink(mark.last_count));
        }
        Ok(true)
    }

    /// Apache's rule after an unclean stop: files with messages after this time are not to be trusted. Returns the commit log
    /// offset up to which the remaining files are complete.
    pub fn drop_after(&self, timestamp: i64) -> Result<u64, StoreError> {
        let kept = {
            let mut files = self.files.write();
            let (kept, dropped): (Vec<_>, Vec<_>) =
                files.drain(..).partition(|file| file.end_timestamp() <= timestamp && file.count() > 1);
            files.extend(kept);
            for file in dropped {
                self.disk
                    .remove_file(file.path())
                    .map_err(|error| StoreError::io("remove", file.path(), error))?;
            }
            files.last().map_or(0, |last| last.end_offset() + 1)
        };
        Ok(kept)
    }
}

fn name_number(path: &str) -> Option<i64> {
    let name = path.rsplit('/').next()?;
    if name.len() < 17 { None } else { name.parse().ok() }
}

//! One queue of one topic: where its messages are in the log.

use std::hint::black_box;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::RwLock;

use super::queue_entry::{ENTRY_BYTES, QueueEntry};
use crate::disk::Disk;
use crate::error::StoreError;
use crate::file_name::{offset_file_name, parse_offset_file_name};
use crate::mapped_file::MappedFile;
use crate::resident_blocks::ResidentBlocks;
use crate::topic::TopicHandle;

/// Blocks of the queue that its readers share: the one they are in, and the next.
const RESIDENT_BLOCKS: usize = 2;

pub const DIRECTORY: &str = "consumequeue";

/// A file of a queue; mapped when it is used, released when it is idle.
#[derive(Debug)]
pub(super) struct QueueFile {
    /// Byte offset of its first entry in the queue.
    pub(super) base: u64,
    pub(super) mapped: Option<Arc<MappedFile>>,
    /// Bytes known to be on the disk.
    synced: usize,
}

/// The readable side of a queue. The writable side is [`super::QueueWriter`], owned by the dispatcher.
#[derive(Debug)]
pub struct ConsumeQueue {
    topic: TopicHandle,
    queue_id: u32,
    directory: Box<str>,
    min: AtomicU64,
    /// The next entry to be written.
    appended: AtomicU64,
    /// What readers may see.
    visible: AtomicU64,
    watched: AtomicBool,
    arrival_reported: AtomicBool,
    /// Its files are being removed.
    deleted: AtomicBool,
    /// In the dispatcher's list of queues to sync.
    listed_unsynced: AtomicBool,
    /// In the dispatcher's list of queues that the next flush makes visible.
    listed_unflushed: AtomicBool,
    resident: ResidentBlocks<RESIDENT_BLOCKS>,
    pub(super) files: RwLock<Vec<QueueFile>>,
}

impl ConsumeQueue {
    pub fn new(topic: TopicHandle, topic_name: &[u8], queue_id: u32) -> Self {
        Self {
            topic,
            queue_id,
            directory: format!("{DIRECTORY}/{}/{queue_id}", String::from_utf8_lossy(topic_name)).into(),
            min: AtomicU64::new(0),
            appended: AtomicU64::new(0),
            visible: AtomicU64::new(0),
            watched: AtomicBool::new(false),
            arrival_reported: AtomicBool::new(false),
            deleted: AtomicBool::new(false),
            listed_unsynced: AtomicBool::new(false),
            listed_unflushed: AtomicBool::new(false),
            resident: ResidentBlocks::default(),
            files: RwLock::new(Vec::new()),
        }
    }

    pub fn topic(&self) -> TopicHandle {
        self.topic
    }

    pub fn queue_id(&self) -> u32 {
        self.queue_id
    }

    pub fn directory(&self) -> &str {
        &self.directory
    }

    pub fn path_of(&self, base: u64) -> String {
        format!("{}/{}", self.directory, offset_file_name(base))
    }

    pub fn min(&self) -> u64 {
        self.min.load(Ordering::Acquire)
    }

    pub fn set_min(&self, offset: u64) {
        self.min.store(offset, Ordering::Release);
    }

    pub fn appended(&self) -> u64 {
        self.appended.load(Ordering::Acquire)
    }

    pub fn set_appended(&self, offset: u64) {
        self.appended.store(offset, Ordering::Release);
    }

    pub fn visible(&self) -> u64 {
        self.visible.load(Ordering::Acquire)
    }

    /// Brings what an append changes into the processor's caches.
    #[inline]
    pub fn touch(&self) {
        black_box((self.visible(), self.appended(), self.watched.load(Ordering::Relaxed)));
    }

    /// Only upwards; true if that is news for a watcher who has not been told of any yet.
    pub fn make_visible(&self, offset: u64) -> bool {
        let before = self.visible.fetch_max(offset, Ordering::AcqRel);
        before < offset
            && self.watched.load(Ordering::Acquire)
            && !self.arrival_reported.swap(true, Ordering::AcqRel)
    }

    /// After a cut or a restart of the queue.
    pub fn set_visible(&self, offset: u64) {
        self.visible.store(offset, Ordering::Release);
    }

    pub fn watch(&self, on: bool) {
        self.watched.store(on, Ordering::Release);
    }

    pub fn is_deleted(&self) -> bool {
        self.deleted.load(Ordering::Acquire)
    }

    /// The same queue goes on without its old files.
    pub fn set_restarted(&self) {
        self.deleted.store(false, Ordering::Release);
    }

    pub fn set_deleted(&self) {
        self.deleted.store(true, Ordering::Release);
    }

    pub fn arrival_taken(&self) {
        self.arrival_reported.store(false, Ordering::Release);
    }

    /// True the first time since [`Self::take_unsynced`].
    pub fn list_unsynced(&self) -> bool {
        !self.listed_unsynced.swap(true, Ordering::AcqRel)
    }

    pub fn take_unsynced(&self) {
        self.listed_unsynced.store(false, Ordering::Release);
    }

    /// True the first time since [`Self::take_unflushed`].
    pub fn list_unflushed(&self) -> bool {
        !self.listed_unflushed.swap(true, Ordering::AcqRel)
    }

    pub fn take_unflushed(&self) {
        self.listed_unflushed.store(false, Ordering::Release);
    }

    /// Finds the files of the queue; the entries in them are looked at by recovery.
    pub fn load_files(&self, disk: &dyn Disk, file_bytes: u64) -> Result<(), StoreError> {
        let io = |error| StoreError::io("list", &*self.directory, error);
        let mut files = self.files.write();
        files.clear();
        for entry in disk.list(&self.directory).map_err(io)? {
            let malformed = |found: String, expected: String| StoreError::FileMalformed {
                path: format!("{}/{}", self.directory, entry.name),
                found,
                expected,
            };
            let Some(base) = parse_offset_file_name(&entry.name).filter(|base| base % file_bytes == 0) else {
                return Err(malformed(
                    "this name".to_owned(),
                    format!("a multiple of {file_bytes} in 20 digits"),
                ));
            };
            if entry.len != file_bytes {
                return Err(malformed(format!("{} bytes", entry.len), format!("{file_bytes} bytes")));
            }
            if files.last().is_some_and(|last| last.base + file_bytes != base) {
                return Err(malformed("a gap before it".to_owned(), "consecutive files".to_owned()));
            }
            files.push(QueueFile { base, mapped: None, synced: 0 });
        }
        Ok(())
    }

    /// Byte offsets of the first and behind the last file.
    pub fn file_range(&self, file_bytes: u64) -> Option<(u64, u64)> {
        let files = self.files.read();
        Some((files.first()?.base, files.last()?.base + file_bytes))
    }

    pub fn push_file(&self, file: Arc<MappedFile>) {
        self.files.write().push(QueueFile { base: file.base(), mapped: Some(file), synced: 0 });
    }

    /// Recovery found nothing in it.
    pub fn forget_last_file(&self) {
        self.files.write().pop();
    }

    pub fn mapped_count(&self) -> usize {
        self.files.read().iter().filter(|file| file.mapped.is_some()).count()
    }

    /// The file with this base, mapped now if it was not; `newly` tells which.
    pub fn file_at(
        &self,
        disk: &dyn Disk,
        base: u64,
        file_bytes: u64,
    ) -> io::Result<Option<(Arc<MappedFile>, bool)>> {
        {
            let files = self.files.read();
            match files.binary_search_by_key(&base, |file| file.base).ok().and_then(|index| files.get(index))
            {
                None => return Ok(None),
                Some(QueueFile { mapped: Some(file), .. }) => return Ok(Some((file.clone(), false))),
                Some(_) => {}
            }
        }
        let mapped = match self.map_file(disk, base, file_bytes, self.appended()) {
            // Retention was faster.
            Err(error) if error.kind() == io::ErrorKind::NotFound && !self.has_file(base) => return Ok(None),
            mapped => Arc::new(mapped?),
        };
        let mut files = self.files.write();
        let Ok(index) = files.binary_search_by_key(&base, |file| file.base) else { return Ok(None) };
        let Some(file) = files.get_mut(index) else { return Ok(None) };
        if let Some(other) = &file.mapped {
            return Ok(Some((other.clone(), false)));
        }
        file.mapped = Some(mapped.clone());
        Ok(Some((mapped, true)))
    }

    /// Maps a file with the entries up to `end` readable.
    pub fn map_file(&self, disk: &dyn Disk, base: u64, file_bytes: u64, end: u64) -> io::Result<MappedFile> {
        let path = self.path_of(base);
        let file = disk.open_for_mapping(&path)?;
        let published = (end * ENTRY_BYTES as u64).saturating_sub(base).min(file_bytes);
        let len = usize::try_from(file_bytes).unwrap_or(usize::MAX);
        let published = usize::try_from(published).unwrap_or(usize::MAX);
        let mapped = MappedFile::map(path, base, file, len, published)?;
        // A quiet queue uses a page of it; the system would read (zero, where nothing was written) megabytes around each first touch.
        mapped.without_read_ahead();
        Ok(mapped)
    }

    /// Puts a file that was opened for writing in the place of the released one.
    pub fn set_mapped(&self, file: &Arc<MappedFile>) {
        let mut files = self.files.write();
        if let Ok(index) = files.binary_search_by_key(&file.base(), |known| known.base)
            && let Some(known) = files.get_mut(index)
        {
            known.mapped = Some(file.clone());
        }
    }

    /// One entry; None if it does not exist (or its file no longer does).
    pub fn entry(
        &self,
        disk: &dyn Disk,
        file_bytes: u64,
        offset: u64,
    ) -> Result<Option<QueueEntry>, StoreError> {
        let mut found = None;
        self.scan(disk, file_bytes, offset, 1, |_, entry, _| {
            found = Some(entry);
            false
        })?;
        Ok(found)
    }

    /// Whether reading these entries does not wait for the disk, as far as one file holds them; and how many files were newly
    /// mapped for the answer.
    pub fn is_resident(
        &self,
        disk: &dyn Disk,
        file_bytes: u64,
        from: u64,
        count: u64,
    ) -> Result<(bool, usize), StoreError> {
        let byte_offset = from * ENTRY_BYTES as u64;
        let base = byte_offset - byte_offset % file_bytes;
        let found = self
            .file_at(disk, base, file_bytes)
            .map_err(|error| StoreError::io("map", self.path_of(base), error))?;
        let Some((file, newly)) = found else { return Ok((true, 0)) };
        let position = |at: u64| usize::try_from(at.saturating_sub(base)).unwrap_or(usize::MAX);
        let end = byte_offset.saturating_add(count.saturating_mul(ENTRY_BYTES as u64));
        let is_resident =
            self.resident.cover(byte_offset, end, |from, to| file.is_resident(position(from), position(to)));
        Ok((is_resident, usize::from(newly)))
    }

    /// Calls `each` with up to `count` entries, and the next one where that is in the same file, until it returns false. Returns
    /// how many files were newly mapped.
    pub fn scan(
        &self,
        disk: &dyn Disk,
        file_bytes: u64,
        from: u64,
        count: u64,
        mut each: impl FnMut(u64, QueueEntry, Option<QueueEntry>) -> bool,
    ) -> Result<usize, StoreError> {
        let (mut offset, end) = (from, from.saturating_add(count).min(self.appended()));
        let mut newly_mapped = 0;
        while offset < end {
            let byte_offset = offset * ENTRY_BYTES as u64;
            let base = byte_offset - byte_offset % file_bytes;
            let found = self.file_at(disk, base, file_bytes);
            let Some((file, newly)) =
                found.map_err(|error| StoreError::io("map", self.path_of(base), error))?
            else {
                return Ok(newly_mapped);
            };
            newly_mapped += usize::from(newly);
            let start = usize::try_from(byte_offset - base).unwrap_or(usize::MAX);
            let wanted = (end - offset).saturating_mul(ENTRY_BYTES as u64);
            let stop =
                start.saturating_add(usize::try_from(wanted).unwrap_or(usize::MAX)).min(file.published());
            let Some(bytes) = file.bytes(start, stop) else { return Ok(newly_mapped) };
            let before = offset;
            let mut entries = bytes.chunks_exact(ENTRY_BYTES).map(QueueEntry::decode).peekable();
            while let Some(entry) = entries.next() {
                let Some(entry) = entry else {
                    return Err(StoreError::FileMalformed {
                        path: file.path().to_owned(),
                        found: format!("no entry for queue offset {offset}"),
                        expected: format!("an entry; the queue has {} (rebuild the queues)", self.appended()),
                    });
                };
                if !each(offset, entry, entries.peek().copied().flatten()) {
                    return Ok(newly_mapped);
                }
                offset += 1;
            }
            if offset == before {
                return Ok(newly_mapped);
            }
        }
        Ok(newly_mapped)
    }

    /// Makes written entries durable, with the names of new files. A queue that is deleted meanwhile needs no syncing.
    pub fn sync(&self, disk: &dyn Disk) -> Result<(), StoreError> {
        match self.sync_files(disk) {
            Err(_) if self.is_deleted() => Ok(()),
            synced => synced,
        }
    }

    /// All entries before `end` are on the disk, with the files' names: the whole disk was synced.
    pub fn set_synced(&self, end: u64) {
        let end = end * ENTRY_BYTES as u64;
        for file in self.files.write().iter_mut().filter(|file| file.base < end) {
            let upto = usize::try_from(end - file.base).unwrap_or(usize::MAX);
            file.synced = match &file.mapped {
                Some(mapped) => {
                    mapped.set_name_durable();
                    upto.min(mapped.len())
                }
                None => upto,
            };
        }
    }

    fn sync_files(&self, disk: &dyn Disk) -> Result<(), StoreError> {
        let end = self.appended() * ENTRY_BYTES as u64;
        let pending: Vec<(u64, Option<Arc<MappedFile>>, usize, usize)> = {
            let files = self.files.read();
            let next_bases = files.iter().skip(1).map(|next| next.base).chain([u64::MAX]);
            let with_end = |(file, next_base): (&QueueFile, u64)| {
                let upto = usize::try_from(end.min(next_base).saturating_sub(file.base));
                (file.base, file.mapped.clone(), file.synced, upto.unwrap_or(usize::MAX))
            };
            files.iter().zip(next_bases).map(with_end).collect()
        };
        let mut new_names = false;
        let mut synced_to = Vec::new();
        for (base, mapped, synced, upto) in pending {
            let io = |error| StoreError::io("sync", self.path_of(base), error);
            let synced_now = match &mapped {
                Some(file) => sync_file(file, synced, upto),
                None if synced >= upto => continue,
                // Released before it was synced: the pages are the system's, the file has to be opened again for it.
                None => disk.open(&self.path_of(base)).and_then(|file| file.sync()).map(|()| true),
            };
            match synced_now {
                // Retention was faster.
                Err(error) if error.kind() == io::ErrorKind::NotFound && !self.has_file(base) => continue,
                synced_now => new_names |= synced_now.map_err(io)?,
            }
            synced_to.push((base, upto));
        }
        if new_names {
            self.sync_names(disk)?;
        }
        let mut files = self.files.write();
        for (base, upto) in synced_to {
            if let Ok(index) = files.binary_search_by_key(&base, |file| file.base)
                && let Some(file) = files.get_mut(index)
            {
                file.synced = upto;
            }
        }
        Ok(())
    }

    fn has_file(&self, base: u64) -> bool {
        self.files.read().binary_search_by_key(&base, |file| file.base).is_ok()
    }

    fn sync_names(&self, disk: &dyn Disk) -> Result<(), StoreError> {
        let topic_directory = self.directory.rsplit_once('/').map_or(DIRECTORY, |(parent, _)| parent);
        for directory in [&*self.directory, topic_directory, DIRECTORY] {
            disk.sync_directory(directory)
                .map_err(|error| StoreError::io("sync the directory", directory, error))?;
        }
        Ok(())
    }

    /// Releases the mappings of files that nobody is reading; returns how many.
    pub fn release_mappings(&self) -> usize {
        let mut released = 0;
        for file in self.files.write().iter_mut() {
            if file.mapped.take_if(|mapped| Arc::strong_count(mapped) == 1).is_some() {
                released += 1;
            }
        }
        released
    }
}

/// Whether its name has to be made durable, too.
fn sync_file(file: &MappedFile, from: usize, to: usize) -> io::Result<bool> {
    let new_name = file.sync_length()?;
    file.sync(from, to)?;
    file.set_name_durable();
    Ok(new_name)
}

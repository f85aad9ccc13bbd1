//! Writing entries of one queue. Space is reserved before a message goes into the log, so that writing its entry cannot fail.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use super::consume_queue::ConsumeQueue;
use super::queue_entry::{ENTRY_BYTES, QueueEntry};
use crate::disk::Disk;
use crate::mapped_file::MappedFileWriter;

/// The first reservation in a file, doubled up to [`RESERVED_BYTES_MAX`]: many queues stay small.
const RESERVED_BYTES_MIN: usize = 4096;
const RESERVED_BYTES_MAX: usize = 256 << 10;

/// A file open for writing and how far its space is reserved.
#[derive(Debug)]
struct OpenFile {
    writer: MappedFileWriter,
    reserved: usize,
}

impl OpenFile {
    fn room(&self) -> usize {
        self.reserved.saturating_sub(self.writer.position()) / ENTRY_BYTES
    }

    /// Reserves up to `entries` more; less only at the end of the file.
    fn reserve(&mut self, entries: usize) -> io::Result<()> {
        let needed = self.writer.position().saturating_add(entries.saturating_mul(ENTRY_BYTES));
        let grown = (self.reserved * 2).clamp(RESERVED_BYTES_MIN, self.reserved + RESERVED_BYTES_MAX);
        let end = needed.max(grown).min(self.writer.file().len());
        if end > self.reserved {
            self.writer.allocate(self.reserved, end)?;
            self.reserved = end;
        }
        Ok(())
    }
}

/// The writable side of a [`ConsumeQueue`].
#[derive(Debug)]
pub struct QueueWriter {
    queue: Arc<ConsumeQueue>,
    file_bytes: u64,
    /// The file being written. Beside the rest and not behind a pointer: with many queues each pointer is a cache miss.
    front: Option<OpenFile>,
    /// Those a large batch will go on in.
    later: VecDeque<OpenFile>,
    used: bool,
}

impl QueueWriter {
    pub fn new(queue: Arc<ConsumeQueue>, file_bytes: u64) -> Self {
        Self { queue, file_bytes, front: None, later: VecDeque::new(), used: false }
    }

    pub fn queue(&self) -> &Arc<ConsumeQueue> {
        &self.queue
    }

    /// Brings what [`Self::reserve`] and [`Self::put`] need into the processor's caches.
    #[inline]
    pub fn touch(&self) {
        self.queue.touch();
        if let Some(file) = &self.front {
            file.writer.touch();
        }
    }

    /// Makes sure that so many entries can be written; returns how many files were newly mapped.
    #[inline]
    pub fn reserve(&mut self, disk: &dyn Disk, entries: usize) -> io::Result<usize> {
        match &self.front {
            Some(file) if file.room() >= entries => Ok(0),
            _ => self.reserve_slowly(disk, entries),
        }
    }

    fn reserve_slowly(&mut self, disk: &dyn Disk, entries: usize) -> io::Result<usize> {
        let mut newly_mapped = 0;
        let mut last_base = None;
        let mut room = 0;
        for file in self.front.iter_mut().chain(&mut self.later) {
            if file.room() < entries - room {
                file.reserve(entries - room)?;
            }
            room += file.room();
            last_base = Some(file.writer.file().base());
            if room >= entries {
                return Ok(0);
            }
        }
        while room < entries {
            let byte_offset = self.queue.appended() * ENTRY_BYTES as u64;
            let at_end = byte_offset - byte_offset % self.file_bytes;
            let base = last_base.map_or(at_end, |last| last + self.file_bytes);
            let mut file = self.open_file(disk, base)?;
            newly_mapped += 1;
            if file.room() < entries - room {
                file.reserve(entries - room)?;
            }
            room += file.room();
            last_base = Some(base);
            if self.front.is_none() {
                self.front = Some(file);
            } else {
                self.later.push_back(file);
            }
        }
        Ok(newly_mapped)
    }

    /// The file with this base at the queue's end: found or created.
    fn open_file(&self, disk: &dyn Disk, base: u64) -> io::Result<OpenFile> {
        let byte_end = self.queue.appended() * ENTRY_BYTES as u64;
        let position = usize::try_from(byte_end.saturating_sub(base)).unwrap_or(usize::MAX);
        let known =
            self.queue.file_range(self.file_bytes).is_some_and(|(first, end)| first <= base && base < end);
        if known {
            let mapped = self.queue.map_file(disk, base, self.file_bytes, self.queue.appended())?;
            let writer = mapped.into_writer(position);
            self.queue.set_mapped(writer.file());
            return Ok(OpenFile { writer, reserved: position });
        }
        disk.create_directory(self.queue.directory())?;
        let path = self.queue.path_of(base);
        let file = match disk.create(&path, self.file_bytes) {
            // An attempt before this one was cut short.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                disk.remove_file(&path)?;
                disk.create(&path, self.file_bytes)?
            }
            created => created?,
        };
        drop(file);
        let prepared =
            self.queue.map_file(disk, base, self.file_bytes, self.queue.appended()).and_then(|mapped| {
                // A queue that begins inside a file (its first messages are gone) has blanks before, as Apache writes them.
                let mut open = OpenFile { writer: mapped.into_writer(0), reserved: 0 };
                if position > 0 {
                    open.reserve(position / ENTRY_BYTES)?;
                    for _ in 0..position / ENTRY_BYTES {
                        put(&mut open.writer, QueueEntry::BLANK);
                    }
                }
                open.reserve(1)?;
                Ok(open)
            });
        if prepared.is_err() {
            let _ = disk.remove_file(&path);
        }
        let open = prepared?;
        self.queue.push_file(open.writer.file().clone());
        Ok(open)
    }

    /// Writes the next entry into reserved space.
    #[inline]
    pub fn put(&mut self, entry: QueueEntry) {
        self.used = true;
        if self.front.as_ref().is_some_and(|file| file.writer.remaining() < ENTRY_BYTES) {
            self.front = self.later.pop_front();
        }
        debug_assert!(self.front.is_some(), "space is reserved before an entry is put");
        let Some(file) = &mut self.front else { return };
        put(&mut file.writer, entry);
        self.queue.set_appended(self.queue.appended() + 1);
    }

    /// Lets the files go if nothing was written since the last call.
    pub fn release_if_idle(&mut self) {
        if !std::mem::take(&mut self.used) {
            self.release();
        }
    }

    /// Lets the files go in any case; used before the queue's files change under it.
    pub fn release(&mut self) {
        self.front = None;
        self.later.clear();
    }
}

fn put(writer: &mut MappedFileWriter, entry: QueueEntry) {
    if let Some(place) = writer.buffer(ENTRY_BYTES) {
        entry.encode(place);
        writer.publish(ENTRY_BYTES);
    }
}

//! The log of all messages: segments of one size, named by the offset of their first byte.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use parking_lot::{Mutex, RwLock};

use super::segment_writer::SegmentWriter;
use crate::disk::Disk;
use crate::error::StoreError;
use crate::file_name::offset_file_name;
use crate::low_priority::at_low_priority;
use crate::mapped_file::MappedFile;
use crate::record::Checksum;
use crate::store_options::AppendBy;

pub const DIRECTORY: &str = "commitlog";
/// A segment while it is being zero-filled. It has no place in the log yet, so it is not in the log's directory.
pub const PREPARING_FILE: &str = "commitlog.preparing";
/// The page cache keeps a write's pages together and writes them back together, however few of them are dirty: after fills
/// by the mebibyte every flush of a few records wrote a mebibyte. Smaller still, and first touches cost more than flushes gain.
const ZERO_CHUNK_BYTES: usize = 64 << 10;
/// Zeros on their way to the disk at the same time: a flush of the log waits behind no more.
const UNSYNCED_ZEROS_MAX: u64 = 16 << 20;
/// Written space behind the end, when records are appended by writing: so much is synced before it is needed, and so little of what is
/// never used is written at all.
const FILLED_AHEAD_BYTES: usize = 256 << 20;
/// Between two looks at where appending stands and whether the store is closing.
const WARM_STEP_BYTES: usize = 256 << 10;
/// While messages come, a step is followed by a pause so many times as long: on one core the system's clearing of pages is in the
/// way of who serves, whatever the priorities say.
const WARM_PAUSE_FACTOR: u32 = 3;

/// The segments and the next one in preparation. Where appending stands is the appender's to know.
#[derive(Debug)]
pub struct CommitLog {
    disk: Arc<dyn Disk>,
    segment_bytes: u64,
    append_by: AppendBy,
    /// Ascending, without gaps.
    segments: RwLock<Vec<Arc<MappedFile>>>,
    min_offset: AtomicU64,
    /// Records from here on are ours and carry their checksum.
    checksum_from: u64,
    prepared: Mutex<Option<PreparedSegment>>,
    /// Held while a segment is being zero-filled, so that only one is.
    preparing: Mutex<()>,
    closing: AtomicBool,
}

/// A segment that waits to be begun.
#[derive(Debug)]
pub struct PreparedSegment {
    pub file: MappedFile,
    /// Up to here its space is known to have been written.
    pub filled_to: usize,
}

impl CommitLog {
    pub fn new(
        disk: Arc<dyn Disk>,
        segment_bytes: u64,
        append_by: AppendBy,
        segments: Vec<Arc<MappedFile>>,
        prepared: Option<PreparedSegment>,
        checksum_from: u64,
    ) -> Self {
        let min_offset = AtomicU64::new(segments.first().map_or(0, |segment| segment.base()));
        Self {
            disk,
            segment_bytes,
            append_by,
            segments: RwLock::new(segments),
            min_offset,
            checksum_from,
            prepared: Mutex::new(prepared),
            preparing: Mutex::new(()),
            closing: AtomicBool::new(false),
        }
    }

    pub fn segment_bytes(&self) -> u64 {
        self.segment_bytes
    }

    pub fn checksum_from(&self) -> u64 {
        self.checksum_from
    }

    /// Whether the record at this offset must carry its checksum.
    pub fn checksum_at(&self, offset: u64) -> Checksum {
        Checksum::at(offset, self.checksum_from)
    }

    /// The first offset that is still there.
    pub fn min_offset(&self) -> u64 {
        self.min_offset.load(Ordering::Acquire)
    }

    pub fn segment_count(&self) -> usize {
        self.segments.read().len()
    }

    pub fn segments(&self) -> Vec<Arc<MappedFile>> {
        self.segments.read().clone()
    }

    pub fn has_prepared(&self) -> bool {
        self.prepared.lock().is_some()
    }

    /// The segment that holds this offset.
    pub fn segment_at(&self, offset: u64) -> Option<Arc<MappedFile>> {
        let segments = self.segments.read();
        let first = segments.first()?.base();
        let index = usize::try_from(offset.checked_sub(first)? / self.segment_bytes).ok()?;
        segments.get(index).cloned()
    }

    /// Position of an offset in its segment.
    pub fn position_of(&self, offset: u64) -> usize {
        usize::try_from(offset % self.segment_bytes).unwrap_or(usize::MAX)
    }

    /// The name of the file that holds (or would hold) this offset.
    pub fn path_of(&self, offset: u64) -> String {
        segment_path(offset - offset % self.segment_bytes)
    }

    /// The writer for the segment that begins here: the prepared one, or a new one whose space is reserved but not yet written.
    pub fn begin_segment(&self, base: u64) -> io::Result<SegmentWriter> {
        // Held to the end: a segment being prepared takes its name under the same lock.
        let mut slot = self.prepared.lock();
        let (file, filled_to) = match slot.take_if(|prepared| prepared.file.base() == base) {
            Some(prepared) => (prepared.file, prepared.filled_to),
            None => (self.create_segment(base)?, 0),
        };
        let writer = SegmentWriter::new(file.into_writer(0), self.append_by, filled_to);
        let mut segments = self.segments.write();
        if segments.is_empty() {
            self.min_offset.store(base, Ordering::Release);
        }
        segments.push(writer.file().clone());
        Ok(writer)
    }

    fn create_segment(&self, base: u64) -> io::Result<MappedFile> {
        let path = segment_path(base);
        let file = self.disk.create(&path, self.segment_bytes)?;
        let mapped = file
            .allocate(0, self.segment_bytes)
            .and_then(|()| MappedFile::map(path.clone(), base, file, self.segment_length(), 0));
        if mapped.is_err() {
            let _ = self.disk.remove_file(&path);
        }
        mapped
    }

    fn segment_length(&self) -> usize {
        usize::try_from(self.segment_bytes).unwrap_or(usize::MAX)
    }

    /// What is being prepared or warmed is given up.
    pub fn set_closing(&self) {
        self.closing.store(true, Ordering::Release);
    }

    /// Brings up to `bytes_max` of this segment behind its end into the system's memory. A page's first touch then does not wait
    /// for the system to find and clear one. Nothing is written, nothing becomes dirty. Returns how many bytes it brought.
    pub fn warm(&self, segment: &MappedFile, bytes_max: u64) -> io::Result<u64> {
        let begin = segment.published();
        let end = begin.saturating_add(usize::try_from(bytes_max).unwrap_or(usize::MAX)).min(segment.len());
        let (mut position, mut warmed, mut published) = (begin, 0, begin);
        while position < end && !self.closing.load(Ordering::Acquire) {
            let stop = (position + WARM_STEP_BYTES).min(end);
            let started = Instant::now();
            segment.read_ahead(position, stop)?;
            warmed += (stop - position) as u64;
            // What was appended meanwhile is in memory.
            position = stop.max(segment.published());
            if segment.published() != published {
                published = segment.published();
                thread::sleep(started.elapsed() * WARM_PAUSE_FACTOR);
            }
        }
        Ok(warmed)
    }

    /// Makes the next segment ready, written and not only allocated: the first sync of an unwritten extent is many times
    /// dearer. Returns false if one is ready, or the store is closing. `end_offset` is where the log stands.
    pub fn prepare_segment(&self, end_offset: u64) -> Result<bool, StoreError> {
        let _one_at_a_time = self.preparing.lock();
        if self.has_prepared() {
            return Ok(false);
        }
        let filled = at_low_priority(|| self.fill_with_zeros());
        if !matches!(filled, Ok(true)) {
            let _ = self.disk.remove_file(PREPARING_FILE);
            return filled.map_err(|error| StoreError::io("prepare", PREPARING_FILE, error));
        }
        let path = {
            let mut slot = self.prepared.lock();
            let next = self.segments.read().last().map(|last| last.base() + self.segment_bytes);
            let base = next.unwrap_or(end_offset - end_offset % self.segment_bytes);
            let path = segment_path(base);
            let io = |error| StoreError::io("prepare", &path, error);
            self.disk.rename(PREPARING_FILE, &path).map_err(io)?;
            let file = self.disk.open(&path).map_err(io)?;
            let file = MappedFile::map(path.clone(), base, file, self.segment_length(), 0).map_err(io)?;
            *slot = Some(PreparedSegment { file, filled_to: self.filled_at_begin() });
            path
        };
        self.disk
            .sync_directory(DIRECTORY)
            .map_err(|error| StoreError::io("sync the directory of", path, error))?;
        if let Some(prepared) = self.prepared.lock().as_ref() {
            prepared.file.set_name_durable();
        }
        Ok(true)
    }

    /// How much of a segment's space is written when it is prepared: for a writer the rest is, piece by piece, while it is used.
    fn filled_at_begin(&self) -> usize {
        match self.append_by {
            AppendBy::Mapping => self.segment_length(),
            AppendBy::Writing => self.segment_length().min(FILLED_AHEAD_BYTES),
        }
    }

    /// Whether space is written while a segment is used, ahead of its end.
    pub fn fills_ahead(&self) -> bool {
        self.append_by == AppendBy::Writing && self.disk.prefers_written_space()
    }

    /// Whether the next segment should be prepared, or space behind the end of this one be written: less than half of what there
    /// should be is left.
    pub fn wants_space(&self, active: Option<&SegmentWriter>) -> bool {
        let Some(active) = active else { return !self.has_prepared() };
        let wanted = active.remaining().min(FILLED_AHEAD_BYTES / 2);
        active.is_half_full() && !self.has_prepared()
            || active.filled_ahead().is_some_and(|filled| filled < wanted) && self.fills_ahead()
    }

    /// Blocking. Writes space behind the end, where it was only reserved, and makes that durable; `next_piece` does a piece of it
    /// with [`SegmentWriter::fill_ahead`], while nobody appends. How many bytes were written.
    pub fn fill_ahead(
        &self,
        mut next_piece: impl FnMut(usize) -> io::Result<Option<(Arc<MappedFile>, usize)>>,
    ) -> io::Result<u64> {
        if !self.fills_ahead() {
            return Ok(0);
        }
        let (mut filled, mut unsynced) = (0, 0);
        let mut last = None;
        while !self.closing.load(Ordering::Acquire) {
            let started = Instant::now();
            let Some((file, bytes)) = next_piece(FILLED_AHEAD_BYTES)? else { break };
            filled += bytes as u64;
            unsynced += bytes as u64;
            if unsynced >= UNSYNCED_ZEROS_MAX {
                file.sync_file()?;
                unsynced = 0;
            }
            last = Some(file);
            thread::sleep(started.elapsed());
        }
        match last {
            Some(file) if unsynced > 0 => file.sync_file().map(|()| filled),
            _ => Ok(filled),
        }
    }

    /// False if the store is closing.
    fn fill_with_zeros(&self) -> io::Result<bool> {
        match self.disk.remove_file(PREPARING_FILE) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let file = self.disk.create(PREPARING_FILE, self.segment_bytes)?;
        file.allocate(0, self.segment_bytes)?;
        if !self.disk.prefers_written_space() {
            return file.sync().map(|()| true);
        }
        let end = self.filled_at_begin();
        let zeros = vec![0; ZERO_CHUNK_BYTES.min(end)];
        let mut position = 0;
        while position < end as u64 {
            if self.closing.load(Ordering::Acquire) {
                return Ok(false);
            }
            let chunk = end.saturating_sub(usize::try_from(position).unwrap_or(usize::MAX)).min(zeros.len());
            file.write_at(position, zeros.get(..chunk).unwrap_or_default())?;
            position += chunk as u64;
            if position.is_multiple_of(UNSYNCED_ZEROS_MAX) {
                file.sync()?;
            }
        }
        file.sync().map(|()| true)
    }

    /// Makes a range of the log durable, names of new segments included.
    pub fn sync(&self, from: u64, to: u64) -> Result<(), StoreError> {
        let mut new_names = Vec::new();
        for segment in self.segments() {
            let base = segment.base();
            let end = base + self.segment_bytes;
            if end <= from || base >= to {
                continue;
            }
            let start = usize::try_from(from.saturating_sub(base)).unwrap_or(usize::MAX);
            let stop = usize::try_from(to.min(end) - base).unwrap_or(usize::MAX);
            let io = |error| StoreError::io("sync", segment.path(), error);
            if segment.sync_length().map_err(io)? {
                new_names.push(segment.clone());
            }
            segment.sync(start, stop).map_err(io)?;
        }
        if !new_names.is_empty() {
            let io = |error| StoreError::io("sync the directory", DIRECTORY, error);
            self.disk.sync_directory(DIRECTORY).map_err(io)?;
            for segment in new_names {
                segment.set_name_durable();
            }
        }
        Ok(())
    }

    /// Takes the first segment out of the log if nobody is reading it. Its file is still there.
    pub fn remove_first(&self) -> Result<Option<Arc<MappedFile>>, String> {
        let mut segments = self.segments.write();
        if segments.len() < 2 {
            return Ok(None);
        }
        let Some(first) = segments.first() else { return Ok(None) };
        // Readers take their reference under the read lock, so the count cannot grow here.
        if Arc::strong_count(first) > 1 {
            return Err(first.path().to_owned());
        }
        let removed = segments.remove(0);
        if let Some(next) = segments.first() {
            self.min_offset.store(next.base(), Ordering::Release);
        }
        Ok(Some(removed))
    }
}

pub fn segment_path(base: u64) -> String {
    format!("{DIRECTORY}/{}", offset_file_name(base))
}

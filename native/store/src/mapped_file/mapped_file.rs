//! A mapped file that only grows: what has been published never changes again, so readers need no lock.
#![expect(
    unsafe_code,
    reason = "the rule that makes slices of shared memory sound is enforced by these two types"
)]

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::mapped_memory::{MappedMemory, PAGE_BYTES};
use crate::disk::DiskFile;

/// Looked at together when a tail is cut off.
const CUT_STEP_BYTES: usize = 64 << 10;
static ZEROS: [u8; 64 << 10] = [0; 64 << 10];

/// The readable side. Bytes below `published` are immutable; above, only the one [`MappedFileWriter`] may touch.
#[derive(Debug)]
pub struct MappedFile {
    path: String,
    /// Position of the file's first byte in the sequence of files it belongs to.
    base: u64,
    file: Arc<dyn DiskFile>,
    memory: Arc<MappedMemory>,
    published: AtomicUsize,
    /// Set once the file's length and name are known to be on the disk.
    name_durable: AtomicBool,
}

impl MappedFile {
    /// Maps `len` bytes of which the first `published` are final.
    pub fn map(
        path: String,
        base: u64,
        file: Arc<dyn DiskFile>,
        len: usize,
        published: usize,
    ) -> io::Result<Self> {
        let memory = file.map(len)?;
        let published = AtomicUsize::new(published.min(len));
        Ok(Self { path, base, file, memory, published, name_durable: AtomicBool::new(false) })
    }

    pub fn path(&self) -> &str {
        &self.path
    }

    pub fn base(&self) -> u64 {
        self.base
    }

    pub fn len(&self) -> usize {
        self.memory.len()
    }

    pub fn published(&self) -> usize {
        self.published.load(Ordering::Acquire)
    }

    /// Published bytes; None if the range is not wholly published.
    pub fn bytes(&self, from: usize, to: usize) -> Option<&[u8]> {
        if to > self.published() {
            return None;
        }
        // SAFETY: below `published` nothing is written: the writer starts there and only moves it forward, and `rewind`
        // needs exclusive ownership.
        unsafe { self.memory.slice(from, to) }
    }

    /// Whether reading a range of published bytes does not wait for the disk.
    pub fn is_resident(&self, from: usize, to: usize) -> bool {
        self.memory.is_resident(from, to.min(self.published()))
    }

    /// The same whether published or not.
    #[cfg(test)]
    pub fn is_file_resident(&self, from: usize, to: usize) -> bool {
        self.memory.is_resident(from, to)
    }

    /// Has the processor fetch published bytes that are read next.
    pub fn prefetch(&self, from: usize, to: usize) {
        self.memory.prefetch(from, to.min(self.published()));
    }

    /// Blocking. Brings a range of published bytes into memory.
    pub fn load(&self, from: usize, to: usize) {
        let to = to.min(self.published());
        self.memory.will_need(from, to);
        let Some(bytes) = self.bytes(from, to) else { return };
        for page in bytes.chunks(PAGE_BYTES) {
            std::hint::black_box(page.first().copied());
        }
    }

    /// Blocking. Brings a range of the file into the system's memory, published or not.
    pub fn read_ahead(&self, from: usize, to: usize) -> io::Result<()> {
        self.file.read_ahead(from as u64, to.min(self.len()) as u64)
    }

    /// Pages are brought into memory one by one, when they are touched.
    pub fn without_read_ahead(&self) {
        self.memory.touched_at_random();
    }

    /// Makes published bytes durable.
    pub fn sync(&self, from: usize, to: usize) -> io::Result<()> {
        self.file.sync_mapped(&self.memory, from, to.min(self.published()))
    }

    /// Blocking. Makes everything durable that was written to the file.
    pub fn sync_file(&self) -> io::Result<()> {
        self.file.sync()
    }

    /// Makes length and allocation durable; true if the directory has to be synced as well.
    pub fn sync_length(&self) -> io::Result<bool> {
        if self.name_durable.load(Ordering::Acquire) {
            return Ok(false);
        }
        self.file.sync()?;
        Ok(true)
    }

    /// Remembers that the directory has been synced since the file was created.
    pub fn set_name_durable(&self) {
        self.name_durable.store(true, Ordering::Release);
    }

    /// Gives up everything from `position`: zeros it, makes that durable, and counts the bytes that were not zero.
    pub fn cut(&mut self, position: usize) -> io::Result<u64> {
        let len = self.memory.len();
        let (mut cleared, mut last_dirty) = (0_u64, position);
        // Read, not touched in the mapping: a fault for each page costs several times as much, and the pages are seldom dirty.
        let mut bytes = vec![0; CUT_STEP_BYTES];
        for written in self.file.written(position as u64, len as u64)? {
            let end = usize::try_from(written.end).unwrap_or(usize::MAX).min(len);
            let mut start = usize::try_from(written.start).unwrap_or(usize::MAX);
            while start < end {
                let bytes = bytes.get_mut(..(end - start).min(CUT_STEP_BYTES)).unwrap_or_default();
                self.file.read_at(start as u64, bytes)?;
                let stop = start + bytes.len();
                // Without an early end the compiler compares many bytes at once.
                if bytes.iter().fold(0, |any, byte| any | byte) != 0 {
                    cleared += bytes.iter().filter(|byte| **byte != 0).count() as u64;
                    last_dirty = stop;
                    // SAFETY: `&mut self` excludes readers and there is no writer: making one consumes the file.
                    if let Some(dirty) = unsafe { self.memory.slice_mut(start, stop) } {
                        dirty.fill(0);
                    }
                }
                start = stop;
            }
        }
        *self.published.get_mut() = position.min(self.published());
        if cleared > 0 {
            self.file.sync_mapped(&self.memory, position, last_dirty)?;
        }
        Ok(cleared)
    }

    /// Nothing in it is content: it waits to be written.
    pub fn unpublish(&mut self) {
        *self.published.get_mut() = 0;
    }

    /// The file with its writer at `position`; everything behind is given up to the writer.
    pub fn into_writer(mut self, position: usize) -> MappedFileWriter {
        let position = position.min(self.memory.len());
        *self.published.get_mut() = position;
        MappedFileWriter { file: Arc::new(self), position }
    }
}

/// The one writer of a [`MappedFile`]. It is the only way to one, so there are never two.
#[derive(Debug)]
pub struct MappedFileWriter {
    file: Arc<MappedFile>,
    position: usize,
}

impl MappedFileWriter {
    pub fn file(&self) -> &Arc<MappedFile> {
        &self.file
    }

    pub fn position(&self) -> usize {
        self.position
    }

    pub fn remaining(&self) -> usize {
        self.file.memory.len() - self.position
    }

    /// The next `len` bytes to fill; None if the file is too short. They are readable after [`Self::publish`].
    pub fn buffer(&mut self, len: usize) -> Option<&mut [u8]> {
        let end = self.position.checked_add(len)?;
        // SAFETY: the range starts at `published`, above which only this writer goes; `&mut self` makes the slice the only one.
        unsafe { self.file.memory.slice_mut(self.position, end) }
    }

    /// Has the processor fetch the place of the next bytes.
    #[inline]
    pub fn touch(&self) {
        self.file.memory.prefetch(self.position, self.position + 1);
    }

    /// Makes the next `len` bytes readable.
    pub fn publish(&mut self, len: usize) {
        self.position = (self.position + len).min(self.file.memory.len());
        self.file.published.store(self.position, Ordering::Release);
    }

    /// Writes the next bytes to the file, not through the mapping, and makes them readable.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.file.write_at(self.position as u64, bytes)?;
        self.publish(bytes.len());
        Ok(())
    }

    /// Writes bytes further behind, which nobody reads yet.
    pub fn fill(&self, from: usize, bytes: &[u8]) -> io::Result<()> {
        if from < self.position {
            return Err(io::Error::from(io::ErrorKind::InvalidInput));
        }
        self.file.file.write_at(from as u64, bytes)
    }

    /// Reserves space on the disk up to `to` and fills it with zeros: nothing has been written there yet. The first touch of a
    /// page then finds it in memory; else the system would read ahead for it, up to megabytes of nothing.
    pub fn allocate(&self, from: usize, to: usize) -> io::Result<()> {
        let file = &self.file.file;
        file.allocate(from as u64, to as u64)?;
        for start in (from..to).step_by(ZEROS.len()) {
            let zeros = ZEROS.get(..to - start).unwrap_or(&ZEROS);
            file.write_at(start as u64, zeros)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::MappedFile;
    use crate::disk::{Disk, SimulatedDisk};

    #[test]
    fn allocated_space_is_written_and_nothing_beside_it() {
        let disk = SimulatedDisk::in_memory();
        let file = disk.create("file", 10_000).unwrap();
        let mut writer = MappedFile::map("file".to_owned(), 0, file, 10_000, 0).unwrap().into_writer(0);
        writer.buffer(10_000).unwrap().fill(7);
        writer.allocate(100, 9_000).unwrap();
        let bytes = writer.buffer(10_000).unwrap();
        let zeros: Vec<usize> = (0..10_000).filter(|index| bytes[*index] == 0).collect();
        assert_eq!(zeros, (100..9_000).collect::<Vec<_>>());
    }
}

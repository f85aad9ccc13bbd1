//! One file of the key index, in Apache RocketMQ's layout (`IndexFile`, `IndexHeader`):
//!
//! ```text
//! header  40: beginTimestamp i64 | endTimestamp i64 | beginPhyOffset i64 | endPhyOffset i64 | hashSlotCount i32 | indexCount i32
//! slots   4 × slots: number of the newest entry in the bucket, 0 = none
//! entries 20 × entries: keyHash i32 | phyOffset i64 | seconds since beginTimestamp i32 | number of the bucket's entry before i32
//! ```
//! indexCount begins at 1: entry 0 is not used.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering};

use crate::disk::DiskFile;
use crate::mapped_file::MappedMemory;

const HEADER_WORDS: usize = 10;
const ENTRY_WORDS: usize = 5;
const RESERVED_BYTES: u64 = 1 << 20;

/// A mapped index file. One thread puts, any may look up: entries are complete before a slot leads to them.
#[derive(Debug)]
pub struct IndexFile {
    path: String,
    file: Arc<dyn DiskFile>,
    memory: Arc<MappedMemory>,
    slots: u32,
    entries_max: u32,
    /// Number of the next entry.
    count: AtomicU32,
    slots_used: AtomicU32,
    begin_timestamp: AtomicI64,
    end_timestamp: AtomicI64,
    begin_offset: AtomicU64,
    end_offset: AtomicU64,
    reserved: AtomicU64,
}

pub fn index_file_bytes(slots: u32, entries_max: u32) -> u64 {
    4 * (HEADER_WORDS as u64 + u64::from(slots) + ENTRY_WORDS as u64 * u64::from(entries_max))
}

impl IndexFile {
    /// Maps a file that has its full length. `load_header` or `put` give it content.
    pub fn map(path: String, file: Arc<dyn DiskFile>, slots: u32, entries_max: u32) -> io::Result<Self> {
        let bytes = usize::try_from(index_file_bytes(slots, entries_max))
            .map_err(|_| io::Error::from(io::ErrorKind::OutOfMemory))?;
        let memory = file.map(bytes)?;
        Ok(Self {
            path,
            file,
            memory,
            slots,
            entries_max,
            count: AtomicU32::new(1),
            slots_used: AtomicU32::new(0),
            begin_timestamp: AtomicI64::new(0),
            end_timestamp: AtomicI64::new(0),
            begin_offset: AtomicU64::new(0),
            end_offset: AtomicU64::new(0),
            reserved: AtomicU64::new(0),
        })
    }

    pub fn path(&self) -> &str {
        &self.path
    }

    pub fn count(&self) -> u32 {
        self.count.load(Ordering::Acquire)
    }

    pub fn begin_timestamp(&self) -> i64 {
        self.begin_timestamp.load(Ordering::Acquire)
    }

    pub fn end_timestamp(&self) -> i64 {
        self.end_timestamp.load(Ordering::Acquire)
    }

    pub fn end_offset(&self) -> u64 {
        self.end_offset.load(Ordering::Acquire)
    }

    /// Entries that still fit.
    pub fn room(&self) -> u32 {
        self.entries_max.saturating_sub(self.count.load(Ordering::Relaxed))
    }

    /// Reserves space for so many more entries.
    pub fn reserve(&self, entries: u32) -> io::Result<()> {
        let count = self.count.load(Ordering::Relaxed).saturating_add(entries).min(self.entries_max);
        let needed = index_file_bytes(self.slots, count);
        let reserved = self.reserved.load(Ordering::Relaxed);
        if needed <= reserved {
            return Ok(());
        }
        let end = (needed + RESERVED_BYTES).min(self.memory.len() as u64);
        self.file.allocate(reserved, end)?;
        self.reserved.store(end, Ordering::Relaxed);
        Ok(())
    }

    fn word(&self, index: usize) -> u32 {
        self.memory.words().get(index).map_or(0, |word| u32::from_be(word.load(Ordering::Acquire)))
    }

    fn set_word(&self, index: usize, value: u32, ordering: Ordering) {
        if let Some(word) = self.memory.words().get(index) {
            word.store(value.to_be(), ordering);
        }
    }

    fn set_double_word(&self, index: usize, value: u64) {
        let halves = [value >> 32, value & u64::from(u32::MAX)];
        let [high, low] = halves.map(|half| u32::try_from(half).unwrap_or(u32::MAX));
        self.set_word(index, high, Ordering::Relaxed);
        self.set_word(index + 1, low, Ordering::Relaxed);
    }

    fn double_word(&self, index: usize) -> u64 {
        (u64::from(self.word(index)) << 32) | u64::from(self.word(index + 1))
    }

    fn slot_word(&self, hash: u32) -> usize {
        HEADER_WORDS + (hash % self.slots) as usize
    }

    fn entry_word(&self, number: u32) -> usize {
        HEADER_WORDS + self.slots as usize + number as usize * ENTRY_WORDS
    }

    /// Has the processor fetch the slot of an entry that is put soon.
    #[inline]
    pub fn prefetch(&self, hash: u32) {
        let slot = 4 * self.slot_word(hash);
        self.memory.prefetch(slot, slot + 4);
    }

    /// Adds an entry; false if the file is full. One thread only.
    pub fn put(&self, hash: u32, commit_log_offset: u64, store_timestamp: i64) -> bool {
        let number = self.count.load(Ordering::Relaxed);
        if number >= self.entries_max {
            return false;
        }
        if number == 1 {
            self.begin_offset.store(commit_log_offset, Ordering::Relaxed);
            self.begin_timestamp.store(store_timestamp, Ordering::Release);
        }
        let slot = self.slot_word(hash);
        let before = self.word(slot);
        let before = if before >= number { 0 } else { before };
        let seconds = (store_timestamp - self.begin_timestamp.load(Ordering::Relaxed)) / 1000;
        let seconds = u32::try_from(seconds.clamp(0, i64::from(i32::MAX))).unwrap_or(0);
        let entry = self.entry_word(number);
        self.set_word(entry, hash, Ordering::Relaxed);
        self.set_double_word(entry + 1, commit_log_offset);
        self.set_word(entry + 3, seconds, Ordering::Relaxed);
        self.set_word(entry + 4, before, Ordering::Relaxed);
        if before == 0 {
            self.slots_used.fetch_add(1, Ordering::Relaxed);
        }
        self.end_offset.store(commit_log_offset, Ordering::Relaxed);
        self.end_timestamp.store(store_timestamp, Ordering::Release);
        self.count.store(number + 1, Ordering::Release);
        self.set_word(slot, number, Ordering::Release);
        true
    }

    /// Whether any of its messages can have been stored between these times, by Apache's rule.
    pub fn overlaps(&self, begin: i64, end: i64) -> bool {
        let (first, last) = (self.begin_timestamp(), self.end_timestamp());
        begin <= last && end >= first
    }

    /// Commit log offsets of entries with this hash stored between these times (to the second), newest first.
    pub fn select(&self, hash: u32, max_count: usize, begin: i64, end: i64, out: &mut Vec<u64>) {
        let mut number = self.word(self.slot_word(hash));
        let count = self.count();
        let first = self.begin_timestamp();
        while number > 0 && number < count && out.len() < max_count {
            let entry = self.entry_word(number);
            let seconds = i64::from(self.word(entry + 3));
            let time = first + seconds * 1000;
            if self.word(entry) == hash && time >= begin - 999 && time <= end {
                out.push(self.double_word(entry + 1));
            }
            let before = self.word(entry + 4);
            // The chain leads to older entries only; anything else is damage and must not become a circle.
            if before >= number || time < begin - 999 {
                break;
            }
            number = before;
        }
    }

    /// Writes the header into the file's memory; until then a reader of the file sees the state of the last time.
    pub fn write_header(&self) {
        self.set_double_word(0, self.begin_timestamp.load(Ordering::Relaxed).cast_unsigned());
        self.set_double_word(2, self.end_timestamp.load(Ordering::Relaxed).cast_unsigned());
        self.set_double_word(4, self.begin_offset.load(Ordering::Relaxed));
        self.set_double_word(6, self.end_offset.load(Ordering::Relaxed));
        self.set_word(8, self.slots_used.load(Ordering::Relaxed), Ordering::Relaxed);
        self.set_word(9, self.count.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    /// Takes over the header found in the file; the count it claims if that is impossible.
    pub fn load_header(&self) -> Result<(), u32> {
        // An empty file may have no header yet; Apache counts from 1 in any case.
        let count = self.word(9).max(1);
        if count > self.entries_max {
            return Err(count);
        }
        self.begin_timestamp.store(self.double_word(0).cast_signed(), Ordering::Relaxed);
        self.end_timestamp.store(self.double_word(2).cast_signed(), Ordering::Relaxed);
        self.begin_offset.store(self.double_word(4), Ordering::Relaxed);
        self.end_offset.store(self.double_word(6), Ordering::Relaxed);
        self.slots_used.store(self.word(8), Ordering::Relaxed);
        self.count.store(count, Ordering::Release);
        // What is in use is there; only what follows has to be reserved.
        self.reserved.store(index_file_bytes(self.slots, count), Ordering::Relaxed);
        Ok(())
    }

    /// Keeps the entries below `count` and builds all buckets anew from them. A power loss leaves slots that lead to entries
    /// which were not written, and the entries before those would be lost with them. False if the entries are not what they were.
    pub fn relink(&self, count: u32) -> bool {
        let count = count.clamp(1, self.entries_max);
        for slot in 0..self.slots as usize {
            if self.word(HEADER_WORDS + slot) != 0 {
                self.set_word(HEADER_WORDS + slot, 0, Ordering::Relaxed);
            }
        }
        let (mut slots_used, mut last_seconds, mut last_offset) = (0, 0, 0);
        let mut in_order = true;
        for number in 1..count {
            let entry = self.entry_word(number);
            let offset = self.double_word(entry + 1);
            in_order &= offset >= last_offset;
            last_offset = offset;
            let slot = self.slot_word(self.word(entry));
            let before = self.word(slot);
            slots_used += u32::from(before == 0);
            last_seconds = self.word(entry + 3);
            self.set_word(entry + 4, before, Ordering::Relaxed);
            self.set_word(slot, number, Ordering::Relaxed);
        }
        if count == 1 {
            self.end_offset.store(0, Ordering::Relaxed);
        } else {
            self.end_offset.store(last_offset, Ordering::Relaxed);
            let end = self.begin_timestamp() + i64::from(last_seconds) * 1000 + 999;
            self.end_timestamp.store(end, Ordering::Relaxed);
        }
        self.slots_used.store(slots_used, Ordering::Relaxed);
        self.count.store(count, Ordering::Release);
        self.write_header();
        in_order
    }

    /// Makes everything put so far durable.
    pub fn sync(&self) -> io::Result<()> {
        let end = usize::try_from(index_file_bytes(self.slots, self.count())).unwrap_or(usize::MAX);
        self.file.sync_mapped(&self.memory, 0, end.min(self.memory.len()))
    }

    /// Makes length and allocation durable.
    pub fn sync_length(&self) -> io::Result<()> {
        self.file.sync()
    }
}

//! A mapping of a file, or anonymous memory that stands for one.
#![expect(
    unsafe_code,
    reason = "memory shared with a file and between threads has no safe form in the language"
)]

use std::fmt;
use std::io;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};

use memmap2::{MmapOptions, MmapRaw};

/// The smallest page of the supported systems: with larger ones more is asked than needed.
pub(super) const PAGE_BYTES: usize = 4096;
#[cfg(target_arch = "x86_64")]
const CACHE_LINE_BYTES: usize = 64;

/// A fixed range of memory that several threads and the disk see.
///
/// Two disciplines use it, each safe by itself and never both on one file: append-only files, where written bytes never change
/// again (`MappedFile`), and files of words, where every access is atomic (the index).
pub struct MappedMemory {
    raw: MmapRaw,
}

impl MappedMemory {
    pub(crate) fn new(raw: MmapRaw) -> Self {
        Self { raw }
    }

    /// Zeroed memory without a file; pages cost nothing before they are touched.
    pub(crate) fn anonymous(len: usize) -> io::Result<Self> {
        Ok(Self { raw: MmapOptions::new().len(len).map_anon()?.into() })
    }

    /// Bytes mapped.
    pub fn len(&self) -> usize {
        self.raw.len()
    }

    pub fn is_empty(&self) -> bool {
        self.raw.len() == 0
    }

    /// The memory as 32-bit words, each accessed atomically. A rest of up to three bytes is left out.
    #[expect(clippy::cast_ptr_alignment, reason = "mappings begin at a page")]
    pub(crate) fn words(&self) -> &[AtomicU32] {
        // SAFETY: the mapping is page-aligned, lives as long as `self`, and the length is rounded down to whole words. Files
        // used as words are never handed out as plain slices (see the type's comment), so all accesses are atomic.
        unsafe { std::slice::from_raw_parts(self.raw.as_ptr().cast::<AtomicU32>(), self.raw.len() / 4) }
    }

    fn cells(&self) -> &[AtomicU8] {
        // SAFETY: bytes need no alignment, the length is the mapping's, the lifetime is `self`'s. Callers stay inside ranges
        // that no plain slice covers for writing (see the callers).
        unsafe { std::slice::from_raw_parts(self.raw.as_ptr().cast::<AtomicU8>(), self.raw.len()) }
    }

    /// Copies bytes out, for a simulated disk: only ranges that nobody is writing as plain bytes.
    pub(crate) fn copy_out(&self, from: usize, out: &mut [u8]) -> bool {
        let Some(cells) = self.cells().get(from..).and_then(|rest| rest.get(..out.len())) else {
            return false;
        };
        for (byte, cell) in out.iter_mut().zip(cells) {
            *byte = cell.load(Ordering::Relaxed);
        }
        true
    }

    /// Copies bytes in, for a simulated disk: only ranges that nobody reads or writes as plain bytes.
    pub(crate) fn copy_in(&self, from: usize, bytes: &[u8]) -> bool {
        let Some(cells) = self.cells().get(from..).and_then(|rest| rest.get(..bytes.len())) else {
            return false;
        };
        for (byte, cell) in bytes.iter().zip(cells) {
            cell.store(*byte, Ordering::Relaxed);
        }
        true
    }

    /// Writes a range back to its file and waits (`msync`).
    pub(crate) fn write_back(&self, from: usize, to: usize) -> io::Result<()> {
        self.raw.flush_range(from, to.saturating_sub(from))
    }

    /// Whether all pages of a range are in memory, so that reading them does not wait for the disk. True where the system does
    /// not tell.
    #[cfg(target_os = "linux")]
    pub(crate) fn is_resident(&self, from: usize, to: usize) -> bool {
        let start = from - from % PAGE_BYTES;
        let Some(len) = to.min(self.raw.len()).checked_sub(start) else { return true };
        let mut pages = vec![0_u8; len.div_ceil(PAGE_BYTES)];
        // SAFETY: the range begins at a page of the mapping and ends inside it; the system writes one byte for each page.
        let answer =
            unsafe { libc::mincore(self.raw.as_mut_ptr().add(start).cast(), len, pages.as_mut_ptr()) };
        answer != 0 || pages.iter().all(|page| page & 1 == 1)
    }

    /// Whether all pages of a range are in memory, so that reading them does not wait for the disk. True where the system does
    /// not tell.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn is_resident(&self, _from: usize, _to: usize) -> bool {
        true
    }

    /// Asks the system to begin to read a range from the disk.
    pub(crate) fn will_need(&self, from: usize, to: usize) {
        // Advice only: reading the range is right without it.
        #[cfg(unix)]
        let _ = self.raw.advise_range(memmap2::Advice::WillNeed, from, to.saturating_sub(from));
    }

    /// Has the processor fetch a range into its caches, where it can be told to. Never waits, and touches no page that is not
    /// mapped yet.
    #[cfg(target_arch = "x86_64")]
    pub(crate) fn prefetch(&self, from: usize, to: usize) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};

        let start = from - from % CACHE_LINE_BYTES;
        for line in (start..to.min(self.raw.len())).step_by(CACHE_LINE_BYTES) {
            // SAFETY: the line begins inside the mapping; a prefetch reads nothing that the program can see.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(self.raw.as_ptr().add(line).cast()) };
        }
    }

    #[cfg(not(target_arch = "x86_64"))]
    pub(crate) fn prefetch(&self, _from: usize, _to: usize) {}

    /// Tells the system not to read ahead.
    pub(crate) fn touched_at_random(&self) {
        // Advice only: every access is right without it.
        #[cfg(unix)]
        let _ = self.raw.advise(memmap2::Advice::Random);
    }

    /// # Safety
    /// Nobody may write `from..to` while the slice lives.
    pub(super) unsafe fn slice(&self, from: usize, to: usize) -> Option<&[u8]> {
        if from > to || to > self.raw.len() {
            return None;
        }
        // SAFETY: the range is inside the mapping, which outlives the slice; the caller excludes writers.
        Some(unsafe { std::slice::from_raw_parts(self.raw.as_ptr().add(from), to - from) })
    }

    /// # Safety
    /// Nobody else may access `from..to` while the slice lives.
    #[expect(clippy::mut_from_ref, reason = "the caller guarantees that the range is accessed by it alone")]
    pub(super) unsafe fn slice_mut(&self, from: usize, to: usize) -> Option<&mut [u8]> {
        if from > to || to > self.raw.len() {
            return None;
        }
        // SAFETY: the range is inside the mapping, which outlives the slice; the caller excludes all other access.
        Some(unsafe { std::slice::from_raw_parts_mut(self.raw.as_mut_ptr().add(from), to - from) })
    }
}

impl fmt::Debug for MappedMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MappedMemory").field("len", &self.len()).finish()
    }
}

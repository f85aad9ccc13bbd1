//! A mapping of a file, or anonymous memory that stands for one.

use std::fmt;

use memmap2::MmapRaw;

/// A fixed range of memory that several threads and the disk see.
pub struct MappedMemory {
    raw: MmapRaw,
}

impl MappedMemory {
    pub(crate) fn new(raw: MmapRaw) -> Self {
        Self { raw }
    }

    /// Bytes mapped.
    pub fn len(&self) -> usize {
        self.raw.len()
    }

    pub fn is_empty(&self) -> bool {
        self.raw.len() == 0
    }
}

impl fmt::Debug for MappedMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MappedMemory").field("len", &self.len()).finish()
    }
}

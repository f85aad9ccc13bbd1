//! The end of the log: where the next record goes.

use std::io;
use std::sync::Arc;

use crate::mapped_file::{MappedFile, MappedFileWriter};
use crate::store_options::AppendBy;

/// Records collected before they are written, when no flush comes first.
const STAGED_BYTES_MAX: usize = 1 << 20;
/// Zeros written at a time: nobody appends meanwhile.
const ZERO_PIECE_BYTES: usize = 64 << 10;
static ZEROS: [u8; ZERO_PIECE_BYTES] = [0; ZERO_PIECE_BYTES];

/// The one writer of the active segment.
///
/// Appending by mapping, a record is in the file's memory as soon as it is published. Appending by writing, records are collected
/// here and reach the file, and readers, with [`Self::write_staged`]: a page that is touched through a mapping costs a fault after each
/// sync, and a sync of it twice a written one's.
#[derive(Debug)]
pub struct SegmentWriter {
    writer: MappedFileWriter,
    /// None when appending by mapping.
    staged: Option<Staged>,
}

#[derive(Debug)]
struct Staged {
    bytes: Vec<u8>,
    /// Published of them.
    len: usize,
    /// Up to here the file's space has been written, not only reserved.
    filled_to: usize,
}

impl SegmentWriter {
    /// `filled_to`: where written space ends.
    pub fn new(writer: MappedFileWriter, append_by: AppendBy, filled_to: usize) -> Self {
        let staged = match append_by {
            AppendBy::Mapping => None,
            AppendBy::Writing => Some(Staged { bytes: Vec::new(), len: 0, filled_to }),
        };
        Self { writer, staged }
    }

    pub fn file(&self) -> &Arc<MappedFile> {
        self.writer.file()
    }

    /// Where the next record begins.
    #[inline]
    pub fn position(&self) -> usize {
        self.writer.position() + self.staged.as_ref().map_or(0, |staged| staged.len)
    }

    #[inline]
    pub fn remaining(&self) -> usize {
        self.file().len() - self.position()
    }

    /// Everything below is in the file.
    pub fn written_offset(&self) -> u64 {
        self.file().base() + self.writer.position() as u64
    }

    pub fn is_half_full(&self) -> bool {
        self.remaining() < self.position()
    }

    /// Makes sure that [`Self::buffer`] has a place for so many bytes of the segment; may write what is staged.
    #[inline]
    pub fn reserve(&mut self, len: usize) -> io::Result<()> {
        match &self.staged {
            Some(staged) if staged.len > 0 && staged.len + len > STAGED_BYTES_MAX => self.write_staged(),
            _ => Ok(()),
        }
    }

    /// The next `len` bytes to fill; None if the segment is too short.
    #[inline]
    pub fn buffer(&mut self, len: usize) -> Option<&mut [u8]> {
        if len > self.remaining() {
            return None;
        }
        let Some(staged) = &mut self.staged else { return self.writer.buffer(len) };
        let end = staged.len + len;
        if staged.bytes.len() < end {
            staged.bytes.resize(end.next_power_of_two(), 0);
        }
        staged.bytes.get_mut(staged.len..end)
    }

    /// What was filled is part of the log.
    #[inline]
    pub fn publish(&mut self, len: usize) {
        match &mut self.staged {
            None => self.writer.publish(len),
            Some(staged) => staged.len += len,
        }
    }

    /// Nothing more comes into this segment.
    pub fn publish_rest(&mut self) -> io::Result<()> {
        self.write_staged()?;
        self.writer.publish(self.remaining());
        Ok(())
    }

    /// Writes the collected records; then readers find them.
    pub fn write_staged(&mut self) -> io::Result<()> {
        let Some(staged) = &mut self.staged else { return Ok(()) };
        if staged.len > 0 {
            self.writer.write(staged.bytes.get(..staged.len).unwrap_or_default())?;
            staged.len = 0;
            // One large record does not keep its memory for good.
            staged.bytes.truncate(STAGED_BYTES_MAX);
            staged.bytes.shrink_to(STAGED_BYTES_MAX);
        }
        Ok(())
    }

    /// How many bytes behind the end are written space; None when that makes no difference.
    pub fn filled_ahead(&self) -> Option<usize> {
        let staged = self.staged.as_ref()?;
        Some(staged.filled_to.saturating_sub(self.position()))
    }

    /// Writes zeros into the next piece of space that was only reserved, until `ahead` bytes behind the end are written. How many it
    /// wrote: 0 when that much is.
    pub fn fill_ahead(&mut self, ahead: usize) -> io::Result<usize> {
        let position = self.position();
        let Some(staged) = &mut self.staged else { return Ok(0) };
        let from = staged.filled_to.max(position);
        let to = (position + ahead).min(self.writer.file().len());
        if from >= to {
            return Ok(0);
        }
        let piece = ZEROS.get(..ZERO_PIECE_BYTES.min(to - from)).unwrap_or_default();
        self.writer.fill(from, piece)?;
        staged.filled_to = from + piece.len();
        Ok(piece.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::{Disk, SimulatedDisk};

    const SEGMENT_BYTES: usize = 1 << 20;

    #[test]
    fn space_is_filled_piece_by_piece_behind_the_end_and_nowhere_else() {
        let file = SimulatedDisk::in_memory().create("segment", SEGMENT_BYTES as u64).unwrap();
        file.write_at(0, &vec![9; SEGMENT_BYTES]).unwrap();
        let mapped = MappedFile::map("segment".to_owned(), 0, file.clone(), SEGMENT_BYTES, 1000).unwrap();
        let mut segment = SegmentWriter::new(mapped.into_writer(1000), AppendBy::Writing, 0);
        segment.buffer(500).unwrap().fill(7);
        segment.publish(500);
        let mut filled = 0;
        while let bytes @ 1.. = segment.fill_ahead(200_000).unwrap() {
            filled += bytes;
        }
        assert_eq!((filled, segment.filled_ahead()), (200_000, Some(200_000)));
        segment.write_staged().unwrap();
        let mut found = vec![0; SEGMENT_BYTES];
        file.read_at(0, &mut found).unwrap();
        let are = |range: std::ops::Range<usize>, byte| found[range].iter().all(|found| *found == byte);
        assert!(
            are(0..1000, 9) && are(1000..1500, 7) && are(1500..201_500, 0) && are(201_500..SEGMENT_BYTES, 9)
        );
        assert_eq!(segment.fill_ahead(usize::MAX / 2).unwrap(), ZERO_PIECE_BYTES);
    }
}

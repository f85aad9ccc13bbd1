//! An entry of a consume queue: `commitLogOffset i64 | size i32 | tagsCode i64`. Its index is the queue offset.

use crate::record::{Put, Take};

pub const ENTRY_BYTES: usize = 20;
/// The size that fills a queue's first file up to where the queue begins.
const BLANK_SIZE: u32 = 0x7FFF_FFFF;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueEntry {
    pub commit_log_offset: u64,
    pub size: u32,
    pub tags_code: i64,
}

impl QueueEntry {
    pub const BLANK: Self = Self { commit_log_offset: 0, size: BLANK_SIZE, tags_code: 0 };

    /// None if the bytes are not a written entry, by Apache's rule: offset not negative and size positive.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut take = Take::new(bytes);
        let commit_log_offset = u64::try_from(take.i64()?).ok()?;
        let size = u32::try_from(take.i32()?).ok().filter(|size| *size > 0)?;
        Some(Self { commit_log_offset, size, tags_code: take.i64()? })
    }

    pub fn encode(self, out: &mut [u8]) {
        let mut put = Put::new(out);
        put.u64(self.commit_log_offset);
        put.u32(self.size);
        put.i64(self.tags_code);
    }

    pub fn is_blank(&self) -> bool {
        self.size == BLANK_SIZE
    }

    pub fn end_offset(&self) -> u64 {
        self.commit_log_offset + u64::from(self.size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_bytes() {
        let entry = QueueEntry { commit_log_offset: 0x0102_0304_0506, size: 300, tags_code: -2 };
        let mut bytes = [0; 20];
        entry.encode(&mut bytes);
        assert_eq!(bytes, [0, 0, 1, 2, 3, 4, 5, 6, 0, 0, 1, 44, 255, 255, 255, 255, 255, 255, 255, 254]);
        assert_eq!(QueueEntry::decode(&bytes), Some(entry));
        assert_eq!(QueueEntry::decode(&[0; 20]), None);
        assert_eq!(QueueEntry::decode(&bytes[..19]), None);
    }

    #[test]
    fn the_blank_is_apaches() {
        let mut bytes = [1; 20];
        QueueEntry::BLANK.encode(&mut bytes);
        assert_eq!(bytes, [0, 0, 0, 0, 0, 0, 0, 0, 0x7F, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert!(QueueEntry::decode(&bytes).is_some_and(|entry| entry.is_blank()));
    }
}

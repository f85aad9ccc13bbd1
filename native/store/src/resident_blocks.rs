//! What was in memory a moment ago, so that the system is not asked before each of many reads of the same place.

use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes that are asked about at once.
const BLOCK_BYTES: u64 = 256 << 10;
/// How often an answer is used before the system is asked again: it may have taken the memory away meanwhile, and then one
/// read waits for the disk.
const USES: u64 = 64;
const USES_BITS: u32 = 8;

/// A few blocks known to be in memory. A block's number chooses its slot; the slot holds the number plus one, and how often
/// the answer may still be used.
#[derive(Debug)]
pub(crate) struct ResidentBlocks<const SLOTS: usize>([AtomicU64; SLOTS]);

impl<const SLOTS: usize> Default for ResidentBlocks<SLOTS> {
    fn default() -> Self {
        Self(std::array::from_fn(|_| AtomicU64::new(0)))
    }
}

impl<const SLOTS: usize> ResidentBlocks<SLOTS> {
    /// Whether these bytes are in memory, or were a moment ago; `is_resident` asks the system.
    pub fn cover(&self, from: u64, to: u64, is_resident: impl Fn(u64, u64) -> bool) -> bool {
        let blocks = from / BLOCK_BYTES..=to.saturating_sub(1) / BLOCK_BYTES;
        let is_known = |block| self.take(block) || self.look(block, &is_resident);
        blocks.into_iter().all(is_known) || is_resident(from, to)
    }

    fn slot(&self, block: u64) -> Option<&AtomicU64> {
        self.0.get(usize::try_from(block).ok()? % SLOTS)
    }

    fn take(&self, block: u64) -> bool {
        let Some(slot) = self.slot(block) else { return false };
        let known = slot.load(Ordering::Relaxed);
        let is_usable = known >> USES_BITS == block + 1 && known & ((1 << USES_BITS) - 1) > 0;
        if is_usable {
            // two threads may count one use: it is a hint
            slot.store(known - 1, Ordering::Relaxed);
        }
        is_usable
    }

    fn look(&self, block: u64, is_resident: impl Fn(u64, u64) -> bool) -> bool {
        let found = is_resident(block * BLOCK_BYTES, (block + 1) * BLOCK_BYTES);
        if let Some(slot) = self.slot(block).filter(|_| found) {
            slot.store((block + 1) << USES_BITS | USES, Ordering::Relaxed);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[test]
    fn a_block_is_asked_about_once_for_many_reads() {
        let blocks = ResidentBlocks::<4>::default();
        let asked = RefCell::new(Vec::new());
        let ask = |from, to| {
            asked.borrow_mut().push((from, to));
            true
        };
        for _ in 0..=USES {
            assert!(blocks.cover(10, BLOCK_BYTES, ask));
        }
        assert_eq!(asked.take(), [(0, BLOCK_BYTES)]);
        assert!(blocks.cover(10, BLOCK_BYTES, ask));
        assert_eq!(asked.take(), [(0, BLOCK_BYTES)], "after so many uses");
        assert!(blocks.cover(BLOCK_BYTES - 1, BLOCK_BYTES + 1, ask));
        assert_eq!(asked.take(), [(BLOCK_BYTES, 2 * BLOCK_BYTES)], "only the other block");
        assert!(blocks.cover(4 * BLOCK_BYTES, 4 * BLOCK_BYTES + 1, ask));
        assert!(blocks.cover(0, 1, ask));
        assert_eq!(asked.take().len(), 2, "the two share a slot");
    }

    #[test]
    fn what_lies_beside_what_is_wanted_need_not_be_there() {
        let blocks = ResidentBlocks::<4>::default();
        let resident = |from: u64, to: u64| from >= 100 && to <= 200;
        assert!(blocks.cover(100, 200, resident));
        assert!(!blocks.cover(99, 200, resident) && !blocks.cover(100, 201, resident));
        assert!(blocks.cover(100, 200, resident));
    }
}

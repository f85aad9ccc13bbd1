//! Responses that wait for the disk.

use std::collections::VecDeque;

/// In the order of their messages; flushes follow that order, too.
#[derive(Debug, Default)]
pub struct Withheld {
    bytes: Vec<u8>,
    /// Up to which offset the log must be durable, and where the responses end that wait for that.
    until: VecDeque<(u64, usize)>,
}

impl Withheld {
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub fn add(&mut self, responses: &[u8], required_flush_offset: u64) {
        self.bytes.extend_from_slice(responses);
        self.until.push_back((required_flush_offset, self.bytes.len()));
    }

    /// The responses whose messages are durable.
    pub fn durable(&self, flushed_offset: u64) -> &[u8] {
        let count = self.durable_count(flushed_offset);
        let end = count.checked_sub(1).and_then(|last| self.until.get(last)).map_or(0, |(_, end)| *end);
        self.bytes.get(..end).unwrap_or_default()
    }

    /// Forgets what [`Self::durable`] shows.
    pub fn remove_durable(&mut self, flushed_offset: u64) {
        let durable_bytes = self.durable(flushed_offset).len();
        self.until.drain(..self.durable_count(flushed_offset));
        self.bytes.drain(..durable_bytes);
        self.until.iter_mut().for_each(|(_, end)| *end -= durable_bytes);
    }

    fn durable_count(&self, flushed_offset: u64) -> usize {
        self.until.partition_point(|(offset, _)| *offset <= flushed_offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn responses_leave_in_order_as_far_as_the_log_is_durable() {
        let mut withheld = Withheld::default();
        withheld.add(b"one", 10);
        withheld.add(b"two", 20);
        withheld.add(b"three", 20);
        withheld.add(b"four", 30);
        assert_eq!(withheld.durable(9), b"");
        assert_eq!(withheld.durable(10), b"one");
        withheld.remove_durable(10);
        assert_eq!(withheld.durable(29), b"twothree");
        withheld.remove_durable(29);
        withheld.add(b"five", 40);
        assert_eq!(withheld.durable(40), b"fourfive");
        withheld.remove_durable(40);
        assert!(withheld.is_empty());
    }
}

//! Responses of one socket that wait until their messages are on the disk.

use std::collections::VecDeque;

#[derive(Debug, Default)]
pub struct Withheld {
    frames: Vec<u8>,
    groups: VecDeque<Group>,
}

#[derive(Debug)]
struct Group {
    required_flush_offset: u64,
    length: usize,
}

impl Withheld {
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// Offsets never go down: the log only grows.
    pub fn add(&mut self, frames: &[u8], required_flush_offset: u64) {
        self.frames.extend_from_slice(frames);
        self.groups.push_back(Group { required_flush_offset, length: frames.len() });
    }

    /// The frames that do not need more than this offset.
    pub fn durable(&self, flushed_offset: u64) -> &[u8] {
        let durable = self.groups.iter().take_while(|group| group.required_flush_offset <= flushed_offset);
        let length = durable.map(|group| group.length).sum();
        self.frames.get(..length).unwrap_or_default()
    }

    pub fn remove_durable(&mut self, flushed_offset: u64) {
        let length = self.durable(flushed_offset).len();
        self.frames.drain(..length);
        while self.groups.front().is_some_and(|group| group.required_flush_offset <= flushed_offset) {
            self.groups.pop_front();
        }
    }
}

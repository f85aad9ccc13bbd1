//! Topics as the store sees them: a handle, a name and what the hot path needs to decide.

use std::sync::atomic::{AtomicU8, Ordering};

/// A topic's number for the life of this open store. Handles are never used again after a deletion.
pub type TopicHandle = u32;

/// Longest topic name in bytes; the V2 record form has two bytes for it, `RocketMQ` allows 255 for retry topics.
pub const TOPIC_BYTES_MAX: usize = 255;

/// What an acknowledgement means: how far the log must be safe before a message is acknowledged and visible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AckLevel {
    /// In the operating system's page cache: survives the death of the process, not of the machine.
    Os,
    /// On the disk: survives a power loss.
    Fsync,
}

/// Everything to define or update a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicSpec {
    pub name: String,
    pub read_queue_nums: u32,
    pub write_queue_nums: u32,
    /// `RocketMQ`'s permission bits: 4 read, 2 write, 1 inherit.
    pub perm: u32,
    pub ack_level: AckLevel,
    /// Whether the hot path may take plain sends to this topic.
    pub hot_path: bool,
}

/// A topic in the store's table. Topics found on disk but not yet defined have no spec and take no appends.
#[derive(Debug)]
pub struct TopicEntry {
    handle: TopicHandle,
    name: Box<[u8]>,
    read_queue_nums: u32,
    write_queue_nums: u32,
    perm: u32,
    hot_path: bool,
    defined: bool,
    ack_level: AtomicU8,
}

impl TopicEntry {
    pub fn handle(&self) -> TopicHandle {
        self.handle
    }

    pub fn name(&self) -> &[u8] {
        &self.name
    }

    pub fn read_queue_nums(&self) -> u32 {
        self.read_queue_nums
    }

    pub fn write_queue_nums(&self) -> u32 {
        self.write_queue_nums
    }

    pub fn perm(&self) -> u32 {
        self.perm
    }

    pub fn writable(&self) -> bool {
        self.defined && self.perm & 2 != 0
    }

    pub fn hot_path(&self) -> bool {
        self.hot_path
    }

    pub fn ack_level(&self) -> AckLevel {
        if self.ack_level.load(Ordering::Relaxed) == 0 { AckLevel::Os } else { AckLevel::Fsync }
    }
}

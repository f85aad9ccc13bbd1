//! Topics as the store sees them: a handle, a name and what the hot path needs to decide.

use std::collections::HashMap;

use crate::error::StoreError;

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
    ack_level: AckLevel,
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

    /// Whether `define_topic` has been called for it; a topic found on disk is not defined at first.
    pub fn defined(&self) -> bool {
        self.defined
    }

    pub fn writable(&self) -> bool {
        self.defined && self.perm & 2 != 0
    }

    pub fn readable(&self) -> bool {
        self.defined && self.perm & 4 != 0
    }

    pub fn hot_path(&self) -> bool {
        self.hot_path
    }

    pub fn ack_level(&self) -> AckLevel {
        self.ack_level
    }
}

/// All topics of a store by handle and by name.
#[derive(Debug, Default)]
pub(crate) struct TopicTable {
    by_name: HashMap<Box<[u8]>, TopicHandle>,
    entries: Vec<Option<TopicEntry>>,
}

impl TopicTable {
    pub fn define(&mut self, spec: &TopicSpec) -> Result<TopicHandle, StoreError> {
        if let Err(reason) = check_topic_name(spec.name.as_bytes()) {
            return Err(StoreError::TopicRejected { name: spec.name.clone(), reason: reason.to_owned() });
        }
        let handle = self.intern(spec.name.as_bytes())?;
        if let Some(Some(entry)) = self.entries.get_mut(handle as usize) {
            entry.read_queue_nums = spec.read_queue_nums;
            entry.write_queue_nums = spec.write_queue_nums;
            entry.perm = spec.perm;
            entry.hot_path = spec.hot_path;
            entry.ack_level = spec.ack_level;
            entry.defined = true;
        }
        Ok(handle)
    }

    /// The handle of a name, made if needed; without a definition it takes no appends.
    pub fn intern(&mut self, name: &[u8]) -> Result<TopicHandle, StoreError> {
        if let Some(handle) = self.by_name.get(name) {
            return Ok(*handle);
        }
        let handle = TopicHandle::try_from(self.entries.len()).map_err(|_| StoreError::TopicRejected {
            name: String::from_utf8_lossy(name).into_owned(),
            reason: "all handles are used up; restart the store".to_owned(),
        })?;
        self.by_name.insert(name.into(), handle);
        self.entries.push(Some(TopicEntry {
            handle,
            name: name.into(),
            read_queue_nums: 0,
            write_queue_nums: 0,
            perm: 0,
            hot_path: false,
            defined: false,
            ack_level: AckLevel::Os,
        }));
        Ok(handle)
    }

    pub fn remove(&mut self, handle: TopicHandle) -> Option<TopicEntry> {
        let entry = self.entries.get_mut(handle as usize)?.take()?;
        self.by_name.remove(entry.name());
        Some(entry)
    }

    pub fn get(&self, handle: TopicHandle) -> Option<&TopicEntry> {
        self.entries.get(handle as usize)?.as_ref()
    }

    pub fn defined(&self, handle: TopicHandle) -> Option<&TopicEntry> {
        self.get(handle).filter(|entry| entry.defined)
    }

    pub fn find(&self, name: &[u8]) -> Option<&TopicEntry> {
        self.get(*self.by_name.get(name)?)
    }

    pub fn count(&self) -> usize {
        self.by_name.len()
    }
}

/// A topic's name is the name of its directory.
pub(crate) fn check_topic_name(name: &[u8]) -> Result<(), &'static str> {
    if name.is_empty() {
        return Err("the name is empty");
    }
    if name.len() > TOPIC_BYTES_MAX {
        return Err("the name has more than 255 bytes");
    }
    let Ok(text) = str::from_utf8(name) else { return Err("the name is not UTF-8") };
    if text == "." || text == ".." {
        return Err("the name is not usable as a directory");
    }
    if text.contains(['/', '\\']) || text.chars().any(char::is_control) {
        return Err("the name contains a slash, a backslash or a control character");
    }
    Ok(())
}

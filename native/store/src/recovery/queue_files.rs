//! Finding the consume queues and where each of them ends.

use crate::consume_queue::{ConsumeQueue, DIRECTORY, ENTRY_BYTES, QueueEntry, QueueTable};
use crate::disk::Disk;
use crate::dispatcher::QueueMark;
use crate::error::StoreError;
use crate::mapped_file::MappedFile;
use crate::record::{Checksum, LogItem, decode_at};
use crate::topic::{TopicTable, check_topic_name};

/// What finding the queues needs to know.
pub struct QueueSearch<'a> {
    pub disk: &'a dyn Disk,
    pub file_bytes: u64,
    /// Entries from this commit log offset on are dropped.
    pub queue_from: u64,
    /// The machine or process died: what follows the end may be anything.
    pub unclean: bool,
    pub segments: &'a [MappedFile],
    pub segment_bytes: u64,
}

/// What was found.
#[derive(Debug, Default)]
pub struct FoundQueues {
    pub mark: QueueMark,
    /// The furthest end of a message that a queue knows.
    pub log_end: u64,
    /// Why the queues cannot be used.
    pub unusable: Option<String>,
}

impl QueueSearch<'_> {
    pub fn load(&self, topics: &mut TopicTable, queues: &QueueTable) -> Result<FoundQueues, StoreError> {
        let mut found = FoundQueues::default();
        for (topic_name, queue_id) in queue_directories(self.disk)? {
            let topic = topics.intern(topic_name.as_bytes())?;
            let queue = queues.get_or_create(topic, topic_name.as_bytes(), queue_id);
            match self.load_queue(&queue) {
                Ok(end) => found.log_end = found.log_end.max(end),
                Err(error @ (StoreError::FileMalformed { .. } | StoreError::Damaged { .. })) => {
                    found.unusable.get_or_insert(error.to_string());
                }
                Err(error) => return Err(error),
            }
            if queue.appended() > 0 {
                found.mark.queue_count += 1;
                found.mark.entry_total += queue.appended();
                found.mark.first_file_total +=
                    queue.file_range(self.file_bytes).map_or(0, |(first, _)| first);
            }
        }
        Ok(found)
    }

    /// Finds the queue's end and drops what follows; returns how far in the log its last message reaches.
    fn load_queue(&self, queue: &ConsumeQueue) -> Result<u64, StoreError> {
        self.remove_short_last_file(queue)?;
        queue.load_files(self.disk, self.file_bytes)?;
        let Some((first, mut file_end)) = queue.file_range(self.file_bytes) else { return Ok(0) };
        while file_end > first {
            let base = file_end - self.file_bytes;
            let io = |error| StoreError::io("map", queue.path_of(base), error);
            let mut file = queue.map_file(self.disk, base, self.file_bytes, u64::MAX / 32).map_err(io)?;
            let (count, dirty, last) = self.entries_before(&file);
            if count > 0 {
                if self.unclean || dirty {
                    file.cut(count * ENTRY_BYTES)
                        .map_err(|error| StoreError::io("cut", file.path(), error))?;
                }
                queue.set_appended((base + (count * ENTRY_BYTES) as u64) / ENTRY_BYTES as u64);
                return Ok(last);
            }
            // Nothing in it: a file made shortly before the end.
            drop(file);
            queue.forget_last_file();
            let path = queue.path_of(base);
            self.disk.remove_file(&path).map_err(|error| StoreError::io("remove", &path, error))?;
            // Else a power loss could bring it back behind entries written later.
            self.disk
                .sync_directory(queue.directory())
                .map_err(|error| StoreError::io("sync the directory of", path, error))?;
            file_end = base;
        }
        Ok(0)
    }

    fn remove_short_last_file(&self, queue: &ConsumeQueue) -> Result<(), StoreError> {
        let io = |error| StoreError::io("list", queue.directory(), error);
        let entries = self.disk.list(queue.directory()).map_err(io)?;
        if let Some(last) = entries.last().filter(|last| self.unclean && last.len != self.file_bytes) {
            let path = format!("{}/{}", queue.directory(), last.name);
            self.disk.remove_file(&path).map_err(|error| StoreError::io("remove", path, error))?;
        }
        Ok(())
    }

    /// Entries at the file's beginning whose messages are before `queue_from`; whether anything follows; the last one's end.
    fn entries_before(&self, file: &MappedFile) -> (usize, bool, u64) {
        let bytes = file.bytes(0, file.len()).unwrap_or_default();
        let mut entries: Vec<QueueEntry> = Vec::new();
        let mut before = 0;
        for chunk in bytes.chunks_exact(ENTRY_BYTES) {
            match QueueEntry::decode(chunk) {
                Some(entry) if entry.is_blank() && entry.commit_log_offset == 0 && before == 0 => {
                    entries.push(entry);
                }
                Some(entry)
                    if entry.commit_log_offset >= before && entry.commit_log_offset < self.queue_from =>
                {
                    before = entry.commit_log_offset;
                    entries.push(entry);
                }
                _ => break,
            }
        }
        // An entry torn in the middle can look like an older one; the log knows.
        if self.unclean {
            while entries.last().is_some_and(|entry| !entry.is_blank() && !self.is_in_log(entry)) {
                entries.pop();
            }
        }
        let count = entries.len();
        let dirty = bytes
            .get(count * ENTRY_BYTES..)
            .is_some_and(|rest| rest.iter().take(ENTRY_BYTES).any(|byte| *byte != 0));
        let last = entries.last().filter(|entry| !entry.is_blank()).map_or(0, QueueEntry::end_offset);
        (count, dirty, last)
    }

    fn is_in_log(&self, entry: &QueueEntry) -> bool {
        let log_min = self.segments.first().map_or(0, MappedFile::base);
        if entry.commit_log_offset < log_min {
            return true;
        }
        let segment = self.segments.iter().find(|segment| {
            segment.base() <= entry.commit_log_offset
                && entry.commit_log_offset < segment.base() + self.segment_bytes
        });
        let bytes = segment.and_then(|segment| {
            let from = usize::try_from(entry.commit_log_offset - segment.base()).ok()?;
            segment.bytes(from, from.checked_add(entry.size as usize)?)
        });
        bytes.is_some_and(|bytes| {
            let item = decode_at(bytes, entry.commit_log_offset, Checksum::IfPresent);
            matches!(item, Ok(LogItem::Record(view)) if view.bytes().len() == bytes.len())
        })
    }
}

/// Topic and queue id of every queue directory.
fn queue_directories(disk: &dyn Disk) -> Result<Vec<(String, u32)>, StoreError> {
    let list = |path: &str| disk.list(path).map_err(|error| StoreError::io("list", path, error));
    let mut found = Vec::new();
    for topic in list(DIRECTORY)?.into_iter().filter(|entry| entry.directory) {
        if check_topic_name(topic.name.as_bytes()).is_err() {
            continue;
        }
        for queue in list(&format!("{DIRECTORY}/{}", topic.name))?.into_iter().filter(|entry| entry.directory)
        {
            if let Ok(queue_id) = queue.name.parse() {
                found.push((topic.name.clone(), queue_id));
            }
        }
    }
    Ok(found)
}

/// Removes all queues with their files.
pub fn remove_queues(
    disk: &dyn Disk,
    topics: &mut TopicTable,
    queues: &QueueTable,
) -> Result<(), StoreError> {
    for (topic_name, queue_id) in queue_directories(disk)? {
        let topic = topics.intern(topic_name.as_bytes())?;
        ConsumeQueue::new(topic, topic_name.as_bytes(), queue_id).delete_files(disk)?;
    }
    queues.clear();
    Ok(())
}

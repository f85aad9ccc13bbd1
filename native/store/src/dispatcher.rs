//! Leads every record of the log into its consume queue and the index. Append feeds it, and recovery's scan.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::append_request::ParsedProperties;
use crate::consume_queue::{ConsumeQueue, ENTRY_BYTES, QueueEntry, QueueTable, QueueWriter};
use crate::disk::Disk;
use crate::error::StoreError;
use crate::index::{self, IndexFile, IndexService};
use crate::record::index_key_hash;
use crate::topic::TopicHandle;

const TRANSACTION_MASK: i32 = 0xC;
const TRANSACTION_PREPARED: i32 = 0x4;
const TRANSACTION_ROLLBACK: i32 = 0xC;

/// Prepared and rolled back transaction messages are in the log only.
pub fn belongs_to_queue(sys_flag: i32) -> bool {
    !matches!(sys_flag & TRANSACTION_MASK, TRANSACTION_PREPARED | TRANSACTION_ROLLBACK)
}

/// Rolled back messages cannot be found by key.
pub fn belongs_to_index(sys_flag: i32) -> bool {
    sys_flag & TRANSACTION_MASK != TRANSACTION_ROLLBACK
}

/// A record as queue and index see it.
#[derive(Debug, Clone, Copy)]
pub struct DispatchRequest<'a> {
    pub topic: TopicHandle,
    pub topic_name: &'a [u8],
    pub queue_id: u32,
    pub commit_log_offset: u64,
    pub size: u32,
    pub tags_code: i64,
    pub store_timestamp: i64,
    pub properties: ParsedProperties<'a>,
}

/// How many index entries a message needs.
pub fn index_key_count(properties: &ParsedProperties<'_>) -> usize {
    usize::from(properties.unique_key.is_some()) + properties.keys.map_or(0, |keys| index_keys(keys).count())
}

fn index_keys(keys: &[u8]) -> impl Iterator<Item = &[u8]> {
    keys.split(|byte| *byte == b' ').filter(|key| !key.is_empty())
}

/// Why space for a message's entries could not be had.
#[derive(Debug)]
pub struct DispatchRefused {
    pub path: String,
    pub needed_bytes: u64,
    pub source: io::Error,
}

/// What the checkpoint compares to see whether consume queues were lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QueueMark {
    /// Queues that have ever had an entry.
    pub queue_count: u64,
    /// Sum of the queues' next offsets.
    pub entry_total: u64,
    /// Sum of the offsets where the queues' first files begin, in bytes.
    pub first_file_total: u64,
}

/// Index entries collected before they are put.
const COLLECTED_MAX: usize = 32;

#[derive(Debug, Clone, Copy)]
struct IndexEntry {
    hash: u32,
    commit_log_offset: u64,
    store_timestamp: i64,
}

/// By topic handle and queue id.
type Writers = Vec<Vec<Option<QueueWriter>>>;

#[inline]
fn writer_of(writers: &mut Writers, topic: TopicHandle, queue_id: u32) -> Option<&mut QueueWriter> {
    writers.get_mut(topic as usize)?.get_mut(queue_id as usize)?.as_mut()
}

/// Owned by whoever holds the append lock.
#[derive(Debug)]
pub struct Dispatcher {
    disk: Arc<dyn Disk>,
    queues: Arc<QueueTable>,
    queue_file_bytes: u64,
    index: Option<Arc<IndexService>>,
    current_index: Option<Arc<IndexFile>>,
    writers: Writers,
    /// Index entries that are reserved and not yet put.
    collected: Vec<IndexEntry>,
    unsynced: Vec<Arc<ConsumeQueue>>,
    mapped_count: Arc<AtomicUsize>,
    mapped_max: usize,
    mark: QueueMark,
}

impl Dispatcher {
    pub fn new(
        disk: Arc<dyn Disk>,
        queues: Arc<QueueTable>,
        queue_file_bytes: u64,
        index: Option<Arc<IndexService>>,
        mapped_count: Arc<AtomicUsize>,
        mapped_max: usize,
    ) -> Self {
        let current_index = index.as_ref().and_then(|index| index.last());
        Self {
            disk,
            queues,
            queue_file_bytes,
            index,
            current_index,
            writers: Vec::new(),
            collected: Vec::with_capacity(COLLECTED_MAX),
            unsynced: Vec::new(),
            mapped_count,
            mapped_max,
            mark: QueueMark::default(),
        }
    }

    pub fn mark(&self) -> QueueMark {
        self.mark
    }

    pub fn set_mark(&mut self, mark: QueueMark) {
        self.mark = mark;
    }

    pub fn indexes(&self) -> bool {
        self.index.is_some()
    }

    /// Brings what [`Self::reserve_queue`] and [`Self::put_queue`] need into the processor's caches.
    #[inline]
    pub fn touch(&self, topic: TopicHandle, queue_id: u32) {
        let slots = self.writers.get(topic as usize);
        if let Some(writer) = slots.and_then(|slots| slots.get(queue_id as usize)?.as_ref()) {
            writer.touch();
        }
    }

    /// Makes sure that dispatching so many entries cannot fail. Returns the next offset of the queue.
    #[inline]
    pub fn reserve_queue(
        &mut self,
        topic: TopicHandle,
        topic_name: &[u8],
        queue_id: u32,
        entries: usize,
    ) -> Result<u64, DispatchRefused> {
        if self.writer(topic, queue_id).is_none() {
            self.make_writer(topic, topic_name, queue_id);
        }
        let Some(writer) = writer_of(&mut self.writers, topic, queue_id) else { return Ok(0) };
        let next = writer.queue().appended();
        match writer.reserve(&*self.disk, entries) {
            Ok(0) => Ok(next),
            Ok(newly_mapped) => {
                self.count_mapped(newly_mapped, (topic, queue_id));
                Ok(next)
            }
            Err(source) => {
                let file_bytes = self.queue_file_bytes;
                let path = self.queues.get(topic, queue_id).map_or_else(String::new, |queue| {
                    let at = next * ENTRY_BYTES as u64;
                    queue.path_of(at - at % file_bytes)
                });
                Err(DispatchRefused { path, needed_bytes: (entries * ENTRY_BYTES) as u64, source })
            }
        }
    }

    /// Makes sure that so many keys can be indexed.
    #[inline]
    pub fn reserve_index(&mut self, entries: usize, now_millis: i64) -> Result<(), DispatchRefused> {
        if self.index.is_none() || entries == 0 {
            return Ok(());
        }
        let entries = entries + self.collected.len();
        let mut count = u32::try_from(entries).unwrap_or(u32::MAX);
        if self.current_index.as_ref().is_some_and(|current| current.room() < count) {
            count -= u32::try_from(self.collected.len()).unwrap_or(0);
            self.put_collected();
        }
        let Some(index) = &self.index else { return Ok(()) };
        index.reserve(&mut self.current_index, count, now_millis).map_err(|source| DispatchRefused {
            path: index::DIRECTORY.to_owned(),
            needed_bytes: entries as u64 * 20,
            source,
        })
    }

    /// Writes the queue entry into reserved space.
    #[inline]
    pub fn put_queue(&mut self, request: &DispatchRequest<'_>) {
        let entry = QueueEntry {
            commit_log_offset: request.commit_log_offset,
            size: request.size,
            tags_code: request.tags_code,
        };
        self.put_entry(request.topic, request.queue_id, entry);
    }

    fn put_entry(&mut self, topic: TopicHandle, queue_id: u32, entry: QueueEntry) {
        let Some(writer) = self.writer(topic, queue_id) else { return };
        writer.put(entry);
        let queue = writer.queue();
        let first = queue.appended() == 1;
        let listed = queue.list_unsynced().then(|| queue.clone());
        self.unsynced.extend(listed);
        self.mark.entry_total += 1;
        self.mark.queue_count += u64::from(first);
    }

    /// Collects the index entries, which have space reserved, until [`Self::put_collected`]: their slots lie anywhere in a large file,
    /// and the processor waits for the memory of many at once.
    #[inline]
    pub fn put_index(&mut self, request: &DispatchRequest<'_>) {
        if self.index.is_none() {
            return;
        }
        let DispatchRequest { topic_name, commit_log_offset, store_timestamp, properties, .. } = *request;
        let keys = properties.keys.into_iter().flat_map(index_keys);
        for key in properties.unique_key.into_iter().chain(keys) {
            if self.collected.len() == COLLECTED_MAX {
                self.put_collected();
            }
            let hash = index_key_hash(topic_name, key);
            if let Some(current) = &self.current_index {
                current.prefetch(hash);
            }
            self.collected.push(IndexEntry { hash, commit_log_offset, store_timestamp });
        }
    }

    /// Puts the collected index entries. Before the append lock is released.
    pub fn put_collected(&mut self) {
        let (Some(index), Some(current)) = (&self.index, &self.current_index) else { return };
        for entry in self.collected.drain(..) {
            index.put(current, entry.hash, entry.commit_log_offset, entry.store_timestamp);
        }
    }

    /// Whether entries are missing before this one: the queue was lost if their messages may still be in the log.
    pub fn is_behind(&self, topic: TopicHandle, queue_id: u32, queue_offset: u64) -> bool {
        self.queues.get(topic, queue_id).map_or(0, |queue| queue.appended()) < queue_offset
    }

    /// A queue whose messages begin later, or go on after a gap, or start again after the topic was deleted: recovery's cases.
    /// True if the record is already in the queue.
    pub fn align_queue(
        &mut self,
        topic: TopicHandle,
        topic_name: &[u8],
        queue_id: u32,
        queue_offset: u64,
        commit_log_offset: u64,
    ) -> Result<bool, StoreError> {
        let queue = self.queues.get_or_create(topic, topic_name, queue_id);
        let next = queue.appended();
        if queue_offset == next {
            return Ok(false);
        }
        if queue_offset < next {
            let known = queue.entry(&*self.disk, self.queue_file_bytes, queue_offset)?;
            if known.is_some_and(|entry| entry.commit_log_offset == commit_log_offset) {
                return Ok(true);
            }
            self.forget_queue(&queue);
            queue.delete_files(&*self.disk)?;
            queue.set_restarted();
            queue.set_appended(0);
            queue.set_min(0);
        }
        let next = queue.appended();
        if next == 0 && queue_offset > 0 {
            queue.set_appended(queue_offset);
            queue.set_min(queue_offset);
            self.mark.queue_count += 1;
            self.mark.entry_total += queue_offset;
            let byte_offset = queue_offset * ENTRY_BYTES as u64;
            self.mark.first_file_total += byte_offset - byte_offset % self.queue_file_bytes;
            return Ok(false);
        }
        for _ in next..queue_offset {
            self.reserve_queue(topic, topic_name, queue_id, 1)
                .map_err(|refused| StoreError::io("extend", refused.path, refused.source))?;
            self.put_entry(topic, queue_id, QueueEntry::BLANK);
        }
        Ok(false)
    }

    /// Takes a queue out of the account and closes its files, before they are removed.
    pub fn forget_queue(&mut self, queue: &ConsumeQueue) {
        if let Some(slot) = self
            .writers
            .get_mut(queue.topic() as usize)
            .and_then(|slots| slots.get_mut(queue.queue_id() as usize))
        {
            *slot = None;
        }
        if queue.appended() > 0 {
            let first = queue.file_range(self.queue_file_bytes).map_or(0, |(first, _)| first);
            self.mark.queue_count = self.mark.queue_count.saturating_sub(1);
            self.mark.entry_total = self.mark.entry_total.saturating_sub(queue.appended());
            self.mark.first_file_total = self.mark.first_file_total.saturating_sub(first);
        }
        self.unsynced.retain(|listed| !std::ptr::eq(&raw const **listed, std::ptr::from_ref(queue)));
        self.mapped_count.fetch_sub(
            queue.mapped_count().min(self.mapped_count.load(Ordering::Relaxed)),
            Ordering::Relaxed,
        );
    }

    /// Retention removed files from the front of queues.
    pub fn first_files_moved(&mut self, bytes: u64) {
        self.mark.first_file_total += bytes;
    }

    /// Queues written since the last call.
    pub fn take_unsynced(&mut self) -> Vec<Arc<ConsumeQueue>> {
        let unsynced = std::mem::take(&mut self.unsynced);
        for queue in &unsynced {
            queue.take_unsynced();
        }
        unsynced
    }

    #[inline]
    fn writer(&mut self, topic: TopicHandle, queue_id: u32) -> Option<&mut QueueWriter> {
        writer_of(&mut self.writers, topic, queue_id)
    }

    pub fn queue_mut(&mut self, topic: TopicHandle, queue_id: u32) -> Option<&Arc<ConsumeQueue>> {
        self.writer(topic, queue_id).map(|writer| writer.queue())
    }

    #[cold]
    fn make_writer(&mut self, topic: TopicHandle, topic_name: &[u8], queue_id: u32) {
        let queue = self.queues.get_or_create(topic, topic_name, queue_id);
        let (topic, queue_id) = (topic as usize, queue_id as usize);
        if self.writers.len() <= topic {
            self.writers.resize_with(topic + 1, Vec::new);
        }
        let Some(slots) = self.writers.get_mut(topic) else { return };
        if slots.len() <= queue_id {
            slots.resize_with(queue_id + 1, || None);
        }
        if let Some(slot) = slots.get_mut(queue_id) {
            *slot = Some(QueueWriter::new(queue, self.queue_file_bytes));
        }
    }

    fn count_mapped(&mut self, newly_mapped: usize, reserved: (TopicHandle, u32)) {
        let count = self.mapped_count.fetch_add(newly_mapped, Ordering::Relaxed) + newly_mapped;
        if count > self.mapped_max {
            self.release_idle(reserved);
        }
    }

    /// Releases the files of queues that were idle since the last time; if that is not enough, of all that nobody reads. The
    /// pages stay the system's, so nothing is lost.
    ///
    /// The queue that was just reserved keeps its files: its entry is about to be put.
    fn release_idle(&mut self, reserved: (TopicHandle, u32)) {
        for forced in [false, true] {
            for writer in self.writers.iter_mut().flatten().flatten() {
                if (writer.queue().topic(), writer.queue().queue_id()) == reserved {
                    continue;
                }
                if forced {
                    writer.release();
                } else {
                    writer.release_if_idle();
                }
            }
            let queues = self.queues.all();
            for queue in &queues {
                queue.release_mappings();
            }
            let mapped = queues.iter().map(|queue| queue.mapped_count()).sum();
            self.mapped_count.store(mapped, Ordering::Relaxed);
            if mapped <= self.mapped_max / 2 {
                return;
            }
        }
    }
}

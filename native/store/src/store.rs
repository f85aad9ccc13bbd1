//! The store: what a broker does with it.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use parking_lot::{Mutex, RwLock};

use crate::abort_mark;
use crate::appender::{AppendState, Appender};
use crate::checkpoint::{Checkpoint, Mark, Timestamps};
use crate::commit_log::{CommitLog, SegmentWriter};
use crate::consume_queue::{ConsumeQueue, DIRECTORY as QUEUE_DIRECTORY, QueueTable};
use crate::disk::{Disk, DiskLock, DiskSpace};
use crate::error::StoreError;
use crate::flusher::FlushRequests;
use crate::index::IndexService;
use crate::low_priority::at_low_priority;
use crate::recovery::{Recovered, RecoveryReport, recover};
use crate::resident_blocks::ResidentBlocks;
use crate::store_options::StoreOptions;
use crate::topic::{AckLevel, TopicHandle, TopicSpec, TopicTable};
use crate::watermarks::Watermarks;

/// Blocks of the log that readers of old messages share: of 16 MiB.
const RESIDENT_LOG_BLOCKS: usize = 64;

/// Watermarks and state, for `status`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreStatus {
    pub min_offset: u64,
    pub appended_offset: u64,
    pub flushed_offset: u64,
    pub checkpoint_offset: u64,
    /// Flushes since the store was opened, each for all that was appended until then.
    pub group_commit_count: u64,
    pub segment_count: usize,
    pub segment_prepared: bool,
    pub topic_count: usize,
    pub queue_count: usize,
    pub consume_queue_mapped_count: usize,
    pub index_file_count: usize,
    pub space: Option<DiskSpace>,
    pub poison_reason: Option<String>,
}

/// One queue that has news for its watchers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    pub topic: TopicHandle,
    pub queue_id: u32,
}

/// A message store: a commit log for all topics, a consume queue per topic and queue, an index by key. All methods can be
/// called from any thread; those that say "blocking" may wait for the disk.
///
/// Locks are taken in this order: checkpoint, flush, append, topics, then those inside queues, log and index.
#[derive(Debug)]
pub struct Store {
    disk: Arc<dyn Disk>,
    options: StoreOptions,
    topics: RwLock<TopicTable>,
    queues: Arc<QueueTable>,
    log: CommitLog,
    resident_log: ResidentBlocks<RESIDENT_LOG_BLOCKS>,
    index: Option<Arc<IndexService>>,
    watermarks: Watermarks,
    append: Mutex<AppendState>,
    flushing: Mutex<()>,
    flush_requests: FlushRequests,
    group_commits: AtomicU64,
    checkpointing: Mutex<()>,
    checkpoint_offset: AtomicU64,
    arrivals: Mutex<Vec<Arc<ConsumeQueue>>>,
    arrivals_pending: AtomicBool,
    mapped_count: Arc<AtomicUsize>,
    poison: OnceLock<String>,
    closed: AtomicBool,
    lock: Mutex<Option<Box<dyn DiskLock>>>,
}

impl Store {
    /// Blocking. Opens or creates the store in this directory and recovers it.
    pub fn open(disk: Arc<dyn Disk>, options: &StoreOptions) -> Result<(Self, RecoveryReport), StoreError> {
        options.check()?;
        let name = disk.name();
        let lock = disk
            .lock()
            .map_err(|error| StoreError::io("lock", &name, error))?
            .map_err(|holder| StoreError::Locked { directory: name, holder })?;
        let Recovered { report, topics, queues, log, index, append, mapped_count, checkpoint_current } =
            recover(&disk, options)?;
        let store = Self {
            watermarks: Watermarks::new(report.end_offset),
            checkpoint_offset: AtomicU64::new(report.end_offset),
            disk,
            options: options.clone(),
            topics: RwLock::new(topics),
            queues,
            log,
            resident_log: ResidentBlocks::default(),
            index,
            append: Mutex::new(append),
            flushing: Mutex::new(()),
            flush_requests: FlushRequests::default(),
            group_commits: AtomicU64::new(0),
            checkpointing: Mutex::new(()),
            arrivals: Mutex::default(),
            arrivals_pending: AtomicBool::new(false),
            mapped_count,
            poison: OnceLock::new(),
            closed: AtomicBool::new(false),
            lock: Mutex::new(Some(lock)),
        };
        abort_mark::write(&*store.disk)?;
        if !checkpoint_current {
            store.checkpoint()?;
        }
        Ok((store, report))
    }

    /// The disk it was opened on.
    pub fn disk(&self) -> &Arc<dyn Disk> {
        &self.disk
    }

    pub fn options(&self) -> &StoreOptions {
        &self.options
    }

    pub(crate) fn log(&self) -> &CommitLog {
        &self.log
    }

    pub(crate) fn resident_log(&self) -> &ResidentBlocks<RESIDENT_LOG_BLOCKS> {
        &self.resident_log
    }

    pub(crate) fn watermarks(&self) -> &Watermarks {
        &self.watermarks
    }

    pub(crate) fn flush_requests(&self) -> &FlushRequests {
        &self.flush_requests
    }

    pub(crate) fn queues(&self) -> &QueueTable {
        &self.queues
    }

    pub(crate) fn topics(&self) -> &RwLock<TopicTable> {
        &self.topics
    }

    pub(crate) fn index(&self) -> Option<&IndexService> {
        self.index.as_deref()
    }

    pub(crate) fn append_state(&self) -> &Mutex<AppendState> {
        &self.append
    }

    pub(crate) fn count_mapped(&self, newly_mapped: usize) {
        let count = self.mapped_count.fetch_add(newly_mapped, Ordering::Relaxed) + newly_mapped;
        // Reading alone can map many files; those being written stay.
        if newly_mapped > 0 && count > self.options.consume_queue_mapped_max {
            let released = self.queues.all().iter().map(|queue| queue.release_mappings()).sum();
            self.uncount_mapped(released);
        }
    }

    pub(crate) fn uncount_mapped(&self, unmapped: usize) {
        let _ = self
            .mapped_count
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| Some(count.saturating_sub(unmapped)));
    }

    /// Why the store takes no more writes, if it does not.
    pub fn poison_reason(&self) -> Option<&str> {
        self.poison.get().map(String::as_str)
    }

    /// After a failed fsync nobody knows what is on the disk, and a second fsync would not say.
    pub fn poison(&self, error: &StoreError) -> StoreError {
        let reason = self.poison.get_or_init(|| error.to_string());
        StoreError::Poisoned { reason: reason.clone() }
    }

    pub(crate) fn check_open(&self) -> Result<(), StoreError> {
        if self.closed.load(Ordering::Acquire) { Err(StoreError::Closed) } else { Ok(()) }
    }

    pub(crate) fn check_writable(&self) -> Result<(), StoreError> {
        self.check_open()?;
        match self.poison.get() {
            Some(reason) => Err(StoreError::Poisoned { reason: reason.clone() }),
            None => Ok(()),
        }
    }

    /// Defines or updates a topic. Its name must be non-empty, at most 255 bytes, without `/` and control characters.
    pub fn define_topic(&self, spec: &TopicSpec) -> Result<TopicHandle, StoreError> {
        self.check_open()?;
        let _append = self.append.lock();
        let handle = self.topics.write().define(spec)?;
        if spec.ack_level == AckLevel::Os {
            for queue in self.queues.of_topic(handle) {
                if queue.make_visible(queue.appended()) {
                    self.report_arrival(&queue);
                }
            }
        }
        Ok(handle)
    }

    /// Blocking. Forgets the topic's queues and removes their files; its messages stay in the log until retention.
    pub fn delete_topic(&self, topic: TopicHandle) -> Result<(), StoreError> {
        self.check_open()?;
        let (entry, queues) = {
            let mut append = self.append.lock();
            let entry = self.topics.write().remove(topic).ok_or(StoreError::TopicUnknown { topic })?;
            let queues = self.queues.remove_topic(topic);
            for queue in &queues {
                queue.set_deleted();
                append.dispatcher.forget_queue(queue);
            }
            append.unflushed.retain(|queue| queue.topic() != topic);
            (entry, queues)
        };
        for queue in &queues {
            queue.delete_files(&*self.disk)?;
        }
        let directory = format!("{QUEUE_DIRECTORY}/{}", String::from_utf8_lossy(entry.name()));
        match self.disk.remove_directory(&directory) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(StoreError::io("remove", directory, error));
            }
            _ => {}
        }
        // A queue without files would be built anew from the log; the checkpoint puts its messages behind us.
        self.checkpoint().map(|_| ())
    }

    /// The handle of a defined topic.
    pub fn topic(&self, name: &[u8]) -> Option<TopicHandle> {
        self.topics.read().find(name).filter(|entry| entry.defined()).map(super::topic::TopicEntry::handle)
    }

    /// The topic's handle, when it is readable and has this queue.
    pub(crate) fn readable_queue(&self, topic: &[u8], queue_id: i32) -> Option<TopicHandle> {
        let topics = self.topics.read();
        let entry = topics.find(topic).filter(|entry| entry.readable())?;
        u32::try_from(queue_id).is_ok_and(|id| id < entry.read_queue_nums()).then(|| entry.handle())
    }

    /// Takes the append lock. `now_millis` becomes the records' store timestamp (never going backwards).
    pub fn appender(&self, now_millis: i64) -> Appender<'_> {
        let state = self.append.lock();
        Appender::new(self, state, self.topics.read(), now_millis)
    }

    /// Begins or ends reporting arrivals of this queue. A queue with no message yet can be watched. What was visible before is
    /// not reported: watch first, then look.
    pub fn watch(&self, topic: TopicHandle, queue_id: i32, on: bool) -> Result<(), StoreError> {
        let Some(queue_id) = u32::try_from(queue_id).ok().filter(|id| *id < self.options.queue_count_max)
        else {
            return Ok(());
        };
        let queue = {
            let topics = self.topics.read();
            let entry = topics.get(topic).ok_or(StoreError::TopicUnknown { topic })?;
            match self.queues.get(topic, queue_id) {
                Some(queue) => queue,
                None if on => self.queues.get_or_create(topic, entry.name(), queue_id),
                None => return Ok(()),
            }
        };
        queue.watch(on);
        Ok(())
    }

    pub(crate) fn report_arrival(&self, queue: &Arc<ConsumeQueue>) {
        self.arrivals.lock().push(queue.clone());
        self.arrivals_pending.store(true, Ordering::Release);
    }

    /// Watched queues with newly visible messages since the last call, each once, appended to `arrivals`.
    pub fn take_arrivals(&self, arrivals: &mut Vec<Arrival>) {
        if !self.arrivals_pending.swap(false, Ordering::AcqRel) {
            return;
        }
        for queue in self.arrivals.lock().drain(..) {
            // From here on a new message is reported again; whoever is told now looks after this.
            queue.arrival_taken();
            arrivals.push(Arrival { topic: queue.topic(), queue_id: queue.queue_id() });
        }
    }

    /// Whether `take_arrivals` would return any.
    pub fn arrivals_pending(&self) -> bool {
        self.arrivals_pending.load(Ordering::Acquire)
    }

    /// Blocking group commit: makes durable what was appended before the call; returns the flushed offset. One runs at a
    /// time; callers meanwhile share the next. Appends go on.
    pub fn flush(&self) -> Result<u64, StoreError> {
        let wanted = self.watermarks.appended();
        let _one_at_a_time = self.flushing.lock();
        if self.watermarks.flushed() >= wanted {
            return Ok(self.watermarks.flushed());
        }
        self.check_writable()?;
        let (to, queues) = {
            let mut append = self.append.lock();
            self.write_staged(&mut append)?;
            let unflushed = std::mem::take(&mut append.unflushed);
            let queues: Vec<(Arc<ConsumeQueue>, u64)> = unflushed
                .into_iter()
                .map(|queue| {
                    queue.take_unflushed();
                    let upto = queue.appended();
                    (queue, upto)
                })
                .collect();
            (self.watermarks.appended(), queues)
        };
        self.log.sync(self.watermarks.flushed(), to).map_err(|error| self.poison(&error))?;
        self.watermarks.set_flushed(to);
        self.group_commits.fetch_add(1, Ordering::Relaxed);
        for (queue, upto) in queues {
            if queue.make_visible(upto) {
                self.report_arrival(&queue);
            }
        }
        Ok(to)
    }

    /// Everything below is in the log's file.
    pub(crate) fn written_offset(&self) -> u64 {
        let append = self.append.lock();
        append.segment.as_ref().map_or_else(|| self.watermarks.appended(), SegmentWriter::written_offset)
    }

    /// Makes what was collected in memory part of the log's file.
    fn write_staged(&self, append: &mut AppendState) -> Result<(), StoreError> {
        let Some(segment) = &mut append.segment else { return Ok(()) };
        let written = segment.write_staged();
        written.map_err(|source| self.poison(&StoreError::io("write to", segment.file().path(), source)))
    }

    /// Everything below is on the disk.
    pub fn flushed_offset(&self) -> u64 {
        self.watermarks.flushed()
    }

    /// Everything below is in the log.
    pub fn appended_offset(&self) -> u64 {
        self.watermarks.appended()
    }

    /// The first commit log offset that is still there.
    pub fn min_offset(&self) -> u64 {
        self.log.min_offset()
    }

    /// Blocking. Makes the next segment ready (created, zero-filled, durable); false if it was already.
    pub fn prepare_segment(&self) -> Result<bool, StoreError> {
        self.check_writable()?;
        self.log.prepare_segment(self.watermarks.appended())
    }

    /// Whether [`Self::prepare_space`] should be called soon: the active segment is half full and no next one is ready, or little
    /// written space is left behind the log's end.
    pub fn space_wanted(&self) -> bool {
        self.log.wants_space(self.append.lock().segment.as_ref())
    }

    /// Blocking. Makes ready what appending needs next: written space behind the log's end where that matters, and the next segment once
    /// the active one is half full. Whether it made a segment.
    pub fn prepare_space(&self) -> Result<bool, StoreError> {
        self.check_writable()?;
        {
            let mut append = self.append.lock();
            if append.closing {
                return Ok(false);
            }
            if append.segment.is_none() && self.log.fills_ahead() {
                append.segment = Some(self.begin_segment()?);
            }
        }
        at_low_priority(|| {
            self.log.fill_ahead(|ahead| {
                let mut append = self.append.lock();
                let Some(segment) = append.segment.as_mut() else { return Ok(None) };
                let bytes = segment.fill_ahead(ahead)?;
                Ok((bytes > 0).then(|| (segment.file().clone(), bytes)))
            })
        })
        .map_err(|error| StoreError::io("write ahead in", self.log.path_of(self.appended_offset()), error))?;
        let half_full = self.append.lock().segment.as_ref().is_none_or(SegmentWriter::is_half_full);
        if half_full { self.prepare_segment() } else { Ok(false) }
    }

    /// Blocking. Brings up to `bytes_max` of the active segment behind the log's end into the system's memory, and begins that
    /// segment if there is none: the first messages then find their pages. Returns how many bytes it brought.
    pub fn warm_segment(&self, bytes_max: u64) -> Result<u64, StoreError> {
        self.check_writable()?;
        let segment = {
            let mut append = self.append.lock();
            if append.closing {
                return Ok(0);
            }
            let segment = match append.segment.take() {
                Some(segment) => segment,
                None => self.begin_segment()?,
            };
            append.segment.insert(segment).file().clone()
        };
        at_low_priority(|| self.log.warm(&segment, bytes_max))
            .map_err(|error| StoreError::io("read ahead in", segment.path(), error))
    }

    fn begin_segment(&self) -> Result<SegmentWriter, StoreError> {
        let base = self.watermarks.appended();
        self.log
            .begin_segment(base)
            .map_err(|error| StoreError::io("begin the segment", self.log.path_of(base), error))
    }

    /// Blocking. Flushes log, queues and index and writes the checkpoint, so that a start has less to scan. Returns the commit
    /// log offset it stands for.
    pub fn checkpoint(&self) -> Result<u64, StoreError> {
        self.check_writable()?;
        let _one_at_a_time = self.checkpointing.lock();
        let (checkpoint, unsynced) = {
            let mut append = self.append.lock();
            let index = self.index.as_ref().map(|index| index.mark()).unwrap_or_default();
            let time = append.last_store_timestamp;
            let offset = self.watermarks.appended();
            let mark = Mark {
                commit_log_offset: offset,
                log_min_offset: self.log.min_offset(),
                queues: append.dispatcher.mark(),
                index,
                checksum_from: self.log.checksum_from(),
            };
            let timestamps = Timestamps {
                physic_msg_timestamp: time,
                logics_msg_timestamp: time,
                index_msg_timestamp: time,
                master_flushed_offset: 0,
                confirm_phy_offset: i64::try_from(offset).unwrap_or(i64::MAX),
            };
            (Checkpoint { timestamps, mark: Some(mark) }, append.dispatcher.take_unsynced())
        };
        self.flush()?;
        // A queue that could not be synced cannot be synced later either: the system may have forgotten what was dirty.
        self.sync_queues(&unsynced).map_err(|error| self.poison(&error))?;
        if let Some(index) = &self.index {
            index.sync().map_err(|error| self.poison(&error))?;
        }
        checkpoint.write(&*self.disk)?;
        let offset = checkpoint.mark.map_or(0, |mark| mark.commit_log_offset);
        self.checkpoint_offset.store(offset, Ordering::Release);
        Ok(offset)
    }

    /// Many queues are many small files: a sync of each waits for the disk several times, one of the file system only once.
    fn sync_queues(&self, queues: &[Arc<ConsumeQueue>]) -> Result<(), StoreError> {
        if queues.len() > self.options.queues_synced_singly_max {
            let ends: Vec<u64> = queues.iter().map(|queue| queue.appended()).collect();
            let synced = self.disk.sync_everything();
            if synced.map_err(|error| StoreError::io("sync the file system of", self.disk.name(), error))? {
                queues.iter().zip(ends).for_each(|(queue, end)| queue.set_synced(end));
                return Ok(());
            }
        }
        queues.iter().try_for_each(|queue| queue.sync(&*self.disk))
    }

    /// Blocking. Checkpoint, then the `abort` mark is removed and the directory released. Appends fail from here on.
    pub fn close(&self) -> Result<(), StoreError> {
        self.check_open()?;
        self.append.lock().closing = true;
        self.log.set_closing();
        self.flush_requests.end();
        let written = self.checkpoint();
        let marked = written.and_then(|_| abort_mark::remove(&*self.disk));
        self.closed.store(true, Ordering::Release);
        self.lock.lock().take();
        marked
    }

    pub fn status(&self) -> StoreStatus {
        StoreStatus {
            min_offset: self.log.min_offset(),
            appended_offset: self.watermarks.appended(),
            flushed_offset: self.watermarks.flushed(),
            checkpoint_offset: self.checkpoint_offset.load(Ordering::Acquire),
            group_commit_count: self.group_commits.load(Ordering::Relaxed),
            segment_count: self.log.segment_count(),
            segment_prepared: self.log.has_prepared(),
            topic_count: self.topics.read().count(),
            queue_count: self.queues.all().len(),
            consume_queue_mapped_count: self.mapped_count.load(Ordering::Relaxed),
            index_file_count: self.index.as_ref().map_or(0, |index| index.file_count()),
            space: self.disk.space().ok(),
            poison_reason: self.poison.get().cloned(),
        }
    }
}

//! Bringing a directory to where a store can go on: find the files, decide where to read, scan, cut the torn tail.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Instant;

use super::log_files::{load_segments, segment_heads};
use super::log_scan::{DispatchFrom, LogScan, ScanOutcome};
use super::queue_files::{FoundQueues, QueueSearch, remove_queues};
use super::recovery_report::{RecoveryReport, StartKind};
use super::start_plan::{Findings, StartPlan, decide_start};
use crate::abort_mark;
use crate::appender::AppendState;
use crate::checkpoint::{Checkpoint, Mark};
use crate::commit_log::{CommitLog, segment_path};
use crate::consume_queue::QueueTable;
use crate::disk::Disk;
use crate::dispatcher::{Dispatcher, QueueMark};
use crate::error::StoreError;
use crate::index::{IndexMark, IndexService};
use crate::mapped_file::MappedFile;
use crate::store_options::StoreOptions;
use crate::topic::TopicTable;

/// The parts of a store, recovered.
pub struct Recovered {
    pub report: RecoveryReport,
    pub topics: TopicTable,
    pub queues: Arc<QueueTable>,
    pub log: CommitLog,
    pub index: Option<Arc<IndexService>>,
    pub append: AppendState,
    pub mapped_count: Arc<AtomicUsize>,
    /// Nothing differs from the checkpoint on the disk.
    pub checkpoint_current: bool,
}

pub fn recover(disk: &Arc<dyn Disk>, options: &StoreOptions) -> Result<Recovered, StoreError> {
    let started = Instant::now();
    let mut recovered = Recovery::find(disk, options)?.run()?;
    recovered.report.millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(recovered)
}

pub(super) struct Recovery<'a> {
    pub(super) disk: &'a Arc<dyn Disk>,
    pub(super) options: &'a StoreOptions,
    pub(super) unclean: bool,
    checkpoint: Option<Checkpoint>,
    pub(super) segments: Vec<MappedFile>,
    log_min: u64,
    pub(super) plan: StartPlan,
    topics: TopicTable,
    queues: Arc<QueueTable>,
    pub(super) report: RecoveryReport,
}

impl<'a> Recovery<'a> {
    fn find(disk: &'a Arc<dyn Disk>, options: &'a StoreOptions) -> Result<Self, StoreError> {
        let previous_process = abort_mark::read(&**disk)?;
        let unclean = previous_process.is_some();
        let checkpoint = Checkpoint::load(&**disk)?;
        let known_end = checkpoint.and_then(|checkpoint| checkpoint.mark).map(|mark| mark.commit_log_offset);
        let safe_end = known_end.unwrap_or(0);
        let safe_end = options.cut_damage_at.map_or(safe_end, |consent| safe_end.min(consent));
        let segments = load_segments(&**disk, options.segment_bytes, safe_end, known_end)?;
        let log_min = segments.first().map_or(0, MappedFile::base);
        let heads = segment_heads(&segments);
        let plan = decide_start(&Findings {
            unclean,
            checkpoint,
            log_min,
            segment_bytes: options.segment_bytes,
            segment_heads: &heads,
            everything: options.rebuild_on_open || options.cut_damage_at.is_some(),
        });
        let start_kind = match (segments.is_empty(), unclean) {
            (true, _) => StartKind::New,
            (false, true) => StartKind::Unclean,
            (false, false) => StartKind::Clean,
        };
        let report =
            RecoveryReport { start_kind, previous_process, min_offset: log_min, ..RecoveryReport::default() };
        let (topics, queues) = (TopicTable::default(), Arc::new(QueueTable::default()));
        Ok(Self { disk, options, unclean, checkpoint, segments, log_min, plan, topics, queues, report })
    }

    fn run(mut self) -> Result<Recovered, StoreError> {
        let queue_mark = self.recover_queues()?;
        let index = if self.options.index_enabled { Some(self.recover_index()?) } else { None };
        let mapped_count = Arc::new(AtomicUsize::new(0));
        if self.options.verify_on_open {
            self.plan.scan_from = self.log_min;
        }
        let (mut dispatcher, mut outcome) = self.scan(queue_mark, index.clone(), &mapped_count)?;
        if let Some(because) = outcome.queue_gap.take() {
            drop(dispatcher);
            self.start_over(&because, index.as_deref())?;
            (dispatcher, outcome) = self.scan(QueueMark::default(), index.clone(), &mapped_count)?;
        }
        self.check_safe_range(&outcome)?;
        self.note(&outcome);
        let checkpoint_current = self.is_checkpoint_current(&outcome);
        let times = self.checkpoint.map_or(0, |checkpoint| checkpoint.timestamps.physic_msg_timestamp);
        let last_store_timestamp = outcome.store_timestamp.unwrap_or(0).max(times);
        let (log, segment) = self.settle_log(&outcome)?;
        for queue in self.queues.all() {
            queue.correct_min(&**self.disk, self.options.queue_file_bytes(), self.log_min)?;
            queue.set_visible(queue.appended());
        }
        self.report.queues = self.queues.all().len() as u64;
        let append =
            AppendState { dispatcher, segment, last_store_timestamp, unflushed: Vec::new(), closing: false };
        let Self { report, topics, queues, .. } = self;
        Ok(Recovered { report, topics, queues, log, index, append, mapped_count, checkpoint_current })
    }

    fn scan(
        &mut self,
        queue_mark: QueueMark,
        index: Option<Arc<IndexService>>,
        mapped_count: &Arc<AtomicUsize>,
    ) -> Result<(Dispatcher, ScanOutcome), StoreError> {
        let mut dispatcher = Dispatcher::new(
            self.disk.clone(),
            self.queues.clone(),
            self.options.queue_file_bytes(),
            index,
            mapped_count.clone(),
            self.options.consume_queue_mapped_max,
        );
        dispatcher.set_mark(queue_mark);
        let index_from = self.plan.index_from.unwrap_or(self.log_min);
        let checksum_from = self.checksum_from(u64::MAX);
        let outcome = LogScan {
            segments: &self.segments,
            segment_bytes: self.options.segment_bytes,
            options: self.options,
            topics: &mut self.topics,
            dispatcher: &mut dispatcher,
            from: DispatchFrom { queue_from: self.plan.queue_from, index_from },
            checksum_from,
            whole_log: self.plan.queue_from == self.log_min,
        }
        .run(self.plan.scan_from)?;
        dispatcher.put_collected();
        Ok((dispatcher, outcome))
    }

    /// Queues turned out to be incomplete: everything is built from the log's beginning.
    fn start_over(&mut self, because: &str, index: Option<&IndexService>) -> Result<(), StoreError> {
        self.forget_marks()?;
        remove_queues(&**self.disk, &mut self.topics, &self.queues)?;
        if let Some(index) = index {
            index.clear()?;
        }
        let StartPlan { scan_from, queue_from, index_from, .. } = &mut self.plan;
        (*scan_from, *queue_from, *index_from) = (self.log_min, self.log_min, Some(self.log_min));
        self.report.queues_rebuilt_because = Some(because.to_owned());
        Ok(())
    }

    /// Loads the queues, or empties them when they are to be built anew.
    fn recover_queues(&mut self) -> Result<QueueMark, StoreError> {
        let search = QueueSearch {
            disk: &**self.disk,
            file_bytes: self.options.queue_file_bytes(),
            queue_from: self.plan.queue_from,
            unclean: self.unclean,
            segments: &self.segments,
            segment_bytes: self.options.segment_bytes,
        };
        let everything = self.plan.queue_from == self.log_min && self.plan.mark.is_none();
        let found =
            if everything { FoundQueues::default() } else { search.load(&mut self.topics, &self.queues)? };
        let because = if everything {
            let asked = self.options.rebuild_on_open || self.options.cut_damage_at.is_some();
            Some(if asked { "the options ask for it" } else { "there is no checkpoint" }.to_owned())
        } else {
            self.queues_lost(&found)
        };
        // Apache's queues after an orderly stop tell how far the log must reach.
        if self.plan.mark.is_none() && !self.unclean {
            self.plan.safe_end = self.plan.safe_end.max(found.log_end);
        }
        let Some(because) = because else { return Ok(found.mark) };
        self.forget_marks()?;
        remove_queues(&**self.disk, &mut self.topics, &self.queues)?;
        self.plan.queue_from = self.log_min;
        self.plan.scan_from = self.log_min;
        if !self.segments.is_empty() {
            self.report.queues_rebuilt_because = Some(because);
        }
        Ok(QueueMark::default())
    }

    /// Why the loaded queues are not all that the checkpoint knows.
    fn queues_lost(&self, found: &FoundQueues) -> Option<String> {
        if let Some(reason) = &found.unusable {
            return Some(reason.clone());
        }
        if self.plan.mark.is_none() && self.log_min == 0 && found.mark.first_file_total > 0 {
            return Some(
                "first files of queues are missing although nothing was deleted from the log".to_owned(),
            );
        }
        let mark = self.plan.mark?;
        let (there, known) = (found.mark, mark.queues);
        if (there.queue_count, there.entry_total) != (known.queue_count, known.entry_total) {
            return Some(format!(
                "{} queues end at {} entries in sum, the checkpoint knows {} queues with {}",
                there.queue_count, there.entry_total, known.queue_count, known.entry_total
            ));
        }
        // Retention may have removed first files since; it removes from the log first.
        if there.first_file_total != known.first_file_total && mark.log_min_offset == self.log_min {
            return Some(
                "first files of queues are missing although the log still has their messages".to_owned(),
            );
        }
        None
    }

    fn recover_index(&mut self) -> Result<Arc<IndexService>, StoreError> {
        let index = Arc::new(IndexService::new(
            self.disk.clone(),
            self.options.index_slots,
            self.options.index_entries,
        ));
        let loaded = index.load()?;
        let because = match (loaded, self.plan.mark) {
            (Err(reason), _) => Some(reason),
            (Ok(()), Some(mark)) => {
                let as_known = if self.unclean {
                    index.take_back(mark.index)?
                } else {
                    index.loaded_mark() == mark.index
                };
                (!as_known).then(|| "files are missing that the checkpoint knows".to_owned())
            }
            (Ok(()), None) if self.plan.index_from.is_some() => {
                Some("the queues are built anew as well".to_owned())
            }
            (Ok(()), None) => {
                self.plan.index_from = Some(self.index_from_after_apache(&index)?);
                None
            }
        };
        if let Some(because) = because {
            self.forget_marks()?;
            index.clear()?;
            self.plan.index_from = Some(self.log_min);
            if !self.segments.is_empty() {
                self.report.index_rebuilt_because = Some(because);
            }
        }
        let from = self.plan.index_from.unwrap_or(self.log_min).max(self.log_min);
        if from < self.plan.scan_from {
            self.plan.scan_from = from - from % self.options.segment_bytes;
        }
        Ok(index)
    }

    /// What is built anew is not what the checkpoint knows until the next one: a power loss in between must not let a part of it
    /// pass for the whole.
    fn forget_marks(&mut self) -> Result<(), StoreError> {
        let Some(Checkpoint { timestamps, mark: Some(mark) }) = self.checkpoint else { return Ok(()) };
        let queues = QueueMark { queue_count: u64::MAX, ..mark.queues };
        let index = IndexMark { file_count: u32::MAX, ..mark.index };
        Checkpoint { timestamps, mark: Some(Mark { queues, index, ..mark }) }.write(&**self.disk)
    }

    /// Up to where Apache's index files are complete.
    fn index_from_after_apache(&self, index: &IndexService) -> Result<u64, StoreError> {
        if self.unclean {
            let times = self.checkpoint.map(|checkpoint| checkpoint.timestamps).unwrap_or_default();
            index.drop_after(times.index_msg_timestamp)
        } else {
            Ok(index.last().map_or(self.log_min, |last| last.end_offset() + 1))
        }
    }

    /// An end before what is known to be safe is damage, unless the options consent to losing it.
    fn check_safe_range(&self, outcome: &ScanOutcome) -> Result<(), StoreError> {
        let consented = self.options.cut_damage_at.is_some_and(|consent| outcome.end_offset >= consent);
        if outcome.end_offset >= self.plan.safe_end || consented {
            return Ok(());
        }
        let reason =
            outcome.end_reason.map_or_else(|| "the log ends".to_owned(), |reason| reason.to_string());
        Err(StoreError::Damaged {
            path: segment_path(outcome.end_offset - outcome.end_offset % self.options.segment_bytes),
            commit_log_offset: outcome.end_offset,
            reason: format!("{reason}; everything below {} was safely on the disk", self.plan.safe_end),
        })
    }

    fn note(&mut self, outcome: &ScanOutcome) {
        self.report.scanned_from = self.plan.scan_from;
        self.report.end_offset = outcome.end_offset;
        self.report.bytes_scanned = outcome.bytes;
        self.report.records_scanned = outcome.records;
        self.report.queue_entries_rebuilt = outcome.queue_entries;
        self.report.index_entries_rebuilt = outcome.index_entries;
    }

    fn is_checkpoint_current(&self, outcome: &ScanOutcome) -> bool {
        !self.unclean
            && self.report.queues_rebuilt_because.is_none()
            && self.report.index_rebuilt_because.is_none()
            && self.plan.mark.is_some_and(|mark| mark.commit_log_offset == outcome.end_offset)
    }

    /// Where our records begin: as the checkpoint knows it, else after everything that was found.
    pub(super) fn checksum_from(&self, otherwise: u64) -> u64 {
        self.checkpoint.and_then(|checkpoint| checkpoint.mark).map_or(otherwise, |mark| mark.checksum_from)
    }
}

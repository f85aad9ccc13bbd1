//! Sizes and limits of a store; the defaults are Apache `RocketMQ`'s (`MessageStoreConfig`), so a directory moves in and out.

use crate::consume_queue::ENTRY_BYTES;
use crate::delay_level::default_delay_level_millis;
use crate::error::StoreError;

/// How a record gets into the log's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AppendBy {
    /// Through the file's mapping: the cheapest way while nobody waits for a sync.
    #[default]
    Mapping,
    /// Collected in memory, and written before the next flush or acknowledgement: three times as many syncs a second.
    Writing,
}

/// Sizes and limits. Everything that shapes a file must stay as it was when the directory was created.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// Bytes of one commit log segment (`mappedFileSizeCommitLog`). Default 1 GiB; a multiple of 4096.
    pub segment_bytes: u64,
    /// How records get into the commit log. Default by mapping; by writing is for stores whose acknowledgements wait for the disk.
    pub append_by: AppendBy,
    /// Entries of 20 bytes in one consume queue file (`mappedFileSizeConsumeQueue` / 20). Default 300 000.
    pub consume_queue_file_entries: u32,
    /// Whether messages are indexed by key (`messageIndexEnable`). Default true.
    pub index_enabled: bool,
    /// Hash slots of one index file (`maxHashSlotNum`). Default 5 000 000.
    pub index_slots: u32,
    /// Entries of one index file, counting the unused entry 0 (`maxIndexNum`). Default 20 000 000.
    pub index_entries: u32,
    /// Largest body in bytes (`maxMessageSize`). Default 4 MiB. A whole record may have 64 KiB more.
    pub body_bytes_max: u32,
    /// Largest number of queues of a topic. Default 65 536.
    pub queue_count_max: u32,
    /// Consume queue files mapped at a time before idle ones are released; Linux allows a process 65 530 mappings in all
    /// (`vm.max_map_count`). Default 49 152.
    pub consume_queue_mapped_max: usize,
    /// Queues that a checkpoint syncs one by one; for more it syncs the file system. Default 64.
    pub queues_synced_singly_max: usize,
    /// Milliseconds of the delay levels, first level first (`messageDelayLevel`): rebuilding the queue of
    /// `SCHEDULE_TOPIC_XXXX` needs them.
    pub delay_level_millis: Vec<i64>,
    /// Give up everything from this commit log offset on, although it lies in the safe range: the explicit consent that
    /// `StoreError::Damaged` asks for. Default none.
    pub cut_damage_at: Option<u64>,
    /// Read and check the whole log on open, not only what a start needs. Default false.
    pub verify_on_open: bool,
    /// Drop consume queues and index and build them anew from the log. Default false.
    pub rebuild_on_open: bool,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            segment_bytes: 1 << 30,
            append_by: AppendBy::default(),
            consume_queue_file_entries: 300_000,
            index_enabled: true,
            index_slots: 5_000_000,
            index_entries: 20_000_000,
            body_bytes_max: 4 << 20,
            queue_count_max: 65_536,
            consume_queue_mapped_max: 49_152,
            queues_synced_singly_max: 64,
            delay_level_millis: default_delay_level_millis(),
            cut_damage_at: None,
            verify_on_open: false,
            rebuild_on_open: false,
        }
    }
}

impl StoreOptions {
    /// Sizes for tests and for brokers that live inside a test process: a segment of 1 MiB, small queues and index.
    pub fn small() -> Self {
        Self {
            segment_bytes: 1 << 20,
            consume_queue_file_entries: 1_000,
            index_slots: 1_000,
            index_entries: 4_000,
            ..Self::default()
        }
    }

    /// Bytes a whole record may have.
    pub(crate) fn record_bytes_max(&self) -> usize {
        self.body_bytes_max as usize + (64 << 10)
    }

    pub(crate) fn queue_file_bytes(&self) -> u64 {
        u64::from(self.consume_queue_file_entries) * ENTRY_BYTES as u64
    }

    pub(crate) fn check(&self) -> Result<(), StoreError> {
        let reject = |option, found: String, expected: &str| {
            Err(StoreError::OptionRejected { option, found, expected: expected.to_owned() })
        };
        if self.segment_bytes < 4096
            || !self.segment_bytes.is_multiple_of(4096)
            || self.segment_bytes > 1 << 31
        {
            return reject("segment_bytes", self.segment_bytes.to_string(), "a multiple of 4096 up to 2 GiB");
        }
        if self.consume_queue_file_entries == 0 || self.consume_queue_file_entries > 100_000_000 {
            return reject(
                "consume_queue_file_entries",
                self.consume_queue_file_entries.to_string(),
                "1 to 100 000 000",
            );
        }
        if self.index_slots == 0 || self.index_slots > 100_000_000 {
            return reject("index_slots", self.index_slots.to_string(), "1 to 100 000 000");
        }
        if self.index_entries < 2 || self.index_entries > 90_000_000 {
            return reject("index_entries", self.index_entries.to_string(), "2 to 90 000 000");
        }
        Ok(())
    }
}

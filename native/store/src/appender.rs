//! Appending: one lock for as many messages as a chunk brings.

use std::io;
use std::sync::Arc;

use parking_lot::{MutexGuard, RwLockReadGuard};

pub use crate::append_request::{Appended, BatchToAppend, MessageToAppend, ParsedProperties, TagsCode};
use crate::batch_body::{BatchElement, batch_elements};
use crate::commit_log::SegmentWriter;
use crate::consume_queue::ConsumeQueue;
use crate::dispatcher::{
    DispatchRefused, DispatchRequest, Dispatcher, belongs_to_index, belongs_to_queue, index_key_count,
};
use crate::error::{AppendError, StoreError};
use crate::record::{
    BLANK_BYTES, PROPERTIES_BYTES_MAX, RecordFields, SYS_FLAG_BORN_HOST_V6, SYS_FLAG_STORE_HOST_V6,
    encode_blank, java_hash, parse_properties,
};
use crate::store::Store;
use crate::topic::{AckLevel, TopicEntry, TopicHandle, TopicTable};

/// Everything behind the append lock.
#[derive(Debug)]
pub(crate) struct AppendState {
    pub dispatcher: Dispatcher,
    /// The active segment; None when the next append begins a new one.
    pub segment: Option<SegmentWriter>,
    pub last_store_timestamp: i64,
    /// Queues with entries that the next flush makes visible.
    pub unflushed: Vec<Arc<ConsumeQueue>>,
    pub closing: bool,
}

/// Holds the append lock: make it per chunk, drop it before answering.
#[derive(Debug)]
pub struct Appender<'a> {
    store: &'a Store,
    state: MutexGuard<'a, AppendState>,
    topics: RwLockReadGuard<'a, TopicTable>,
    now_millis: i64,
}

/// What a record's place in log, queue and index costs, reserved.
struct Reserved {
    queue_offset: u64,
    commit_log_offset: u64,
}

impl<'a> Appender<'a> {
    pub(crate) fn new(
        store: &'a Store,
        mut state: MutexGuard<'a, AppendState>,
        topics: RwLockReadGuard<'a, TopicTable>,
        now_millis: i64,
    ) -> Self {
        // Searching by time needs timestamps that do not go backwards; a clock may.
        let now_millis = now_millis.max(state.last_store_timestamp);
        state.last_store_timestamp = now_millis;
        Self { store, state, topics, now_millis }
    }

    /// The topic of this name, if it is defined.
    pub fn topic(&self, name: &[u8]) -> Option<&TopicEntry> {
        self.topics.find(name).filter(|entry| entry.defined())
    }

    /// The topic with this handle, if it is defined.
    pub fn topic_entry(&self, topic: TopicHandle) -> Option<&TopicEntry> {
        self.topics.defined(topic)
    }

    /// Brings what an append to this queue needs into the processor's caches: do it for some queues, then append to them.
    #[inline]
    pub fn touch(&self, topic: Option<TopicHandle>, queue_id: i32) {
        if let (Some(topic), Ok(queue_id)) = (topic, u32::try_from(queue_id)) {
            self.state.dispatcher.touch(topic, queue_id);
        }
    }

    /// The time this chunk's records carry: the caller's, or the last record's if that is later.
    pub fn store_timestamp(&self) -> i64 {
        self.now_millis
    }

    /// Appends one message: record, consume queue entry and index.
    pub fn append(&mut self, message: &MessageToAppend<'_>) -> Result<Appended, AppendError> {
        let Self { store, state, topics, now_millis } = self;
        let entry = check_topic(store, state, topics, message.topic)?;
        let queue_id = check_queue_id(store, message.queue_id)?;
        let fields = RecordFields {
            queue_id: message.queue_id,
            flag: message.flag,
            queue_offset: 0,
            commit_log_offset: 0,
            sys_flag: with_host_bits(message.sys_flag, message.born_host, message.store_host)?,
            born_timestamp: message.born_timestamp,
            born_host: message.born_host,
            store_timestamp: *now_millis,
            store_host: message.store_host,
            reconsume_times: message.reconsume_times,
            prepared_transaction_offset: message.prepared_transaction_offset,
            body: message.body,
            topic: entry.name(),
            properties: message.properties,
            properties_suffix: message.properties_suffix,
        };
        let record_length = check_lengths(store, &fields)?;
        let properties = message.parsed.unwrap_or_else(|| parse_properties(message.properties));
        let plan = Plan {
            entry,
            queue_id,
            fields,
            record_length,
            records: 1,
            index_keys: index_key_count(&properties),
        };
        let reserved = plan.reserve(store, state)?;
        let fields = RecordFields {
            queue_offset: reserved.queue_offset,
            commit_log_offset: reserved.commit_log_offset,
            ..plan.fields
        };
        let Some(segment) = state.segment.as_mut() else { return Err(AppendError::ShuttingDown) };
        let encoded = segment.buffer(record_length).is_some_and(|place| fields.encode(place));
        if !encoded {
            return Err(AppendError::MessageTooLarge {
                bytes: record_length,
                bytes_max: segment.remaining(),
            });
        }
        segment.publish(record_length);
        let end_offset = reserved.commit_log_offset + record_length as u64;
        store.watermarks().set_appended(end_offset);
        dispatch(state, entry, queue_id, &fields, record_length, message.tags_code, properties);
        plan.settle(store, state)?;
        Ok(Appended {
            queue_offset: reserved.queue_offset,
            commit_log_offset: reserved.commit_log_offset,
            end_offset,
            record_count: 1,
        })
    }

    /// Appends all elements of a batch or none; their commit log offsets are put into `commit_log_offsets` (cleared first).
    pub fn append_batch(
        &mut self,
        batch: &BatchToAppend<'_>,
        commit_log_offsets: &mut Vec<u64>,
    ) -> Result<Appended, AppendError> {
        commit_log_offsets.clear();
        let Self { store, state, topics, now_millis } = self;
        let entry = check_topic(store, state, topics, batch.topic)?;
        let queue_id = check_queue_id(store, batch.queue_id)?;
        let sys_flag = with_host_bits(batch.sys_flag, batch.born_host, batch.store_host)?;
        let (mut total, mut records, mut index_keys) = (0, 0, 0);
        for element in batch_elements(batch.body) {
            let element = element.map_err(|(at, reason)| AppendError::BatchMalformed { at, reason })?;
            total += check_lengths(store, &element.fields(batch, entry.name(), sys_flag, *now_millis))?;
            records += 1;
            index_keys += index_key_count(&parse_properties(element.properties));
        }
        if records == 0 {
            return Err(AppendError::BatchMalformed { at: 0, reason: "the batch is empty" });
        }
        check_fits(store, total)?;
        let sample = BatchElement { flag: 0, body: &[], properties: &[] };
        let fields = sample.fields(batch, entry.name(), sys_flag, *now_millis);
        let plan = Plan { entry, queue_id, fields, record_length: total, records, index_keys };
        let reserved = plan.reserve(store, state)?;
        let Some(segment) = state.segment.as_mut() else { return Err(AppendError::ShuttingDown) };
        let (mut offset, mut queue_offset) = (reserved.commit_log_offset, reserved.queue_offset);
        let Some(mut rest) = segment.buffer(total) else {
            return Err(AppendError::MessageTooLarge { bytes: total, bytes_max: segment.remaining() });
        };
        for element in batch_elements(batch.body).flatten() {
            let fields = RecordFields {
                queue_offset,
                commit_log_offset: offset,
                ..element.fields(batch, entry.name(), sys_flag, *now_millis)
            };
            let length = fields.record_length();
            let Some((place, behind)) = rest.split_at_mut_checked(length) else { break };
            fields.encode(place);
            rest = behind;
            commit_log_offsets.push(offset);
            offset += length as u64;
            queue_offset += u64::from(belongs_to_queue(sys_flag));
        }
        segment.publish(total);
        store.watermarks().set_appended(offset);
        for (element, commit_log_offset) in
            batch_elements(batch.body).flatten().zip(commit_log_offsets.iter())
        {
            let fields = element.fields(batch, entry.name(), sys_flag, *now_millis);
            let fields = RecordFields { commit_log_offset: *commit_log_offset, ..fields };
            let properties = parse_properties(element.properties);
            dispatch(
                state,
                entry,
                queue_id,
                &fields,
                fields.record_length(),
                TagsCode::FromProperties,
                properties,
            );
        }
        plan.settle(store, state)?;
        Ok(Appended {
            queue_offset: reserved.queue_offset,
            commit_log_offset: reserved.commit_log_offset,
            end_offset: offset,
            record_count: u32::try_from(records).unwrap_or(u32::MAX),
        })
    }

    /// What was appended is in the log's file when this returns and outlives the process, whatever its level: for messages that are
    /// acknowledged without waiting for a flush.
    pub fn write(&mut self) -> Result<(), AppendError> {
        let Some(segment) = &mut self.state.segment else { return Ok(()) };
        segment.write_staged().map_err(|source| unwritten(self.store, segment, source))
    }

    /// As [`Store::space_wanted`].
    pub fn space_wanted(&self) -> bool {
        self.store.log().wants_space(self.state.segment.as_ref())
    }
}

impl Drop for Appender<'_> {
    fn drop(&mut self) {
        self.state.dispatcher.put_collected();
    }
}

/// One append: everything checked, nothing done yet.
struct Plan<'a> {
    entry: &'a TopicEntry,
    queue_id: u32,
    fields: RecordFields<'a>,
    record_length: usize,
    records: usize,
    index_keys: usize,
}

impl Plan<'_> {
    /// Gets all the space the append needs, so that nothing can fail after the record is in the log.
    #[inline]
    fn reserve(&self, store: &Store, state: &mut AppendState) -> Result<Reserved, AppendError> {
        let mut queue_offset = 0;
        if belongs_to_queue(self.fields.sys_flag) {
            let (topic, name) = (self.entry.handle(), self.entry.name());
            let reserved = state.dispatcher.reserve_queue(topic, name, self.queue_id, self.records);
            queue_offset = reserved.map_err(refused)?;
        }
        if belongs_to_index(self.fields.sys_flag) && self.index_keys > 0 {
            state.dispatcher.reserve_index(self.index_keys, self.fields.store_timestamp).map_err(refused)?;
        }
        let commit_log_offset = reserve_log(store, state, self.record_length)?;
        Ok(Reserved { queue_offset, commit_log_offset })
    }

    /// After the append: shows the messages to readers if their level allows it now, else leaves that to the flush.
    #[inline]
    fn settle(&self, store: &Store, state: &mut AppendState) -> Result<(), AppendError> {
        let AppendState { dispatcher, segment, unflushed, .. } = state;
        let Some(queue) = dispatcher.queue_mut(self.entry.handle(), self.queue_id) else { return Ok(()) };
        match self.entry.ack_level() {
            AckLevel::Os => {
                if let Some(segment) = segment {
                    segment.write_staged().map_err(|source| unwritten(store, segment, source))?;
                }
                if queue.make_visible(queue.appended()) {
                    store.report_arrival(queue);
                }
            }
            AckLevel::Fsync => {
                if queue.list_unflushed() {
                    unflushed.push(queue.clone());
                }
            }
        }
        Ok(())
    }
}

fn check_topic<'t>(
    store: &Store,
    state: &AppendState,
    topics: &'t TopicTable,
    topic: TopicHandle,
) -> Result<&'t TopicEntry, AppendError> {
    if state.closing {
        return Err(AppendError::ShuttingDown);
    }
    if let Some(reason) = store.poison_reason() {
        return Err(AppendError::Poisoned { reason: reason.to_owned() });
    }
    topics.defined(topic).ok_or(AppendError::TopicUnknown { topic })
}

fn check_queue_id(store: &Store, queue_id: i32) -> Result<u32, AppendError> {
    let queue_count_max = store.options().queue_count_max;
    u32::try_from(queue_id)
        .ok()
        .filter(|queue_id| *queue_id < queue_count_max)
        .ok_or(AppendError::QueueIdInvalid { queue_id, queue_count_max })
}

fn with_host_bits(sys_flag: i32, born_host: &[u8], store_host: &[u8]) -> Result<i32, AppendError> {
    let bit = |host: &[u8], bit| match host.len() {
        8 => Ok(0),
        20 => Ok(bit),
        bytes => Err(AppendError::HostMalformed { bytes }),
    };
    let plain = sys_flag & !(SYS_FLAG_BORN_HOST_V6 | SYS_FLAG_STORE_HOST_V6);
    Ok(plain | bit(born_host, SYS_FLAG_BORN_HOST_V6)? | bit(store_host, SYS_FLAG_STORE_HOST_V6)?)
}

/// The record's length, if all limits hold.
#[inline]
fn check_lengths(store: &Store, fields: &RecordFields<'_>) -> Result<usize, AppendError> {
    let body_bytes_max = store.options().body_bytes_max as usize;
    if fields.body.len() > body_bytes_max {
        return Err(AppendError::MessageTooLarge { bytes: fields.body.len(), bytes_max: body_bytes_max });
    }
    let properties_length = fields.properties_length();
    if properties_length > PROPERTIES_BYTES_MAX {
        return Err(AppendError::PropertiesTooLarge {
            bytes: properties_length,
            bytes_max: PROPERTIES_BYTES_MAX,
        });
    }
    let record_length = fields.record_length();
    check_fits(store, record_length)?;
    Ok(record_length)
}

/// What one append writes is never split between segments, and leaves room for the blank.
fn check_fits(store: &Store, bytes: usize) -> Result<(), AppendError> {
    let segment_bytes = usize::try_from(store.options().segment_bytes).unwrap_or(usize::MAX);
    let bytes_max = (segment_bytes - BLANK_BYTES).min(store.options().record_bytes_max());
    if bytes > bytes_max { Err(AppendError::MessageTooLarge { bytes, bytes_max }) } else { Ok(()) }
}

/// Makes the active segment have room for so many bytes; returns where they will be.
#[inline]
fn reserve_log(store: &Store, state: &mut AppendState, length: usize) -> Result<u64, AppendError> {
    match &mut state.segment {
        Some(segment) if segment.remaining() >= length + BLANK_BYTES => {
            segment.reserve(length).map_err(|source| unwritten(store, segment, source))?;
            Ok(store.watermarks().appended())
        }
        _ => roll(store, state),
    }
}

/// Records were refused by the disk after they had got their places: the log cannot go on behind them.
#[cold]
fn unwritten(store: &Store, segment: &SegmentWriter, source: io::Error) -> AppendError {
    let error = StoreError::io("write to", segment.file().path(), source);
    AppendError::Poisoned { reason: store.poison(&error).to_string() }
}

/// Ends the active segment with a blank and begins the next.
#[cold]
fn roll(store: &Store, state: &mut AppendState) -> Result<u64, AppendError> {
    if let Some(mut segment) = state.segment.take() {
        let left = segment.remaining();
        let ended = segment.reserve(BLANK_BYTES).and_then(|()| {
            if let Some(place) = segment.buffer(BLANK_BYTES) {
                encode_blank(left, place);
            }
            segment.publish(BLANK_BYTES);
            segment.publish_rest()
        });
        ended.map_err(|source| unwritten(store, &segment, source))?;
        store.watermarks().set_appended(segment.file().base() + segment.position() as u64);
    }
    let base = store.watermarks().appended();
    let segment = store.log().begin_segment(base).map_err(|source| {
        refused(DispatchRefused {
            path: store.log().path_of(base),
            needed_bytes: store.options().segment_bytes,
            source,
        })
    })?;
    state.segment = Some(segment);
    Ok(base)
}

fn refused(refused: DispatchRefused) -> AppendError {
    let DispatchRefused { path, needed_bytes, source } = refused;
    match source.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
            AppendError::DiskFull { path, needed_bytes }
        }
        _ => AppendError::Io { path, reason: source.to_string() },
    }
}

#[inline]
fn dispatch(
    state: &mut AppendState,
    entry: &TopicEntry,
    queue_id: u32,
    fields: &RecordFields<'_>,
    record_length: usize,
    tags_code: TagsCode,
    properties: ParsedProperties<'_>,
) {
    let tags_code = match tags_code {
        TagsCode::Given(code) => code,
        TagsCode::FromProperties => properties.tags.map_or(0, |tags| i64::from(java_hash(tags))),
    };
    let request = DispatchRequest {
        topic: entry.handle(),
        topic_name: entry.name(),
        queue_id,
        commit_log_offset: fields.commit_log_offset,
        size: u32::try_from(record_length).unwrap_or(u32::MAX),
        tags_code,
        store_timestamp: fields.store_timestamp,
        properties,
    };
    if belongs_to_queue(fields.sys_flag) {
        state.dispatcher.put_queue(&request);
    }
    if belongs_to_index(fields.sys_flag) {
        state.dispatcher.put_index(&request);
    }
}

//! Messages in and out: the functions that are called per chunk, per append and per pull.

use std::cell::RefCell;

use centaurmq_store::ingest::{
    AnsweredPull, HotPath, IngestMemory, IngestRoom, ReceivedChunk, Violation, ingest as ingest_chunk,
};
use centaurmq_store::{AppendError, Appended, Boundary, ReadRequest, ReadStatus, StoreError};
use napi_derive::napi;

use crate::append_request::{AppendRequest, decode};
use crate::error::{Result, invalid_argument, store_error};
use crate::numbers::{count, fill, integer, number, signed_number, unsigned};
use crate::registry;

const APPENDED: u32 = 0;
const READ_OUTPUT_TOO_SMALL: u32 = 9;
const LOOKUP_FOUND: u32 = 0;
const LOOKUP_NOT_FOUND: u32 = 1;
const LOOKUP_OUTPUT_TOO_SMALL: u32 = 2;
const QUEUE_KNOWN: u32 = 0;
const QUEUE_UNKNOWN: u32 = 1;
/// Of a `queueState` with times.
const QUEUE_STATE_NUMBERS: usize = 5;
const FLUSH_WANTED: u32 = 1;
pub const SPACE_WANTED: u32 = 2;
/// What an answered pull leaves to be noted.
pub const ANSWERED_PULL_NUMBERS: usize = 6;
const NO_COMMIT: f64 = -1.0;
/// Bytes of a record or peer address: IPv4 or IPv6, and the port.
pub const HOST_BYTES: [usize; 2] = [8, 20];

thread_local! {
    static INGEST_MEMORY: RefCell<IngestMemory> = RefCell::default();
    static COMMIT_LOG_OFFSETS: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
}

/// Memory of the caller that is written to. napi-rs converts a mutable slice only under another name.
pub type Bytes<'a> = &'a mut [u8];
pub type Numbers<'a> = &'a mut [f64];
pub type Words<'a> = &'a mut [u32];

/// Appends one message or one batch to a defined topic.
///
/// `request`, big-endian: `topic u32 | queueId i32 | flag i32 | sysFlag i32 | bornTimestamp i64 | reconsumeTimes i32 |
/// preparedTransactionOffset i64 | tagsCodeMode u8 (0 from TAGS, 1 given) | tagsCode i64 | kind u8 (0 single, 1 batch body)
/// | bornHostLength u8 | bornHost (address and port i32: 8 or 20) | propertiesLength u32 | properties | bodyLength u32 |
/// body`.
///
/// `head`: 0 queueOffset, 1 commitLogOffset, 2 end offset (what `flush` must reach), 3 record count, 4 … the commit log
/// offset of each record.
///
/// Returns 0 appended, 1 message illegal, 2 properties too long, 3 unknown topic, 4 next segment not ready, 5 disk
/// full, 6 poisoned, 7 closed. A request that breaks off throws.
#[napi(catch_unwind)]
pub fn append(
    store: u32,
    request: &[u8],
    now_millis: f64,
    #[napi(ts_arg_type = "Float64Array")] head: Numbers<'_>,
) -> Result<u32> {
    let open = registry::get(store)?;
    let identity = open.identity()?;
    let request = decode(request, identity.store_host())?;
    COMMIT_LOG_OFFSETS.with_borrow_mut(|offsets| {
        let mut appender = open.store.appender(integer(now_millis));
        let outcome = match &request {
            AppendRequest::Single(message) => appender.append(message).inspect(|place| {
                offsets.clear();
                offsets.push(place.commit_log_offset);
            }),
            AppendRequest::Batch(batch) => appender.append_batch(batch, offsets),
        };
        // A producer may have asked not to wait for the disk (`WAIT=false`).
        let outcome = outcome.and_then(|place| appender.write().map(|()| place));
        drop(appender);
        Ok(match outcome {
            Ok(place) => {
                fill_append_head(head, &place, offsets);
                APPENDED
            }
            Err(error) => refusal(&error),
        })
    })
}

fn fill_append_head(head: &mut [f64], appended: &Appended, offsets: &[u64]) {
    let facts = [
        number(appended.queue_offset),
        number(appended.commit_log_offset),
        number(appended.end_offset),
        f64::from(appended.record_count),
    ];
    fill(head, &facts);
    for (place, offset) in head.iter_mut().skip(facts.len()).zip(offsets) {
        *place = number(*offset);
    }
}

fn refusal(error: &AppendError) -> u32 {
    match error {
        AppendError::PropertiesTooLarge { .. } => 2,
        AppendError::TopicUnknown { .. } => 3,
        AppendError::Io { .. } => 4,
        AppendError::DiskFull { .. } => 5,
        AppendError::Poisoned { .. } => 6,
        AppendError::ShuttingDown => 7,
        _ => 1,
    }
}

/// The hot path: walks the frames of a received chunk, appends every plain SEND (10, 310, 320) to a known writable topic,
/// answers every plain PULL (11, 361) of messages that are in memory, for a group that `definePullGroup` named, and writes the
/// responses; lists every other frame.
///
/// `peer`: the connection's remote address and port, as in a record (8 or 20 bytes). `localPort`: pulls are answered on the
/// `storePort` of `configure` only. `out`: for the responses; below 1 KiB more than `recordBytesMax` no pull is answered.
/// `frames`: start and end in `chunk` of each listed frame, in pairs. `pulls`: for each answered pull 0 the id of group and
/// topic, 1 queueId, 2 nextBeginOffset, 3 the offset that came along to be committed (-1: none), 4 record count, 5 record bytes;
/// without room no pull is answered.
///
/// `head` (at least 11): 0 consumedBytes (whole frames from the start), 1 responseBytes (ready now, from `out[0]`),
/// 2 withheldStart and 3 withheldBytes (responses that wait for a flush), 4 requiredFlushOffset (0: none), 5
/// otherFrameCount, 6 appendedRecords, 7 arrivalsPending (0 or 1), 8 violation code (0: none; the frame behind the consumed
/// bytes is malformed), 9 flags (1 a flush is wanted, 2 `prepareSpace` is wanted), 10 answeredPullCount.
///
/// It stops early, with whole frames left, when `out`, `frames` or `pulls` is full, behind a SEND that it does not take, so that
/// the messages of a connection keep their order, and before a PULL that it could answer behind any listed frame: handle the
/// listed frames, then call again with the rest.
///
/// Returns the violation code: 1 frame length outside 4 … 16 777 212, 2 header longer than its frame, 3 unknown serialize
/// type.
#[napi(catch_unwind)]
pub fn ingest(
    store: u32,
    peer: &[u8],
    local_port: u16,
    chunk: &[u8],
    now_millis: f64,
    #[napi(ts_arg_type = "Uint8Array")] out: Bytes<'_>,
    #[napi(ts_arg_type = "Float64Array")] head: Numbers<'_>,
    #[napi(ts_arg_type = "Uint32Array")] frames: Words<'_>,
    #[napi(ts_arg_type = "Float64Array")] pulls: Numbers<'_>,
) -> Result<u32> {
    let open = registry::get(store)?;
    let identity = open.identity()?;
    if !HOST_BYTES.contains(&peer.len()) {
        return Err(invalid_argument(format!("the peer has {} bytes, expected 8 or 20", peer.len())));
    }
    let hot_path = HotPath { store: &open.store, identity: &identity, pulls: &open.pulls };
    let chunk = ReceivedChunk { peer, local_port, bytes: chunk, now_millis: integer(now_millis) };
    let room = IngestRoom { out, frames, pulls_max: pulls.len() / ANSWERED_PULL_NUMBERS };
    let (outcome, pull_count) = INGEST_MEMORY.with_borrow_mut(|memory| {
        let outcome = ingest_chunk(&hot_path, memory, &chunk, room);
        fill_pulls(pulls, memory.answered_pulls());
        (outcome, memory.answered_pulls().len())
    });
    let violation = outcome.violation.map_or(0, Violation::code);
    let flags = if outcome.required_flush_offset > 0 { FLUSH_WANTED } else { 0 }
        | if outcome.space_wanted { SPACE_WANTED } else { 0 };
    fill(
        head,
        &[
            count(outcome.consumed_bytes),
            count(outcome.response_bytes),
            count(outcome.response_bytes),
            count(outcome.withheld_bytes),
            number(outcome.required_flush_offset),
            count(outcome.other_frame_count),
            f64::from(outcome.appended_records),
            f64::from(u8::from(open.store.arrivals_pending())),
            f64::from(violation),
            f64::from(flags),
            count(pull_count),
        ],
    );
    Ok(violation)
}

pub fn fill_pulls(places: &mut [f64], answered: &[AnsweredPull]) {
    for (place, pull) in places.as_chunks_mut::<ANSWERED_PULL_NUMBERS>().0.iter_mut().zip(answered) {
        *place = [
            f64::from(pull.subscription_id),
            f64::from(pull.queue_id),
            number(pull.next_begin_offset),
            pull.commit_offset.map_or(NO_COMMIT, number),
            f64::from(pull.record_count),
            count(pull.record_bytes),
        ];
    }
}

/// Copies records of a queue, as stored, into `out` from `outStart`: at most `maxCount` of them and `maxBytes` in all, but
/// one at least. `tagCodes`: Java hash codes of the subscribed tags, null for all.
///
/// `head` (at least 6): 0 nextBeginOffset, 1 minOffset, 2 maxOffset (visible), 3 record count, 4 bytes written (with status 9:
/// bytes needed), 5 log bytes between the newest record and the last one read.
///
/// Returns RocketMQ's GetMessageStatus: 0 found, 1 no matched message, 2 message was removing, 3 offset found null, 4
/// offset overflow badly, 5 offset overflow one, 6 offset too small, 7 no matched logic queue, 8 no message in queue; or 9
/// when `out` cannot take one record.
#[napi(catch_unwind)]
pub fn read(
    store: u32,
    topic: u32,
    queue_id: i32,
    queue_offset: f64,
    max_count: u32,
    max_bytes: u32,
    tag_codes: Option<&[i32]>,
    #[napi(ts_arg_type = "Uint8Array")] out: Bytes<'_>,
    out_start: u32,
    #[napi(ts_arg_type = "Float64Array")] head: Numbers<'_>,
) -> Result<u32> {
    let open = registry::get(store)?;
    let out_bytes = out.len();
    let place = out.get_mut(out_start as usize..).ok_or_else(|| {
        invalid_argument(format!("outStart is {out_start}, beyond the buffer of {out_bytes} bytes"))
    })?;
    let request =
        ReadRequest { topic, queue_id, queue_offset: integer(queue_offset), max_count, max_bytes, tag_codes };
    let outcome = match open.store.read(&request, place) {
        Ok(outcome) => outcome,
        Err(StoreError::BufferTooSmall { needed_bytes, .. }) => {
            fill(head, &[0.0, 0.0, 0.0, 0.0, count(needed_bytes), 0.0]);
            return Ok(READ_OUTPUT_TOO_SMALL);
        }
        Err(error) => return Err(store_error(&error)),
    };
    let behind = match outcome.status {
        ReadStatus::Found => open.store.appended_offset().saturating_sub(outcome.last_commit_log_offset),
        _ => 0,
    };
    fill(
        head,
        &[
            number(outcome.next_begin_offset),
            number(outcome.min_offset),
            number(outcome.max_offset),
            f64::from(outcome.record_count),
            count(outcome.bytes),
            number(behind),
        ],
    );
    Ok(outcome.status as u32)
}

/// Copies the record that begins at this commit log offset into `out`. `head`: 0 its length, also when it does not fit.
/// Returns 0 found, 1 none begins there (or it is not visible yet), 2 `out` is too small.
#[napi(catch_unwind)]
pub fn lookup(
    store: u32,
    commit_log_offset: f64,
    #[napi(ts_arg_type = "Uint8Array")] out: Bytes<'_>,
    #[napi(ts_arg_type = "Float64Array")] head: Numbers<'_>,
) -> Result<u32> {
    if commit_log_offset < 0.0 {
        return Ok(LOOKUP_NOT_FOUND);
    }
    match registry::get(store)?.store.lookup(unsigned(commit_log_offset), out) {
        Ok(None) => Ok(LOOKUP_NOT_FOUND),
        Ok(Some(length)) => {
            fill(head, &[count(length)]);
            Ok(LOOKUP_FOUND)
        }
        Err(StoreError::BufferTooSmall { needed_bytes, .. }) => {
            fill(head, &[count(needed_bytes)]);
            Ok(LOOKUP_OUTPUT_TOO_SMALL)
        }
        Err(error) => Err(store_error(&error)),
    }
}

/// Whether `read` with the same arguments would wait for the disk. Costs a fraction of a read.
#[napi(catch_unwind)]
pub fn is_cold(
    store: u32,
    topic: u32,
    queue_id: i32,
    queue_offset: f64,
    max_count: u32,
    max_bytes: u32,
    tag_codes: Option<&[i32]>,
) -> Result<bool> {
    let request =
        ReadRequest { topic, queue_id, queue_offset: integer(queue_offset), max_count, max_bytes, tag_codes };
    registry::get(store)?.store.is_cold(&request).map_err(|error| store_error(&error))
}

/// Blocking. Brings into memory what `read` with the same arguments copies, and some of what follows it.
#[napi(catch_unwind)]
pub fn warm(
    store: u32,
    topic: u32,
    queue_id: i32,
    queue_offset: f64,
    max_count: u32,
    max_bytes: u32,
    tag_codes: Option<&[i32]>,
) -> Result<()> {
    let request =
        ReadRequest { topic, queue_id, queue_offset: integer(queue_offset), max_count, max_bytes, tag_codes };
    registry::get(store)?.store.warm(&request).map_err(|error| store_error(&error))
}

/// Bounds of a queue. `head`: 0 minOffset, 1 maxOffset (visible), 2 appended maximum; with room for 5 numbers also 3
/// lastStoreTimestamp and 4 earliestStoreTimestamp (milliseconds, -1 without a message), for which two records are read.
/// Returns 0, or 1 when the topic is unknown.
#[napi(catch_unwind)]
pub fn queue_state(
    store: u32,
    topic: u32,
    queue_id: i32,
    #[napi(ts_arg_type = "Float64Array")] head: Numbers<'_>,
) -> Result<u32> {
    let store = &registry::get(store)?.store;
    if head.len() < QUEUE_STATE_NUMBERS {
        let bounds = store.queue_bounds(topic, queue_id).map_err(|error| store_error(&error))?;
        let facts = [bounds.min_offset, bounds.max_offset, bounds.appended_max].map(number);
        fill(head, &facts);
        return Ok(QUEUE_KNOWN);
    }
    match store.queue_state(topic, queue_id) {
        Ok(state) => {
            let facts = [
                number(state.min_offset),
                number(state.max_offset),
                number(state.appended_max),
                signed_number(state.last_store_timestamp),
                signed_number(state.earliest_store_timestamp),
            ];
            fill(head, &facts);
            Ok(QUEUE_KNOWN)
        }
        Err(StoreError::TopicUnknown { .. }) => Ok(QUEUE_UNKNOWN),
        Err(error) => Err(store_error(&error)),
    }
}

/// How many messages the queues of a topic ever showed to readers; 0 for an unknown topic.
#[napi(catch_unwind)]
pub fn topic_put_total(store: u32, topic: u32) -> Result<f64> {
    Ok(number(registry::get(store)?.store.topic_put_total(topic)))
}

/// The queue offset for a store time in milliseconds: of the first message at or after it, or with `upper` of the last one
/// at or before it.
#[napi(catch_unwind)]
pub fn search_offset(store: u32, topic: u32, queue_id: i32, timestamp: f64, upper: bool) -> Result<f64> {
    let boundary = if upper { Boundary::Upper } else { Boundary::Lower };
    let found = registry::get(store)?.store.search_offset(topic, queue_id, integer(timestamp), boundary);
    found.map(number).map_err(|error| store_error(&error))
}

/// Begins or ends reporting arrivals of a queue. A queue without messages can be watched.
#[napi(catch_unwind)]
pub fn watch(store: u32, topic: u32, queue_id: i32, on: bool) -> Result<()> {
    registry::get(store)?.store.watch(topic, queue_id, on).map_err(|error| store_error(&error))
}

/// Watched queues with newly visible messages since the last call, each once: writes pairs of topic handle and queue id and
/// returns how many. What has no room in `out` comes with the next call.
#[napi(catch_unwind)]
pub fn arrivals(store: u32, #[napi(ts_arg_type = "Uint32Array")] out: Words<'_>) -> Result<u32> {
    let taken = registry::get(store)?.take_arrivals(out.as_chunks_mut::<2>().0);
    Ok(u32::try_from(taken).unwrap_or(u32::MAX))
}

/// Blocking. Commit log offsets of messages with this key (KEYS or UNIQ_KEY), newest first, stored between two times in
/// milliseconds, both included. Writes at most `maxCount` into `out` and returns how many. Keys of the same hash are
/// among them: compare.
#[napi(catch_unwind)]
pub fn query_index(
    store: u32,
    topic: String,
    key: String,
    max_count: u32,
    begin_millis: f64,
    end_millis: f64,
    #[napi(ts_arg_type = "Float64Array")] out: Numbers<'_>,
) -> Result<u32> {
    let open = registry::get(store)?;
    let count_max = out.len().min(max_count as usize);
    let mut offsets = Vec::new();
    open.store
        .query_index(&topic, &key, count_max, integer(begin_millis), integer(end_millis), &mut offsets)
        .map_err(|error| store_error(&error))?;
    for (place, offset) in out.iter_mut().zip(&offsets) {
        *place = number(*offset);
    }
    Ok(u32::try_from(offsets.len().min(count_max)).unwrap_or(u32::MAX))
}

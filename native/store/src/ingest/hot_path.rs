//! The hot path: one received chunk in, records in the log and response frames out.
//!
//! It takes a frame only when it is a plain SEND, or a plain PULL of messages that are there, whose every part it
//! understands. Any other frame is listed for the general path, which must be able to answer each frame that is taken here
//! with the same bytes.

use std::slice::ChunksExactMut;

use super::binary_header::scan_binary_header;
use super::frame::{Frame, FrameWalk, SerializeType, Violation, walk_frame};
use super::header_scan::{HeaderKind, HeaderScan};
use super::identity::HotPathIdentity;
use super::json_header::scan_json_header;
use super::properties::{PropertiesScan, is_plain_ascii, scan_properties};
use super::pull::{AdmittedPull, AnsweredPull, admit};
use super::pull_request::{PullRequest, read_pull};
use super::pull_response::PULL_HEAD_BYTES_MAX;
use super::pull_table::PullTable;
use super::send_request::{SendRequest, read_send};
use super::send_response::SendResponse;
use crate::appender::{Appended, Appender, BatchToAppend, MessageToAppend, TagsCode};
use crate::store::Store;
use crate::topic::{AckLevel, TopicEntry, TopicHandle};

/// Sends that are read before the first of them is appended. Among many queues each append waits for memory that no cache has; so
/// what a group's appends need is asked for at once.
const GROUP_MAX: usize = 16;

/// What the hot path works on, shared by all threads.
#[derive(Debug, Clone, Copy)]
pub struct HotPath<'a> {
    pub store: &'a Store,
    pub identity: &'a HotPathIdentity,
    pub pulls: &'a PullTable,
}

/// Bytes from one connection.
#[derive(Debug, Clone, Copy)]
pub struct ReceivedChunk<'a> {
    /// The peer's address (4 or 16 bytes) and port (4 bytes), as in a record.
    pub peer: &'a [u8],
    /// The port that the peer is connected to: pulls are answered on the broker's own port only.
    pub local_port: u16,
    pub bytes: &'a [u8],
    pub now_millis: i64,
}

/// Room for what comes out of a chunk.
#[derive(Debug)]
pub struct IngestRoom<'a> {
    /// For the responses.
    pub out: &'a mut [u8],
    /// For start and end of each frame that is left to the general path, in pairs.
    pub frames: &'a mut [u32],
    /// Pulls to answer at most; what they leave to be noted is in [`IngestMemory::answered_pulls`].
    pub pulls_max: usize,
}

/// What became of a chunk.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct IngestOutcome {
    /// Whole frames from the start that are done with or listed.
    pub consumed_bytes: usize,
    /// Responses to write now, from the start of `out`.
    pub response_bytes: usize,
    /// Behind them: responses that wait until `required_flush_offset` is durable.
    pub withheld_bytes: usize,
    /// 0 when nothing was appended to a topic whose level is fsync.
    pub required_flush_offset: u64,
    /// Pairs of start and end in `frames`.
    pub other_frame_count: usize,
    pub appended_records: u32,
    /// The frame behind the consumed bytes cannot be one.
    pub violation: Option<Violation>,
    /// `Store::prepare_space` is wanted.
    pub space_wanted: bool,
}

/// Memory that is reused from chunk to chunk; one for each thread.
#[derive(Debug, Default)]
pub struct IngestMemory {
    scan: HeaderScan,
    unescaped: [Vec<u8>; GROUP_MAX],
    ready: Vec<u8>,
    withheld: Vec<u8>,
    commit_log_offsets: Vec<u64>,
    pull_head: Vec<u8>,
    tag_codes: Vec<i32>,
    answered_pulls: Vec<AnsweredPull>,
}

impl IngestMemory {
    /// Of the last chunk, in order.
    pub fn answered_pulls(&self) -> &[AnsweredPull] {
        &self.answered_pulls
    }
}

/// Takes what it can of a chunk. It stops early, with whole frames left, when `out` or `frames` is full, behind a SEND
/// that it leaves to the general path, so that one connection's messages keep their order, and before a PULL that it could
/// answer behind any listed frame, so that offsets do: handle what is listed and call again with the rest.
pub fn ingest(
    hot_path: &HotPath<'_>,
    memory: &mut IngestMemory,
    chunk: &ReceivedChunk<'_>,
    room: IngestRoom<'_>,
) -> IngestOutcome {
    memory.ready.clear();
    memory.withheld.clear();
    memory.answered_pulls.clear();
    let IngestRoom { out, frames, pulls_max } = room;
    let mut walk = ChunkWalk {
        hot_path,
        memory,
        chunk,
        appender: None,
        out,
        pulls_max,
        outcome: IngestOutcome::default(),
    };
    walk.run(frames);
    walk.release_appender();
    walk.place_ready();
    walk.place_withheld();
    walk.outcome
}

/// What one frame turned out to be.
#[derive(Clone, Copy)]
enum Taken {
    /// Done with.
    Done,
    /// Not a SEND: listed, the walk goes on.
    Other,
    /// A SEND, or perhaps one, that the general path must decide before anything behind it.
    LeftOver,
    /// For the next call: its response has no room any more, or something that is listed comes first.
    Later,
}

/// What stands at a place of the chunk.
enum Read<'a> {
    Send(Send<'a>),
    Pull(PullRequest<'a>, usize),
    /// A frame of so many bytes that the general path handles.
    Listed(Taken, usize),
    /// No whole frame, or none at all.
    End(Option<Violation>),
}

/// One send of a group.
struct Send<'a> {
    request: SendRequest<'a>,
    body: &'a [u8],
    /// Bytes of its frame.
    length: usize,
    topic: Option<TopicHandle>,
}

struct ChunkWalk<'a, 'm> {
    hot_path: &'a HotPath<'a>,
    memory: &'m mut IngestMemory,
    chunk: &'a ReceivedChunk<'a>,
    /// The append lock, taken at the first send.
    appender: Option<Appender<'a>>,
    /// Holds `outcome.response_bytes` already; what is in `memory.ready` comes behind them.
    out: &'m mut [u8],
    pulls_max: usize,
    outcome: IngestOutcome,
}

impl<'a> ChunkWalk<'a, '_> {
    fn run(&mut self, frames: &mut [u32]) {
        let mut listed = frames.chunks_exact_mut(2);
        let mut unescaped = std::mem::take(&mut self.memory.unescaped);
        while self.walk_group(&mut unescaped, &mut listed) {}
        self.memory.unescaped = unescaped;
    }

    /// A group of sends, and the frame behind it if that is none. False when the walk is over.
    fn walk_group(
        &mut self,
        unescaped: &mut [Vec<u8>; GROUP_MAX],
        listed: &mut ChunksExactMut<'_, u32>,
    ) -> bool {
        let mut group = Vec::with_capacity(GROUP_MAX);
        let mut position = self.outcome.consumed_bytes;
        let mut behind = None;
        for unescaped in unescaped {
            match self.read(position, unescaped) {
                Read::Send(send) => {
                    position += send.length;
                    group.push(send);
                }
                other => {
                    behind = Some(other);
                    break;
                }
            }
        }
        self.send_group(&mut group, listed) && behind.is_none_or(|read| self.walk_other(read, listed))
    }

    fn read<'u>(&mut self, position: usize, unescaped: &'u mut Vec<u8>) -> Read<'u>
    where
        'a: 'u,
    {
        let frame = match walk_frame(self.chunk.bytes, position) {
            FrameWalk::Whole(frame) => frame,
            FrameWalk::Incomplete => return Read::End(None),
            FrameWalk::Malformed(violation) => return Read::End(Some(violation)),
        };
        let Frame { serialize_type, header, body, length } = frame;
        let scan = &mut self.memory.scan;
        let kind = match serialize_type {
            SerializeType::Json => scan_json_header(header, scan),
            SerializeType::RocketMq => scan_binary_header(header, scan),
        };
        match kind {
            HeaderKind::Other => Read::Listed(Taken::Other, length),
            HeaderKind::Unclear => Read::Listed(Taken::LeftOver, length),
            HeaderKind::Send => match read_send(header, scan, serialize_type, unescaped) {
                Some(request) => Read::Send(Send { request, body, length, topic: None }),
                None => Read::Listed(Taken::LeftOver, length),
            },
            HeaderKind::Pull => match read_pull(header, scan, serialize_type) {
                Some(request) => Read::Pull(request, length),
                None => Read::Listed(Taken::Other, length),
            },
        }
    }

    /// False when the walk is over.
    fn send_group(&mut self, group: &mut [Send<'_>], listed: &mut ChunksExactMut<'_, u32>) -> bool {
        if group.is_empty() {
            return true;
        }
        let appender =
            self.appender.get_or_insert_with(|| self.hot_path.store.appender(self.chunk.now_millis));
        for send in &mut *group {
            send.topic = appender.topic(send.request.topic).map(TopicEntry::handle);
        }
        if group.len() > 1 {
            for Send { request, topic, .. } in &*group {
                appender.touch(*topic, request.queue_id);
            }
        }
        group.iter().all(|send| {
            let taken = self.send(send).unwrap_or(Taken::LeftOver);
            self.advance(taken, send.length, listed)
        })
    }

    /// False when the walk is over.
    fn walk_other(&mut self, read: Read<'_>, listed: &mut ChunksExactMut<'_, u32>) -> bool {
        let (taken, length) = match read {
            Read::Pull(request, length) => (self.pull(&request).unwrap_or(Taken::Other), length),
            Read::Listed(taken, length) => (taken, length),
            Read::Send(send) => (Taken::LeftOver, send.length),
            Read::End(violation) => {
                self.outcome.violation = violation;
                return false;
            }
        };
        self.advance(taken, length, listed)
    }

    /// Goes behind a frame, and lists it if it is not done with. False when the walk is over.
    fn advance(&mut self, taken: Taken, length: usize, listed: &mut ChunksExactMut<'_, u32>) -> bool {
        let start = self.outcome.consumed_bytes;
        let end = start + length;
        match taken {
            Taken::Done => {}
            Taken::Later => return false,
            Taken::Other | Taken::LeftOver => {
                let (Some([from, to]), Ok(start), Ok(end)) =
                    (listed.next(), u32::try_from(start), u32::try_from(end))
                else {
                    return false;
                };
                (*from, *to) = (start, end);
                self.outcome.other_frame_count += 1;
            }
        }
        self.outcome.consumed_bytes = end;
        !matches!(taken, Taken::LeftOver)
    }

    /// Lets others append, and reads and copies without them waiting.
    fn release_appender(&mut self) {
        if let Some(appender) = self.appender.take() {
            self.outcome.space_wanted |= appender.space_wanted();
        }
    }

    fn place_ready(&mut self) {
        let Self { memory, out, outcome, .. } = self;
        place(out, outcome.response_bytes, &memory.ready);
        outcome.response_bytes += memory.ready.len();
        memory.ready.clear();
    }

    fn place_withheld(&mut self) {
        let Self { memory, out, outcome, .. } = self;
        place(out, outcome.response_bytes, &memory.withheld);
        outcome.withheld_bytes = memory.withheld.len();
    }

    /// Bytes of `out` that no response has taken.
    fn room(&self) -> usize {
        let memory = &self.memory;
        self.out.len() - self.outcome.response_bytes - memory.ready.len() - memory.withheld.len()
    }

    /// `None` when the general path must decide.
    fn pull(&mut self, request: &PullRequest<'_>) -> Option<Taken> {
        let hot_path = self.hot_path;
        if self.chunk.local_port != hot_path.identity.store_port() || self.pulls_max == 0 {
            return None;
        }
        let subscription = hot_path.pulls.find(request.consumer_group, request.topic)?;
        let mut tag_codes = std::mem::take(&mut self.memory.tag_codes);
        let taken = admit(hot_path, request, &subscription, &mut tag_codes).and_then(|read| {
            let bounds = hot_path.store.queue_bounds(read.topic, read.queue_id).ok()?;
            let offset = u64::try_from(read.queue_offset).ok()?;
            let is_there = (bounds.min_offset..bounds.max_offset).contains(&offset);
            is_there.then_some(())?;
            self.answer(&AdmittedPull { request, subscription: &subscription, read, bounds })
        });
        self.memory.tag_codes = tag_codes;
        taken
    }

    fn answer(&mut self, pull: &AdmittedPull<'_>) -> Option<Taken> {
        let needed = PULL_HEAD_BYTES_MAX + pull.read.max_bytes as usize;
        if needed > self.out.len() {
            return None;
        }
        // What is listed may commit the same offsets, or end the subscription.
        let is_behind_listed = self.outcome.other_frame_count > 0;
        if is_behind_listed || needed > self.room() || self.memory.answered_pulls.len() == self.pulls_max {
            return Some(Taken::Later);
        }
        self.release_appender();
        self.place_ready();
        let Self { memory, out, outcome, .. } = self;
        let end = out.len() - memory.withheld.len();
        let place = out.get_mut(outcome.response_bytes..end)?;
        let (answered, answer_bytes) = pull.answer(self.hot_path, &mut memory.pull_head, place)?;
        memory.answered_pulls.push(answered);
        outcome.response_bytes += answer_bytes;
        Some(Taken::Done)
    }

    /// `None` when the general path must decide.
    fn send(&mut self, send: &Send<'_>) -> Option<Taken> {
        let Send { request, body, .. } = send;
        let scan = scan_properties(request.properties)?;
        let transaction_id = scan.parsed.unique_key;
        if transaction_id.is_some_and(|key| !is_plain_ascii(key)) {
            return None;
        }
        let record_count_max = match transaction_id {
            _ if request.batch => batch_element_count(body)?,
            Some(_) => 1,
            // the general path makes one
            None => return None,
        };
        if body.is_empty() {
            return None;
        }
        let encoder = self.hot_path.identity.responses();
        let needed = encoder.response_bytes_max(record_count_max, transaction_id.map_or(0, <[u8]>::len));
        if !request.oneway && needed > self.room() {
            // what would never fit is left to the general path
            return (needed <= self.out.len()).then_some(Taken::Later);
        }
        let (place, ack_level) = self.append(send, &scan)?;
        self.outcome.appended_records += place.record_count;
        let responses = match ack_level {
            AckLevel::Os => &mut self.memory.ready,
            AckLevel::Fsync => {
                self.outcome.required_flush_offset = self.outcome.required_flush_offset.max(place.end_offset);
                &mut self.memory.withheld
            }
        };
        if !request.oneway {
            let response = SendResponse {
                opaque: request.opaque,
                queue_id: request.queue_id,
                queue_offset: place.queue_offset,
                commit_log_offsets: &self.memory.commit_log_offsets,
                transaction_id,
            };
            encoder.encode(request.serialize_type, &response, responses);
        }
        Some(Taken::Done)
    }

    fn append(&mut self, send: &Send<'_>, scan: &PropertiesScan<'_>) -> Option<(Appended, AckLevel)> {
        let Send { request, body, .. } = send;
        let HotPath { store, identity, .. } = *self.hot_path;
        let appender = self.appender.get_or_insert_with(|| store.appender(self.chunk.now_millis));
        let (topic, ack_level) = open_topic(appender, send)?;
        let offsets = &mut self.memory.commit_log_offsets;
        let place = if request.batch {
            let batch = BatchToAppend {
                topic,
                queue_id: request.queue_id,
                sys_flag: request.sys_flag,
                born_timestamp: request.born_timestamp,
                born_host: self.chunk.peer,
                store_host: identity.store_host(),
                reconsume_times: request.reconsume_times,
                body,
            };
            appender.append_batch(&batch, offsets).ok()?
        } else {
            let message = MessageToAppend {
                topic,
                queue_id: request.queue_id,
                flag: request.flag,
                sys_flag: request.sys_flag,
                born_timestamp: request.born_timestamp,
                born_host: self.chunk.peer,
                store_host: identity.store_host(),
                reconsume_times: request.reconsume_times,
                prepared_transaction_offset: 0,
                tags_code: TagsCode::FromProperties,
                properties: request.properties,
                properties_suffix: identity.properties_suffix(),
                parsed: Some(scan.parsed),
                body,
            };
            let place = appender.append(&message).ok()?;
            offsets.clear();
            offsets.push(place.commit_log_offset);
            place
        };
        Some((place, ack_level))
    }
}

fn place(out: &mut [u8], at: usize, responses: &[u8]) {
    if let Some(place) = out.get_mut(at..at + responses.len()) {
        place.copy_from_slice(responses);
    }
}

/// The topic, when the hot path may append to this queue of it.
fn open_topic(appender: &Appender<'_>, send: &Send<'_>) -> Option<(TopicHandle, AckLevel)> {
    let topic = appender.topic_entry(send.topic?)?;
    let open = topic.hot_path()
        && topic.writable()
        && u32::try_from(send.request.queue_id).is_ok_and(|queue_id| queue_id < topic.write_queue_nums());
    open.then(|| (topic.handle(), topic.ack_level()))
}

/// Elements of a batch body, by their sizes alone; `None` when they do not add up.
fn batch_element_count(body: &[u8]) -> Option<usize> {
    let mut rest = body;
    let mut count = 0;
    while let Some(size) = rest.first_chunk() {
        let size = usize::try_from(i32::from_be_bytes(*size)).ok().filter(|&size| size > 0)?;
        rest = rest.get(size..)?;
        count += 1;
    }
    rest.is_empty().then_some(count)
}

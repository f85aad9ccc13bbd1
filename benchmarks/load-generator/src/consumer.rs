//! One connection that pulls: the queues that it reads, each with one pull in flight.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::connection::{Connection, FrameReceiver};
use crate::event_loop::epoch_millis;
use crate::exchange::{connect, exchange};
use crate::frame::{AnswerNumbers, NumberFinder, OPAQUE_FIRST, malformed, refusal, response_code};
use crate::pull::{PullRequest, Subscription};
use crate::queue_order::Queue;
use crate::record_walk::RecordWalk;

/// What all pulls have in common.
pub struct Asked<'a> {
    pub topics: &'a [String],
    pub subscriptions: Vec<Subscription>,
    pub max_count: u32,
}

impl<'a> Asked<'a> {
    /// So many groups that take every message of these topics.
    pub fn new(topics: &'a [String], groups: u32, max_count: u32) -> Self {
        let sub_version = epoch_millis();
        let subscriptions = (0..groups)
            .map(|number| Subscription { group: format!("load_generator_{number}"), sub_version })
            .collect();
        Self { topics, subscriptions, max_count }
    }

    /// Connects and registers the groups, so that the broker knows their subscriptions.
    pub fn connect(&self, address: SocketAddr, connection: u32) -> io::Result<TcpStream> {
        let mut stream = connect(address)?;
        let client_id = format!("127.0.0.1@load_generator#{}#{connection}", std::process::id());
        let heart_beats: Vec<_> = (OPAQUE_FIRST..)
            .zip(&self.subscriptions)
            .map(|(opaque, subscription)| {
                let mut request = vec![];
                subscription.append_heart_beat(&mut request, opaque, &client_id, self.topics);
                request
            })
            .collect();
        exchange(&mut stream, &heart_beats, |number| format!("the heartbeat of group {number}"))?;
        Ok(stream)
    }
}

/// A queue as one group reads it.
pub struct QueueReader {
    /// The group's place among the subscriptions.
    pub subscription: usize,
    pub queue: Queue,
    pub next_offset: u64,
    /// Where to end.
    pub end_offset: Option<u64>,
    /// When the pull in flight began.
    begun: Instant,
}

impl QueueReader {
    pub fn new(subscription: usize, queue: Queue, next_offset: u64, end_offset: Option<u64>) -> Self {
        Self { subscription, queue, next_offset, end_offset, begun: Instant::now() }
    }

    pub fn is_drained(&self) -> bool {
        self.end_offset.is_some_and(|end_offset| self.next_offset >= end_offset)
    }

    fn append_pull(&mut self, out: &mut Vec<u8>, number: u32, asked: &Asked<'_>, now: Instant) {
        let subscription = asked.subscriptions.get(self.subscription);
        let topic = asked.topics.get(self.queue.topic as usize);
        let (Some(subscription), Some(topic)) = (subscription, topic) else { return };
        self.begun = now;
        let pull = PullRequest {
            subscription,
            topic,
            queue_id: self.queue.queue_id,
            queue_offset: self.next_offset,
            max_count: asked.max_count,
        };
        pull.append_to(out, OPAQUE_FIRST + number);
    }
}

/// The readers' places are the opaques of their pulls.
pub struct Consumer {
    pub connection: Connection,
    readers: Vec<QueueReader>,
    /// Readers without a pull in flight.
    waiting: Vec<u32>,
    /// The answer that has arrived in part.
    under_way: Option<UnderWay>,
}

impl Consumer {
    pub fn new(stream: TcpStream) -> io::Result<Self> {
        Ok(Self { connection: Connection::new(stream)?, readers: vec![], waiting: vec![], under_way: None })
    }

    pub fn add(&mut self, reader: QueueReader) {
        if !reader.is_drained() {
            self.waiting.extend(u32::try_from(self.readers.len()));
        }
        self.readers.push(reader);
    }

    /// Readers that are not at their end.
    pub fn undrained(&self) -> usize {
        self.readers.iter().filter(|reader| !reader.is_drained()).count()
    }

    /// Pulls for every reader that has no pull in flight.
    pub fn pull(&mut self, asked: &Asked<'_>, now: Instant) -> io::Result<()> {
        for number in self.waiting.drain(..) {
            if let Some(reader) = self.readers.get_mut(number as usize) {
                reader.append_pull(self.connection.unsent(), number, asked, now);
            }
        }
        self.connection.write()
    }

    pub fn receive(
        &mut self,
        buffer: &mut [u8],
        answers: &mut PullAnswers,
        observer: &mut impl PullObserver,
    ) -> io::Result<()> {
        let Self { connection, readers, waiting, under_way } = self;
        connection.receive(buffer, &mut PullReceiver { readers, waiting, under_way, answers, observer })
    }
}

/// What becomes of the pulls.
pub trait PullObserver {
    /// How much of each record is shown.
    const HEAD_BYTES: usize;

    fn record(&mut self, head: &[u8], now: Instant);

    /// A pull has brought so many records of so many bytes.
    fn answered(&mut self, latency: Duration, records: u64, bytes: u64);

    fn refused(&mut self, words: impl FnOnce() -> String);

    /// A reader is at its end.
    fn drained(&mut self);
}

/// What all connections share to read answers.
pub struct PullAnswers {
    numbers: AnswerNumbers,
    next_begin_offset: NumberFinder,
    /// When the last bytes came.
    pub now: Instant,
}

impl PullAnswers {
    pub fn new() -> Self {
        let next_begin_offset = NumberFinder::of_ext_field("nextBeginOffset");
        Self { numbers: AnswerNumbers::new(), next_begin_offset, now: Instant::now() }
    }
}

/// An answer whose body is arriving.
struct UnderWay {
    reader: u32,
    /// Where the next pull begins.
    next_offset: u64,
    walk: RecordWalk,
}

struct PullReceiver<'a, O> {
    readers: &'a mut [QueueReader],
    waiting: &'a mut Vec<u32>,
    under_way: &'a mut Option<UnderWay>,
    answers: &'a mut PullAnswers,
    observer: &'a mut O,
}

impl<O: PullObserver> FrameReceiver for PullReceiver<'_, O> {
    fn received(&mut self) {
        self.answers.now = Instant::now();
    }

    fn header(&mut self, header: &[u8], _: usize) -> io::Result<()> {
        let Some((code, number)) = self.answers.numbers.read(header)? else { return Ok(()) };
        let reader = self.readers.get(number as usize);
        let reader = reader.ok_or_else(|| malformed("its opaque was never sent"))?;
        let next_offset = match code {
            response_code::SUCCESS
            | response_code::PULL_NOT_FOUND
            | response_code::PULL_RETRY_IMMEDIATELY
            | response_code::PULL_OFFSET_MOVED => {
                let next = self.answers.next_begin_offset.find(header);
                next.ok_or_else(|| malformed("there is no nextBeginOffset"))?
            }
            response_code::SYSTEM_BUSY | response_code::FLOW_CONTROL => {
                self.observer.refused(|| refusal(code, header));
                reader.next_offset
            }
            _ => {
                let refused = format!("the broker refused a pull: {}", refusal(code, header));
                return Err(io::Error::other(refused));
            }
        };
        *self.under_way =
            Some(UnderWay { reader: number, next_offset, walk: RecordWalk::new(reader.next_offset) });
        Ok(())
    }

    fn body(&mut self, bytes: &[u8], ends: bool) -> io::Result<usize> {
        // a request of the broker's own may have a body
        let Some(under_way) = self.under_way else { return Ok(bytes.len()) };
        let now = self.answers.now;
        under_way.walk.walk(bytes, ends, O::HEAD_BYTES, |head| self.observer.record(head, now))
    }

    fn end(&mut self) -> io::Result<()> {
        let Some(UnderWay { reader: number, next_offset, walk }) = self.under_way.take() else {
            return Ok(());
        };
        let Some(reader) = self.readers.get_mut(number as usize) else { return Ok(()) };
        if walk.records > 0 {
            if walk.queue_offset != next_offset {
                let end = walk.queue_offset;
                return Err(malformed(&format!(
                    "the records end at {end}, the next pull begins at {next_offset}"
                )));
            }
            let latency = self.answers.now.saturating_duration_since(reader.begun);
            self.observer.answered(latency, walk.records, walk.bytes);
        }
        reader.next_offset = next_offset;
        if reader.is_drained() {
            self.observer.drained();
        } else {
            self.waiting.push(number);
        }
        Ok(())
    }
}

//! Consumption: one held pull for each queue of each group.

use std::io;
use std::time::Instant;

use serde_json::json;

use crate::connection::{Connection, FrameReceiver, READ_BYTES};
use crate::event_loop::{EventLoop, epoch_millis};
use crate::exchange::{connect, exchange};
use crate::frame::{
    AnswerNumbers, NumberFinder, OPAQUE_FIRST, append_request, malformed, refusal, request_code,
    response_code,
};
use crate::measurement::Measurement;
use crate::options::{ConsumeOptions, From};
use crate::pull::{PullRequest, Subscription};
use crate::queue_order::{Queue, all_queues};
use crate::record_walk::{HEAD_BYTES, RecordWalk};
use crate::report::{self, Names};

const NAMES: Names = Names { messages: "messagesPerSecond", bytes: "recordBytesPerSecond" };

pub fn run(options: &ConsumeOptions) -> io::Result<()> {
    let topics = options.target.topic_names(options.topic_count.topics);
    let sub_version = epoch_millis();
    let subscriptions: Vec<_> = (0..options.groups)
        .map(|number| Subscription { group: format!("load_generator_{number}"), sub_version })
        .collect();
    let asked = Asked { topics: &topics, subscriptions: &subscriptions, max_count: options.max_count };
    let (measurement, drained) = measure(options, connect_consumers(options, &asked)?, &asked)?;
    if measurement.seconds() == 0.0 {
        return Err(io::Error::other("everything was received before the measured time began"));
    }
    let settings = json!({
        "command": "consume", "topic": options.target.topic, "topics": options.topic_count.topics,
        "queues": options.target.queues, "groups": options.groups, "connections": options.connections,
        "maxCount": options.max_count, "from": if options.from == From::First { "first" } else { "last" },
        "untilDrained": options.until_drained, "drained": drained,
        "warmUpSeconds": options.span.warm_up_seconds,
    });
    report::print(&measurement, NAMES, settings, options.span.json)
}

/// What every pull has in common.
struct Asked<'a> {
    topics: &'a [String],
    subscriptions: &'a [Subscription],
    max_count: u32,
}

/// A queue as one group reads it.
struct QueueReader {
    subscription: usize,
    queue: Queue,
    next_offset: u64,
    /// Where to end; everything before it was there at the start.
    end_offset: Option<u64>,
    begun: Instant,
}

impl QueueReader {
    fn is_drained(&self) -> bool {
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

/// One connection and the queues that are read over it; their places are the opaques.
struct Consumer {
    connection: Connection,
    readers: Vec<QueueReader>,
}

impl Consumer {
    fn pull(&mut self, numbers: &[u32], asked: &Asked<'_>, now: Instant) -> io::Result<()> {
        for &number in numbers {
            if let Some(reader) = self.readers.get_mut(number as usize) {
                reader.append_pull(self.connection.unsent(), number, asked, now);
            }
        }
        self.connection.write()
    }
}

/// Connects, registers the groups and finds out where every queue begins and ends.
fn connect_consumers(options: &ConsumeOptions, asked: &Asked<'_>) -> io::Result<Vec<Consumer>> {
    let mut streams = vec![];
    for number in 0..options.connections {
        let mut stream = connect(options.target.address)?;
        register(&mut stream, number, asked)?;
        streams.push(stream);
    }
    let queues = all_queues(options.topic_count.topics, options.target.queues);
    let stream = streams.first_mut().ok_or_else(|| io::Error::other("there is no connection"))?;
    let mut offsets = |code| query_offsets(stream, code, &queues, asked.topics);
    let begins = match options.from {
        From::First => offsets(request_code::GET_MIN_OFFSET)?,
        From::Last => offsets(request_code::GET_MAX_OFFSET)?,
    };
    let ends = if options.until_drained {
        offsets(request_code::GET_MAX_OFFSET)?.into_iter().map(Some).collect()
    } else {
        vec![None; queues.len()]
    };
    let consumers: io::Result<Vec<_>> = streams
        .into_iter()
        .map(|stream| Ok(Consumer { connection: Connection::new(stream)?, readers: vec![] }))
        .collect();
    let mut consumers = consumers?;
    let connection_count = consumers.len();
    let readers =
        (0..asked.subscriptions.len()).flat_map(|subscription| {
            queues.iter().zip(&begins).zip(&ends).map(move |((&queue, &next_offset), &end_offset)| {
                QueueReader { subscription, queue, next_offset, end_offset, begun: Instant::now() }
            })
        });
    for (number, reader) in readers.enumerate() {
        if let Some(consumer) = consumers.get_mut(number % connection_count) {
            consumer.readers.push(reader);
        }
    }
    Ok(consumers)
}

fn register(stream: &mut std::net::TcpStream, connection: u32, asked: &Asked<'_>) -> io::Result<()> {
    let client_id = format!("127.0.0.1@load_generator#{}#{connection}", std::process::id());
    let heart_beats: Vec<_> = (OPAQUE_FIRST..)
        .zip(asked.subscriptions)
        .map(|(opaque, subscription)| {
            let mut request = vec![];
            subscription.append_heart_beat(&mut request, opaque, &client_id, asked.topics);
            request
        })
        .collect();
    exchange(stream, &heart_beats, |number| format!("the heartbeat of group {number}")).map(drop)
}

fn query_offsets(
    stream: &mut std::net::TcpStream,
    code: u32,
    queues: &[Queue],
    topics: &[String],
) -> io::Result<Vec<u64>> {
    let topic_of = |queue: &Queue| topics.get(queue.topic as usize).map_or("", String::as_str);
    let requests: Vec<_> = (OPAQUE_FIRST..)
        .zip(queues)
        .map(|(opaque, queue)| {
            let mut request = vec![];
            let fields: [(&str, &dyn std::fmt::Display); 2] =
                [("queueId", &queue.queue_id), ("topic", &topic_of(queue))];
            append_request(&mut request, code, opaque, &fields, b"");
            request
        })
        .collect();
    let name = |number: usize| {
        let (topic, queue_id) = queues.get(number).map_or(("", 0), |queue| (topic_of(queue), queue.queue_id));
        format!("to tell the offsets of {topic} queue {queue_id}")
    };
    let offset = NumberFinder::of_ext_field("offset");
    let answers = exchange(stream, &requests, name)?;
    let offsets = answers.iter().map(|header| offset.find(header));
    offsets.collect::<Option<_>>().ok_or_else(|| malformed("there is no offset"))
}

/// The measurement, and whether everything asked for was received.
fn measure(
    options: &ConsumeOptions,
    mut consumers: Vec<Consumer>,
    asked: &Asked<'_>,
) -> io::Result<(Measurement, bool)> {
    let mut events = EventLoop::new(consumers.iter_mut().map(|consumer| &mut consumer.connection))?;
    let mut measurement = Measurement::new(&options.span);
    let mut pulls = Pulls::new();
    let mut buffer = vec![0; READ_BYTES];
    let mut undrained = 0;
    for consumer in &mut consumers {
        let open = (0..).zip(&consumer.readers).filter(|(_, reader)| !reader.is_drained());
        let open: Vec<u32> = open.map(|(number, _)| number).collect();
        undrained += open.len();
        consumer.pull(&open, asked, pulls.now)?;
    }
    while undrained > 0 {
        events.look()?;
        if !measurement.goes_on(Instant::now(), events.nothing_came()) {
            return Ok((measurement, false));
        }
        for number in events.ready() {
            let Some(consumer) = consumers.get_mut(number) else { continue };
            let readers = &mut consumer.readers;
            let mut receiver = PullReceiver { readers, pulls: &mut pulls, measurement: &mut measurement };
            consumer.connection.receive(&mut buffer, &mut receiver)?;
            undrained -= std::mem::take(&mut pulls.drained);
            consumer.pull(&pulls.answered, asked, pulls.now)?;
            pulls.answered.clear();
        }
    }
    measurement.finish(Instant::now());
    Ok((measurement, true))
}

/// What all connections share to read answers.
struct Pulls {
    numbers: AnswerNumbers,
    next_begin_offset: NumberFinder,
    /// Of the frame under way: its reader, where to read on, and its records.
    reader: Option<u32>,
    next_offset: u64,
    walk: RecordWalk,
    /// Readers to pull for again.
    answered: Vec<u32>,
    drained: usize,
    now: Instant,
}

impl Pulls {
    fn new() -> Self {
        Self {
            numbers: AnswerNumbers::new(),
            next_begin_offset: NumberFinder::of_ext_field("nextBeginOffset"),
            reader: None,
            next_offset: 0,
            walk: RecordWalk::default(),
            answered: vec![],
            drained: 0,
            now: Instant::now(),
        }
    }
}

struct PullReceiver<'a> {
    readers: &'a mut [QueueReader],
    pulls: &'a mut Pulls,
    measurement: &'a mut Measurement,
}

impl FrameReceiver for PullReceiver<'_> {
    fn received(&mut self) {
        self.pulls.now = Instant::now();
    }

    fn header(&mut self, header: &[u8], _: usize) -> io::Result<()> {
        self.pulls.reader = None;
        let Some((code, number)) = self.pulls.numbers.read(header)? else { return Ok(()) };
        let reader = self.readers.get(number as usize);
        let reader = reader.ok_or_else(|| malformed("its opaque was never sent"))?;
        self.pulls.reader = Some(number);
        self.pulls.walk = RecordWalk::new(reader.next_offset);
        self.pulls.next_offset = match code {
            response_code::SUCCESS
            | response_code::PULL_NOT_FOUND
            | response_code::PULL_RETRY_IMMEDIATELY
            | response_code::PULL_OFFSET_MOVED => {
                let next = self.pulls.next_begin_offset.find(header);
                next.ok_or_else(|| malformed("there is no nextBeginOffset"))?
            }
            response_code::SYSTEM_BUSY | response_code::FLOW_CONTROL => {
                self.measurement.refused(1, || refusal(code, header));
                reader.next_offset
            }
            _ => {
                return Err(io::Error::other(format!(
                    "the broker refused a pull: {}",
                    refusal(code, header)
                )));
            }
        };
        Ok(())
    }

    fn body(&mut self, bytes: &[u8], ends: bool) -> io::Result<usize> {
        match self.pulls.reader {
            Some(_) => self.pulls.walk.walk::<HEAD_BYTES>(bytes, ends, |_| ()),
            None => Ok(bytes.len()),
        }
    }

    fn end(&mut self) -> io::Result<()> {
        let Some(number) = self.pulls.reader.take() else { return Ok(()) };
        let Some(reader) = self.readers.get_mut(number as usize) else { return Ok(()) };
        let walk = &self.pulls.walk;
        if walk.records > 0 {
            if walk.queue_offset != self.pulls.next_offset {
                let (found, next) = (walk.queue_offset, self.pulls.next_offset);
                return Err(malformed(&format!(
                    "the records end before {found}, the next pull begins at {next}"
                )));
            }
            self.measurement.latency(self.pulls.now.saturating_duration_since(reader.begun));
            self.measurement.count(walk.records, walk.bytes);
        }
        reader.next_offset = self.pulls.next_offset;
        if reader.is_drained() {
            self.pulls.drained += 1;
        } else {
            self.pulls.answered.push(number);
        }
        Ok(())
    }
}

//! Consumption: one held pull for each queue of each group.

use std::io;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::connection::READ_BYTES;
use crate::consumer::{Asked, Consumer, PullAnswers, PullObserver, QueueReader};
use crate::event_loop::EventLoop;
use crate::frame::request_code;
use crate::measurement::Measurement;
use crate::options::{ConsumeOptions, From};
use crate::queue_offsets::query_offsets;
use crate::queue_order::all_queues;
use crate::record_walk;
use crate::report::{self, Names};

const NAMES: Names = Names { messages: "messagesPerSecond", bytes: "recordBytesPerSecond" };

pub fn run(options: &ConsumeOptions) -> io::Result<()> {
    let topics = options.target.topic_names(options.topic_count.topics);
    let asked = Asked::new(&topics, options.groups, options.max_count);
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

/// Connects, registers the groups, finds out where every queue begins and ends and shares the queues out.
fn connect_consumers(options: &ConsumeOptions, asked: &Asked<'_>) -> io::Result<Vec<Consumer>> {
    let streams: io::Result<Vec<_>> =
        (0..options.connections).map(|number| asked.connect(options.target.address, number)).collect();
    let mut streams = streams?;
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
    let consumers: io::Result<Vec<_>> = streams.into_iter().map(Consumer::new).collect();
    let mut consumers = consumers?;
    let mut turn = 0;
    for subscription in 0..asked.subscriptions.len() {
        for ((&queue, &begin), &end) in queues.iter().zip(&begins).zip(&ends) {
            let connection_count = consumers.len();
            if let Some(consumer) = consumers.get_mut(turn % connection_count) {
                consumer.add(QueueReader::new(subscription, queue, begin, end));
            }
            turn += 1;
        }
    }
    Ok(consumers)
}

/// The measurement, and whether everything that was asked for has been received.
fn measure(
    options: &ConsumeOptions,
    mut consumers: Vec<Consumer>,
    asked: &Asked<'_>,
) -> io::Result<(Measurement, bool)> {
    let mut events = EventLoop::new(consumers.iter_mut().map(|consumer| &mut consumer.connection))?;
    let undrained = consumers.iter().map(Consumer::undrained).sum();
    let mut received = Received { measurement: Measurement::new(&options.span, Instant::now()), undrained };
    let mut answers = PullAnswers::new();
    let mut buffer = vec![0; READ_BYTES];
    consumers.iter_mut().try_for_each(|consumer| consumer.pull(asked, answers.now))?;
    while received.undrained > 0 {
        events.look()?;
        if !received.measurement.goes_on(Instant::now(), events.nothing_came()) {
            return Ok((received.measurement, false));
        }
        for number in events.ready() {
            let Some(consumer) = consumers.get_mut(number) else { continue };
            consumer.receive(&mut buffer, &mut answers, &mut received)?;
            consumer.pull(asked, answers.now)?;
        }
    }
    received.measurement.finish(Instant::now());
    Ok((received.measurement, true))
}

struct Received {
    measurement: Measurement,
    undrained: usize,
}

impl PullObserver for Received {
    const HEAD_BYTES: usize = record_walk::HEAD_BYTES;

    fn record(&mut self, _: &[u8], _: Instant) {}

    fn answered(&mut self, latency: Duration, records: u64, bytes: u64) {
        self.measurement.latency(latency);
        self.measurement.count(records, bytes);
    }

    fn refused(&mut self, words: impl FnOnce() -> String) {
        self.measurement.refused(1, words);
    }

    fn drained(&mut self) {
        self.undrained -= 1;
    }
}

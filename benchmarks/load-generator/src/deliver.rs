//! Delivery: one connection sends on schedule, another receives what it sent through held pulls.

use std::io;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::connection::READ_BYTES;
use crate::consumer::{Asked, Consumer, PullAnswers, PullObserver, QueueReader};
use crate::event_loop::{EventLoop, epoch_millis};
use crate::frame::request_code;
use crate::measurement::Measurement;
use crate::options::DeliverOptions;
use crate::queue_offsets::query_offsets;
use crate::queue_order::{all_queues, first_number, queue_order};
use crate::record_walk;
use crate::report::{self, Names};
use crate::schedule::Schedule;
use crate::send_template::MessageShape;
use crate::sender::{Answers, Route, SendObserver, Sender};

/// Sends without an answer at a time; more than that wait, and their wait counts.
const WINDOW: u32 = 1024;
/// `maxMsgNums` of each pull, as clients have it.
const MAX_COUNT: u32 = 32;
/// After the measured time, messages still on their way are waited for this long.
const DRAIN_MAX: Duration = Duration::from_secs(5);
const NAMES: Names = Names { messages: "messagesPerSecond", bytes: "recordBytesPerSecond" };

pub fn run(options: &DeliverOptions) -> io::Result<()> {
    let topics = [options.target.topic.clone()];
    let order = queue_order(1, options.target.queues, options.seed);
    let shape = MessageShape { connection: 0, body_bytes: options.body_bytes, batch: 1 };
    let route = Route { topics: &topics, order: &order, next: 0, number: first_number(options.seed) };
    let asked = Asked::new(&topics, 1, MAX_COUNT);
    let both = Both {
        consumer: connect_consumer(options, &asked)?,
        sender: Sender::connect(options.target.address, shape, WINDOW, route)?,
        deliveries: Deliveries::new(options),
        pull_answers: PullAnswers::new(),
        send_answers: Answers::new(),
        buffer: vec![0; READ_BYTES],
    };
    let deliveries = both.run(options, &asked)?;
    let measurement = &deliveries.measurement;
    if let (0, Some(refusal)) = (measurement.messages, &measurement.refusal) {
        return Err(io::Error::other(format!("the broker refused every send: {refusal}")));
    }
    let settings = json!({
        "command": "deliver", "topic": options.target.topic, "queues": options.target.queues,
        "bodyBytes": options.body_bytes, "rate": options.rate, "seed": options.seed,
        "warmUpSeconds": options.span.warm_up_seconds, "missing": deliveries.on_their_way,
    });
    report::print(measurement, NAMES, settings, options.span.json)
}

fn connect_consumer(options: &DeliverOptions, asked: &Asked<'_>) -> io::Result<Consumer> {
    let mut stream = asked.connect(options.target.address, 0)?;
    let queues = all_queues(1, options.target.queues);
    let begins = query_offsets(&mut stream, request_code::GET_MAX_OFFSET, &queues, asked.topics)?;
    let mut consumer = Consumer::new(stream)?;
    for (&queue, &begin) in queues.iter().zip(&begins) {
        consumer.add(QueueReader::new(0, queue, begin, None));
    }
    Ok(consumer)
}

/// Sender and receiver in one loop.
struct Both<'a> {
    consumer: Consumer,
    sender: Sender<'a>,
    deliveries: Deliveries,
    pull_answers: PullAnswers,
    send_answers: Answers,
    buffer: Vec<u8>,
}

impl Both<'_> {
    fn run(mut self, options: &DeliverOptions, asked: &Asked<'_>) -> io::Result<Deliveries> {
        let mut events =
            EventLoop::new([&mut self.consumer.connection, &mut self.sender.connection].into_iter())?;
        let mut schedule = Schedule::new(self.deliveries.begin, options.rate);
        self.consumer.pull(asked, Instant::now())?;
        loop {
            events.look()?;
            let now = Instant::now();
            if !self.deliveries.measurement.goes_on(now, events.nothing_came()) {
                break;
            }
            self.receive(&events, asked)?;
            self.send_due(&mut schedule, now)?;
        }
        let until = Instant::now() + DRAIN_MAX;
        while self.deliveries.on_their_way > 0 && Instant::now() < until {
            events.look()?;
            self.receive(&events, asked)?;
            self.sender.connection.write()?;
        }
        Ok(self.deliveries)
    }

    fn receive(&mut self, events: &EventLoop, asked: &Asked<'_>) -> io::Result<()> {
        for number in events.ready() {
            if number == 0 {
                self.consumer.receive(&mut self.buffer, &mut self.pull_answers, &mut self.deliveries)?;
                self.consumer.pull(asked, self.pull_answers.now)?;
            } else {
                self.sender.receive(&mut self.buffer, &mut self.send_answers, &mut self.deliveries)?;
            }
        }
        Ok(())
    }

    fn send_due(&mut self, schedule: &mut Schedule, now: Instant) -> io::Result<()> {
        while let Some(due) = schedule.due(now).filter(|_| self.sender.has_room()) {
            let since_begin = due.saturating_duration_since(self.deliveries.begin);
            let nanos = u64::try_from(since_begin.as_nanos()).unwrap_or(u64::MAX);
            self.sender.messages.template.set_body_head(&nanos.to_be_bytes());
            self.sender.add(due, epoch_millis());
            self.deliveries.on_their_way += 1;
            schedule.advance();
        }
        self.sender.connection.write()
    }
}

/// Messages between their schedule and their arrival; each carries when it was due.
struct Deliveries {
    measurement: Measurement,
    begin: Instant,
    on_their_way: u64,
}

impl Deliveries {
    fn new(options: &DeliverOptions) -> Self {
        let begin = Instant::now();
        Self { measurement: Measurement::new(&options.span, begin), begin, on_their_way: 0 }
    }
}

impl SendObserver for Deliveries {
    fn accepted(&mut self, _: Duration) {}

    fn refused(&mut self, words: impl FnOnce() -> String) {
        self.on_their_way -= 1;
        self.measurement.refused(1, words);
    }
}

impl PullObserver for Deliveries {
    const HEAD_BYTES: usize = record_walk::BODY_HEAD_BYTES;

    fn record(&mut self, head: &[u8], now: Instant) {
        // what others send to the topic meanwhile is not ours to time
        let due = record_walk::body_head(head)
            .map(u64::from_be_bytes)
            .and_then(|nanos| self.begin.checked_add(Duration::from_nanos(nanos)).filter(|due| *due <= now));
        if let Some(due) = due {
            self.on_their_way = self.on_their_way.saturating_sub(1);
            let bytes = head.first_chunk().map_or(0, |total| u64::from(u32::from_be_bytes(*total)));
            self.measurement.due_at(due, now.saturating_duration_since(due), bytes);
        }
    }

    fn answered(&mut self, _: Duration, _: u64, _: u64) {}

    fn refused(&mut self, words: impl FnOnce() -> String) {
        self.measurement.refused(1, words);
    }

    fn drained(&mut self) {}
}

//! Sends: as many as the windows allow, or on schedule.

use std::io;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::connection::READ_BYTES;
use crate::event_loop::{EventLoop, epoch_millis};
use crate::measurement::Measurement;
use crate::options::SendOptions;
use crate::queue_order::{Queue, first_number, queue_order};
use crate::report::{self, Names};
use crate::schedule::Schedule;
use crate::send_template::MessageShape;
use crate::sender::{Answers, Route, SendObserver, Sender};

/// After the measured time, answers still on their way are waited for this long.
const DRAIN_MAX: Duration = Duration::from_secs(5);
const NAMES: Names = Names { messages: "sendsPerSecond", bytes: "bodyBytesPerSecond" };

pub fn run(options: &SendOptions) -> io::Result<()> {
    let topics = options.target.topic_names(options.topic_count.topics);
    let order = queue_order(options.topic_count.topics, options.target.queues, options.seed);
    let senders: io::Result<Vec<_>> =
        (0..options.connections).map(|number| connect_sender(options, number, &topics, &order)).collect();
    let measurement = measure(options, senders?)?;
    if let (0, Some(refusal)) = (measurement.messages, &measurement.refusal) {
        return Err(io::Error::other(format!("the broker refused every send: {refusal}")));
    }
    let settings = json!({
        "command": "send", "topic": options.target.topic, "topics": options.topic_count.topics,
        "queues": options.target.queues, "connections": options.connections, "window": options.window,
        "bodyBytes": options.body_bytes, "batch": options.batch, "rate": options.rate, "seed": options.seed,
        "warmUpSeconds": options.span.warm_up_seconds,
    });
    report::print(&measurement, NAMES, settings, options.span.json)
}

fn connect_sender<'a>(
    options: &SendOptions,
    number: u32,
    topics: &'a [String],
    order: &'a [Queue],
) -> io::Result<Sender<'a>> {
    let shape = MessageShape { connection: number, body_bytes: options.body_bytes, batch: options.batch };
    // the connections share the order, and begin at different places of it
    let next = order.len() * number as usize / options.connections as usize;
    let route = Route { topics, order, next, number: first_number(options.seed) };
    Sender::connect(options.target.address, shape, options.window, route)
}

fn measure(options: &SendOptions, mut senders: Vec<Sender<'_>>) -> io::Result<Measurement> {
    let mut events = EventLoop::new(senders.iter_mut().map(|sender| &mut sender.connection))?;
    let mut counted = Counted {
        measurement: Measurement::new(&options.span, Instant::now()),
        messages: u64::from(options.batch),
        body_bytes: u64::from(options.body_bytes),
    };
    let mut answers = Answers::new();
    let mut buffer = vec![0; READ_BYTES];
    let requests_per_second = options.rate / f64::from(options.batch);
    let mut schedule = (options.rate > 0.0)
        .then(|| OpenLoop { schedule: Schedule::new(answers.now, requests_per_second), next: 0 });
    if schedule.is_none() {
        senders.iter_mut().try_for_each(|sender| sender.fill(answers.now))?;
    }
    loop {
        events.look()?;
        let now = Instant::now();
        if !counted.measurement.goes_on(now, events.nothing_came()) {
            break;
        }
        for number in events.ready() {
            let Some(sender) = senders.get_mut(number) else { continue };
            sender.receive(&mut buffer, &mut answers, &mut counted)?;
            if schedule.is_none() {
                sender.fill(answers.now)?;
            } else {
                sender.connection.write()?;
            }
        }
        if let Some(open_loop) = &mut schedule {
            open_loop.send_due(&mut senders, now)?;
        }
    }
    drain(&mut senders, &mut buffer, &mut answers, &mut counted)?;
    Ok(counted.measurement)
}

/// Lets the last answers arrive, so that the broker is not left writing to a closed socket.
fn drain(
    senders: &mut [Sender<'_>],
    buffer: &mut [u8],
    answers: &mut Answers,
    counted: &mut Counted,
) -> io::Result<()> {
    let until = Instant::now() + DRAIN_MAX;
    while !senders.iter().all(Sender::is_idle) && Instant::now() < until {
        for sender in &mut *senders {
            sender.connection.write()?;
            sender.receive(buffer, answers, counted)?;
        }
        std::thread::yield_now();
    }
    Ok(())
}

/// Counts requests with the messages that each has.
struct Counted {
    measurement: Measurement,
    messages: u64,
    body_bytes: u64,
}

impl SendObserver for Counted {
    fn accepted(&mut self, latency: Duration) {
        self.measurement.latency(latency);
        self.measurement.count(self.messages, self.messages * self.body_bytes);
    }

    fn refused(&mut self, words: impl FnOnce() -> String) {
        self.measurement.refused(self.messages, words);
    }
}

/// Requests on schedule, over the connections in turn.
struct OpenLoop {
    schedule: Schedule,
    next: usize,
}

impl OpenLoop {
    fn send_due(&mut self, senders: &mut [Sender<'_>], now: Instant) -> io::Result<()> {
        let born_millis = epoch_millis();
        while let Some(due) = self.schedule.due(now) {
            let turn = self.next;
            let mut in_turn = (0..senders.len()).map(|step| (turn + step) % senders.len());
            let Some(chosen) = in_turn.find(|&index| senders.get(index).is_some_and(Sender::has_room)) else {
                break; // every window is full: the message stays due, and its wait counts
            };
            if let Some(sender) = senders.get_mut(chosen) {
                sender.add(due, born_millis);
            }
            self.next = chosen + 1;
            self.schedule.advance();
        }
        senders.iter_mut().try_for_each(|sender| sender.connection.write())
    }
}

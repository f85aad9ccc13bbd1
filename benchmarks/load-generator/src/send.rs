//! Sends: as many as the windows allow, or on schedule.

use std::io;
use std::time::{Duration, Instant};

use fastrand::Rng;
use serde_json::json;

use crate::connection::{Connection, FrameReceiver, READ_BYTES};
use crate::event_loop::{EventLoop, epoch_millis};
use crate::exchange::connect;
use crate::frame::{AnswerNumbers, malformed, refusal, response_code};
use crate::measurement::Measurement;
use crate::options::SendOptions;
use crate::queue_order::{Queue, queue_order};
use crate::report::{self, Names};
use crate::schedule::Schedule;
use crate::send_template::{MessageShape, SendRequest, SendTemplate};

/// After the measured time, answers still on their way are waited for this long.
pub const DRAIN_MAX: Duration = Duration::from_secs(5);
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
    let begin = order.len() * number as usize / options.connections as usize;
    Ok(Sender {
        connection: Connection::new(connect(options.target.address)?)?,
        window: Window::new(options.window),
        messages: Messages {
            template: SendTemplate::new(shape),
            topics,
            order,
            next: begin,
            number: Rng::with_seed(options.seed).u64(..1 << 62),
            batch: u64::from(options.batch),
        },
    })
}

fn measure(options: &SendOptions, mut senders: Vec<Sender<'_>>) -> io::Result<Measurement> {
    let mut events = EventLoop::new(senders.iter_mut().map(|sender| &mut sender.connection))?;
    let mut measurement = Measurement::new(&options.span);
    let counted = Counted { messages: u64::from(options.batch), body_bytes: u64::from(options.body_bytes) };
    let mut answers = Answers { numbers: AnswerNumbers::new(), counted, now: Instant::now() };
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
        if !measurement.goes_on(now, events.nothing_came()) {
            break;
        }
        for number in events.ready() {
            let Some(sender) = senders.get_mut(number) else { continue };
            sender.receive(&mut buffer, &mut answers, &mut measurement)?;
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
    drain(&mut senders, &mut buffer, &mut answers, &mut measurement)?;
    Ok(measurement)
}

/// Lets the last answers arrive, so that the broker is not left writing to a closed socket.
fn drain(
    senders: &mut [Sender<'_>],
    buffer: &mut [u8],
    answers: &mut Answers,
    measurement: &mut Measurement,
) -> io::Result<()> {
    let until = Instant::now() + DRAIN_MAX;
    while !senders.iter().all(|sender| sender.window.is_idle()) && Instant::now() < until {
        for sender in &mut *senders {
            sender.connection.write()?;
            sender.receive(buffer, answers, measurement)?;
        }
        std::thread::yield_now();
    }
    Ok(())
}

/// One connection and what it sends.
pub struct Sender<'a> {
    pub connection: Connection,
    pub window: Window,
    pub messages: Messages<'a>,
}

impl Sender<'_> {
    fn receive(
        &mut self,
        buffer: &mut [u8],
        answers: &mut Answers,
        measurement: &mut Measurement,
    ) -> io::Result<()> {
        self.connection.receive(buffer, &mut SendReceiver { window: &mut self.window, answers, measurement })
    }

    /// Closed loop: as many requests as there is room for.
    fn fill(&mut self, now: Instant) -> io::Result<()> {
        if self.has_room() {
            let born_millis = epoch_millis();
            while self.has_room() {
                self.add(now, born_millis);
            }
        }
        self.connection.write()
    }

    pub fn has_room(&self) -> bool {
        !self.window.free.is_empty() && self.connection.has_room()
    }

    /// Adds one request if there is room; `begun` is when it should have begun.
    pub fn add(&mut self, begun: Instant, born_millis: u64) {
        if let Some(slot) = self.window.take(begun) {
            self.messages.append_next(self.connection.unsent(), slot, born_millis);
        }
    }
}

/// Requests in flight.
pub struct Window {
    /// When the request in each place began.
    begun: Vec<Instant>,
    /// Places without a request; a broker may answer in any order.
    free: Vec<u32>,
}

impl Window {
    pub fn new(places: u32) -> Self {
        Self { begun: vec![Instant::now(); places as usize], free: (0..places).rev().collect() }
    }

    pub fn is_idle(&self) -> bool {
        self.free.len() == self.begun.len()
    }

    fn take(&mut self, begun: Instant) -> Option<u32> {
        let slot = self.free.pop()?;
        *self.begun.get_mut(slot as usize)? = begun;
        Some(slot)
    }

    /// The request in this place is answered; when it began.
    pub fn release(&mut self, slot: u32) -> io::Result<Instant> {
        let begun = *self.begun.get(slot as usize).ok_or_else(|| malformed("its opaque was never sent"))?;
        self.free.push(slot);
        Ok(begun)
    }
}

/// One connection's messages, queue after queue.
pub struct Messages<'a> {
    pub template: SendTemplate,
    pub topics: &'a [String],
    pub order: &'a [Queue],
    pub next: usize,
    pub number: u64,
    pub batch: u64,
}

impl Messages<'_> {
    fn append_next(&mut self, out: &mut Vec<u8>, slot: u32, born_millis: u64) {
        let Some(queue) = self.order.get(self.next) else { return };
        let Some(topic) = self.topics.get(queue.topic as usize) else { return };
        let (queue_id, number) = (queue.queue_id, self.number);
        let request = SendRequest { topic: topic.as_bytes(), queue_id, slot, born_millis, number };
        self.template.append_to(out, &request);
        self.number += self.batch;
        self.next = if self.next + 1 < self.order.len() { self.next + 1 } else { 0 };
    }
}

/// What one accepted request counts for.
#[derive(Debug, Clone, Copy)]
struct Counted {
    messages: u64,
    body_bytes: u64,
}

/// What all connections share to read answers.
struct Answers {
    numbers: AnswerNumbers,
    counted: Counted,
    /// When the last bytes came.
    now: Instant,
}

struct SendReceiver<'a> {
    window: &'a mut Window,
    answers: &'a mut Answers,
    measurement: &'a mut Measurement,
}

impl FrameReceiver for SendReceiver<'_> {
    fn received(&mut self) {
        self.answers.now = Instant::now();
    }

    fn header(&mut self, header: &[u8], _: usize) -> io::Result<()> {
        let Some((code, slot)) = self.answers.numbers.read(header)? else { return Ok(()) };
        let begun = self.window.release(slot)?;
        let Counted { messages, body_bytes } = self.answers.counted;
        if code == response_code::SUCCESS {
            self.measurement.latency(self.answers.now.saturating_duration_since(begun));
            self.measurement.count(messages, messages * body_bytes);
        } else {
            self.measurement.refused(messages, || refusal(code, header));
        }
        Ok(())
    }

    fn body(&mut self, bytes: &[u8], _: bool) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn end(&mut self) -> io::Result<()> {
        Ok(())
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

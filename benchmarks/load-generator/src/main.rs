//! The load: one thread, many connections, a window of requests in flight on each.
//!
//! It patches a prepared frame and reads two numbers of each answer, so that the broker is the slower side;
//! the CPU share it prints says whether that held.

mod options;
mod report;
mod sender;
mod template;

use std::io;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use clap::Parser;
use mio::{Events, Interest, Poll, Token};

use options::Options;
use report::Measurement;
use sender::Sender;

/// After the measured time, answers still on their way are waited for this long.
const DRAIN_MAX: Duration = Duration::from_secs(5);

fn main() -> io::Result<()> {
    let options = Options::parse();
    let measurement = Load::start(&options)?.run()?;
    measurement.print(&options);
    if measurement.refused > 0 {
        Err(io::Error::other("the broker refused some of the sends"))
    } else {
        Ok(())
    }
}

struct Load<'a> {
    options: &'a Options,
    poll: Poll,
    senders: Vec<Sender>,
    schedule: Schedule,
}

impl<'a> Load<'a> {
    fn start(options: &'a Options) -> io::Result<Self> {
        let poll = Poll::new()?;
        let mut senders = Vec::new();
        for number in 0..options.connections {
            let mut sender = Sender::connect(options.address, number, options)?;
            let token = Token(number as usize);
            poll.registry().register(&mut sender.stream, token, Interest::READABLE | Interest::WRITABLE)?;
            senders.push(sender);
        }
        Ok(Self { options, poll, senders, schedule: Schedule::new(options.rate) })
    }

    fn run(mut self) -> io::Result<Measurement> {
        let begin = Instant::now();
        let measured_from = begin + Duration::from_secs_f64(self.options.warm_up_seconds);
        let measured_until = measured_from + Duration::from_secs_f64(self.options.seconds);
        let mut measurement = Measurement::new();
        let mut events = Events::with_capacity(1024);
        let mut buffer = sender::read_buffer();
        let mut measuring = false;
        self.fill_all(begin)?;
        loop {
            self.poll.poll(&mut events, Some(self.schedule.next_wait()))?;
            let now = Instant::now();
            measurement.polled(events.is_empty());
            if !measuring && now >= measured_from {
                measuring = true;
                measurement.begin(now);
            }
            if measuring && now >= measured_until {
                measurement.end(now);
                break;
            }
            for event in &events {
                if let Some(sender) = self.senders.get_mut(event.token().0) {
                    let record = |answer: sender::Answer| {
                        if measuring {
                            measurement.record(now.saturating_duration_since(answer.begun), answer.accepted);
                        }
                    };
                    sender.read(&mut buffer, record)?;
                    if self.options.rate == 0.0 {
                        fill(sender, now)?;
                    } else {
                        sender.write()?;
                    }
                }
            }
            if self.options.rate > 0.0 {
                self.add_scheduled(now)?;
            }
        }
        self.drain(&mut buffer)?;
        Ok(measurement)
    }

    fn fill_all(&mut self, now: Instant) -> io::Result<()> {
        if self.options.rate > 0.0 {
            return Ok(());
        }
        self.senders.iter_mut().try_for_each(|sender| fill(sender, now))
    }

    fn add_scheduled(&mut self, now: Instant) -> io::Result<()> {
        let born = epoch_millis();
        while let Some(due) = self.schedule.due(now) {
            let first = self.schedule.begun as usize;
            let open = (0..self.senders.len()).map(|step| (first + step) % self.senders.len());
            let Some(chosen) =
                open.into_iter().find(|&index| self.senders.get(index).is_some_and(Sender::has_room))
            else {
                break; // every window is full: the message stays due, and its wait counts
            };
            if let Some(sender) = self.senders.get_mut(chosen) {
                sender.add(due, born);
            }
            self.schedule.advance();
        }
        self.senders.iter_mut().try_for_each(Sender::write)
    }

    /// Lets the last answers arrive, so that the broker is not left writing to a closed socket.
    fn drain(&mut self, buffer: &mut [u8]) -> io::Result<()> {
        let until = Instant::now() + DRAIN_MAX;
        while !self.senders.iter().all(Sender::is_idle) && Instant::now() < until {
            for sender in &mut self.senders {
                sender.write()?;
                sender.read(buffer, |_| ())?;
            }
            std::thread::yield_now();
        }
        Ok(())
    }
}

fn fill(sender: &mut Sender, now: Instant) -> io::Result<()> {
    if sender.has_room() {
        let born = epoch_millis();
        while sender.has_room() {
            sender.add(now, born);
        }
    }
    sender.write()
}

fn epoch_millis() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(0))
}

/// When messages are due in the open loop.
struct Schedule {
    begin: Instant,
    interval: Option<Duration>,
    begun: u32,
}

impl Schedule {
    fn new(rate: f64) -> Self {
        let interval = (rate > 0.0).then(|| Duration::from_secs_f64(1.0 / rate));
        Self { begin: Instant::now(), interval, begun: 0 }
    }

    fn due(&self, now: Instant) -> Option<Instant> {
        let interval = self.interval?;
        let due = self.begin + interval * self.begun;
        (due <= now).then_some(due)
    }

    fn advance(&mut self) {
        self.begun += 1;
    }

    fn next_wait(&self) -> Duration {
        // The closed loop never sleeps: waking a sleeping generator would be charged to the server that answers it.
        // In the open loop, polling finer than the system's timer slack would only burn the generator's own share.
        self.interval.map_or(Duration::ZERO, |interval| interval.min(Duration::from_millis(1)))
    }
}

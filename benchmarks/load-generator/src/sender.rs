//! One connection that sends: its window of requests in flight and the messages it goes through.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::connection::{Connection, FrameReceiver};
use crate::event_loop::epoch_millis;
use crate::exchange::connect;
use crate::frame::{AnswerNumbers, malformed, refusal, response_code};
use crate::queue_order::Queue;
use crate::send_template::{MessageShape, SendRequest, SendTemplate};

/// One connection and what it sends.
pub struct Sender<'a> {
    pub connection: Connection,
    window: Window,
    pub messages: Messages<'a>,
}

impl<'a> Sender<'a> {
    /// Connects; `batch` messages of `body_bytes` go into each request, `window` requests are in flight at most.
    pub fn connect(
        address: SocketAddr,
        shape: MessageShape,
        window: u32,
        route: Route<'a>,
    ) -> io::Result<Self> {
        Ok(Self {
            connection: Connection::new(connect(address)?)?,
            window: Window::new(window),
            messages: Messages { template: SendTemplate::new(shape), batch: u64::from(shape.batch), route },
        })
    }

    pub fn receive(
        &mut self,
        buffer: &mut [u8],
        answers: &mut Answers,
        observer: &mut impl SendObserver,
    ) -> io::Result<()> {
        self.connection.receive(buffer, &mut SendReceiver { window: &mut self.window, answers, observer })
    }

    /// Closed loop: as many requests as there is room for.
    pub fn fill(&mut self, now: Instant) -> io::Result<()> {
        if self.has_room() {
            let born_millis = epoch_millis();
            while self.has_room() {
                self.add(now, born_millis);
            }
        }
        self.connection.write()
    }

    pub fn is_idle(&self) -> bool {
        self.window.is_idle()
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
struct Window {
    /// When the request in each place began.
    begun: Vec<Instant>,
    /// Places without a request; a broker may answer in any order.
    free: Vec<u32>,
}

impl Window {
    fn new(places: u32) -> Self {
        Self { begun: vec![Instant::now(); places as usize], free: (0..places).rev().collect() }
    }

    fn is_idle(&self) -> bool {
        self.free.len() == self.begun.len()
    }

    fn take(&mut self, begun: Instant) -> Option<u32> {
        let slot = self.free.pop()?;
        *self.begun.get_mut(slot as usize)? = begun;
        Some(slot)
    }

    /// The request in this place is answered; when it began.
    fn release(&mut self, slot: u32) -> io::Result<Instant> {
        let begun = *self.begun.get(slot as usize).ok_or_else(|| malformed("its opaque was never sent"))?;
        self.free.push(slot);
        Ok(begun)
    }
}

/// Which queues a connection sends to, in which order, from where; and the number of its next message.
pub struct Route<'a> {
    pub topics: &'a [String],
    pub order: &'a [Queue],
    pub next: usize,
    pub number: u64,
}

/// One connection's messages, queue after queue.
pub struct Messages<'a> {
    pub template: SendTemplate,
    batch: u64,
    route: Route<'a>,
}

impl Messages<'_> {
    fn append_next(&mut self, out: &mut Vec<u8>, slot: u32, born_millis: u64) {
        let route = &mut self.route;
        let Some(queue) = route.order.get(route.next) else { return };
        let Some(topic) = route.topics.get(queue.topic as usize) else { return };
        let (queue_id, number) = (queue.queue_id, route.number);
        let request = SendRequest { topic: topic.as_bytes(), queue_id, slot, born_millis, number };
        self.template.append_to(out, &request);
        route.number += self.batch;
        route.next = if route.next + 1 < route.order.len() { route.next + 1 } else { 0 };
    }
}

/// What becomes of the requests.
pub trait SendObserver {
    fn accepted(&mut self, latency: Duration);

    fn refused(&mut self, words: impl FnOnce() -> String);
}

/// What all connections share to read answers.
pub struct Answers {
    numbers: AnswerNumbers,
    /// When the last bytes came.
    pub now: Instant,
}

impl Answers {
    pub fn new() -> Self {
        Self { numbers: AnswerNumbers::new(), now: Instant::now() }
    }
}

struct SendReceiver<'a, O> {
    window: &'a mut Window,
    answers: &'a mut Answers,
    observer: &'a mut O,
}

impl<O: SendObserver> FrameReceiver for SendReceiver<'_, O> {
    fn received(&mut self) {
        self.answers.now = Instant::now();
    }

    fn header(&mut self, header: &[u8], _: usize) -> io::Result<()> {
        let Some((code, slot)) = self.answers.numbers.read(header)? else { return Ok(()) };
        let begun = self.window.release(slot)?;
        if code == response_code::SUCCESS {
            self.observer.accepted(self.answers.now.saturating_duration_since(begun));
        } else {
            self.observer.refused(|| refusal(code, header));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_knows_what_is_in_flight_in_any_order() {
        let mut window = Window::new(2);
        let begun = Instant::now();
        let later = begun + Duration::from_secs(1);
        assert_eq!((window.take(begun), window.take(later), window.take(later)), (Some(0), Some(1), None));
        assert_eq!(window.release(1).unwrap(), later);
        assert!(!window.is_idle());
        assert_eq!(window.take(begun), Some(1));
        assert_eq!((window.release(0).unwrap(), window.release(1).unwrap()), (begun, begun));
        assert!(window.is_idle());
        assert!(window.release(2).is_err());
    }
}

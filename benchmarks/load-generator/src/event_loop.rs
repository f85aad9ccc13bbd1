//! Which connections have news.

use std::io;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use mio::{Events, Interest, Poll, Token};

use crate::connection::Connection;

const EVENTS_MAX: usize = 1024;

pub struct EventLoop {
    poll: Poll,
    events: Events,
}

impl EventLoop {
    /// Over these connections; their places in the slice are their numbers.
    pub fn new<'a>(connections: impl Iterator<Item = &'a mut Connection>) -> io::Result<Self> {
        let poll = Poll::new()?;
        for (number, connection) in connections.enumerate() {
            let interest = Interest::READABLE | Interest::WRITABLE;
            poll.registry().register(&mut connection.stream, Token(number), interest)?;
        }
        Ok(Self { poll, events: Events::with_capacity(EVENTS_MAX) })
    }

    /// Looks for news and never sleeps: waking a sleeping generator would be charged to the broker that answers it, and
    /// no sleep is as fine as a schedule.
    pub fn look(&mut self) -> io::Result<()> {
        match self.poll.poll(&mut self.events, Some(Duration::ZERO)) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            looked => looked,
        }
    }

    pub fn nothing_came(&self) -> bool {
        self.events.is_empty()
    }

    /// The connections with news.
    pub fn ready(&self) -> impl Iterator<Item = usize> {
        self.events.iter().map(|event| event.token().0)
    }
}

pub fn epoch_millis() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

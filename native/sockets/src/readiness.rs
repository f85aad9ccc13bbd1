//! What epoll knows of the sockets.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::buffer::spare_capacity;
use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::io::{Errno, Result};

use crate::hot_socket::SocketId;

/// Sockets that one turn serves at most; the others have theirs in the next one.
const READY_MAX: usize = 256;
const NO_WAIT: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };

/// A socket about which epoll has something to say.
#[derive(Debug, Clone, Copy)]
pub struct Ready {
    pub socket: SocketId,
    /// Bytes, the end or a failure can be read.
    pub readable: bool,
    pub writable: bool,
}

/// What a socket waits for. One that waits for nothing is not looked at: epoll would tell of its end again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Interest {
    pub reading: bool,
    pub writing: bool,
}

impl Interest {
    const NONE: Self = Self { reading: false, writing: false };

    fn flags(self) -> EventFlags {
        let mut flags = EventFlags::empty();
        flags.set(EventFlags::IN, self.reading);
        flags.set(EventFlags::OUT, self.writing);
        flags
    }
}

/// Level-triggered: what is not read now is told again.
pub struct Readiness {
    epoll: OwnedFd,
    events: Vec<Event>,
}

impl Readiness {
    pub fn open() -> Result<Self> {
        Ok(Self { epoll: epoll::create(CreateFlags::CLOEXEC)?, events: Vec::with_capacity(READY_MAX) })
    }

    /// Readable while a socket is ready.
    pub fn descriptor(&self) -> BorrowedFd<'_> {
        self.epoll.as_fd()
    }

    pub fn change(
        &self,
        socket: SocketId,
        descriptor: BorrowedFd<'_>,
        from: Interest,
        to: Interest,
    ) -> Result<()> {
        let data = EventData::new_u64(u64::from(socket.number()));
        match (from, to) {
            (from, to) if from == to => Ok(()),
            (Interest::NONE, to) => epoll::add(&self.epoll, descriptor, data, to.flags()),
            (_, Interest::NONE) => epoll::delete(&self.epoll, descriptor),
            (_, to) => epoll::modify(&self.epoll, descriptor, data, to.flags()),
        }
    }

    /// What is ready now, in place of what was there.
    pub fn ask(&mut self, ready: &mut Vec<Ready>) -> Result<()> {
        ready.clear();
        self.events.clear();
        match epoll::wait(&self.epoll, spare_capacity(&mut self.events), Some(&NO_WAIT)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
        ready.extend(self.events.iter().map(|event| {
            let Event { flags, data } = *event;
            let failed = flags.intersects(EventFlags::ERR | EventFlags::HUP);
            Ready {
                socket: SocketId::of(data.u64()),
                readable: failed || flags.contains(EventFlags::IN),
                writable: flags.contains(EventFlags::OUT),
            }
        }));
        Ok(())
    }
}

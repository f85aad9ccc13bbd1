//! One socket: what it waits for, what it has not taken yet, what waits for the disk.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::{Errno, Result};
use rustix::net::{RecvFlags, SendFlags, Shutdown, recv, send, shutdown};

use crate::readiness::Interest;
use crate::unsent::Unsent;
use crate::withheld::Withheld;

/// Names a socket of one set; never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SocketId(u32);

impl SocketId {
    pub fn new(number: u32) -> Self {
        Self(number)
    }

    pub fn number(self) -> u32 {
        self.0
    }

    /// Of what [`Self::number`] gave.
    pub(crate) fn of(data: u64) -> Self {
        Self(u32::try_from(data).unwrap_or(u32::MAX))
    }
}

/// Who reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reading {
    #[default]
    Nobody,
    /// Told that there is something.
    Owner,
    /// The hot path; the owner is told what it leaves. Only while no beginning of a frame is left over.
    HotPath,
}

/// Both ends of the connection, as the hot path needs them.
#[derive(Debug)]
pub struct Endpoints {
    /// The peer's address and port, as in a record.
    pub peer: Box<[u8]>,
    pub local_port: u16,
}

#[derive(Debug)]
pub struct HotSocket {
    descriptor: OwnedFd,
    pub endpoints: Endpoints,
    pub reading: Reading,
    /// What epoll was told last.
    pub interest: Interest,
    unsent: Unsent,
    pub withheld: Withheld,
    /// The hot path has heard of the peer since the owner asked last.
    pub was_heard: bool,
}

impl HotSocket {
    pub fn new(descriptor: OwnedFd, endpoints: Endpoints) -> Self {
        Self {
            descriptor,
            endpoints,
            reading: Reading::default(),
            interest: Interest::default(),
            unsent: Unsent::default(),
            withheld: Withheld::default(),
            was_heard: false,
        }
    }

    pub fn descriptor(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }

    pub fn into_descriptor(self) -> OwnedFd {
        self.descriptor
    }

    pub fn unsent_bytes(&self) -> usize {
        self.unsent.bytes().len()
    }

    pub fn wanted_interest(&self) -> Interest {
        Interest { reading: self.reading != Reading::Nobody, writing: self.unsent_bytes() > 0 }
    }

    /// Reads once; 0 is the end, `AGAIN` that there is nothing.
    pub fn receive(&self, buffer: &mut [u8]) -> Result<usize> {
        loop {
            match recv(&self.descriptor, &mut *buffer, RecvFlags::DONTWAIT) {
                Err(Errno::INTR) => {}
                received => return received.map(|(length, _)| length),
            }
        }
    }

    /// Writes what the system takes; the rest is copied and waits behind what waits already, so that nothing comes between.
    pub fn send(&mut self, bytes: &[u8]) -> Result<()> {
        send_behind(&mut self.unsent, self.descriptor.as_fd(), bytes)
    }

    /// Writes the withheld responses that need no more than this offset.
    pub fn send_durable(&mut self, flushed_offset: u64) -> Result<()> {
        let durable = self.withheld.durable(flushed_offset);
        send_behind(&mut self.unsent, self.descriptor.as_fd(), durable)
    }

    pub fn send_unsent(&mut self) -> Result<()> {
        let sent = send_some(self.descriptor.as_fd(), self.unsent.bytes())?;
        self.unsent.remove(sent);
        Ok(())
    }

    /// Tells the peer that nothing more is sent.
    pub fn end(&self) -> Result<()> {
        shutdown(&self.descriptor, Shutdown::Write)
    }
}

fn send_behind(unsent: &mut Unsent, descriptor: BorrowedFd<'_>, bytes: &[u8]) -> Result<()> {
    let sent = if unsent.bytes().is_empty() { send_some(descriptor, bytes)? } else { 0 };
    unsent.add(bytes.get(sent..).unwrap_or_default());
    Ok(())
}

fn send_some(descriptor: BorrowedFd<'_>, bytes: &[u8]) -> Result<usize> {
    let mut sent = 0;
    while let Some(rest) = bytes.get(sent..).filter(|rest| !rest.is_empty()) {
        match send(descriptor, rest, SendFlags::DONTWAIT | SendFlags::NOSIGNAL) {
            Ok(length) => sent += length,
            Err(Errno::AGAIN) => break,
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(sent)
}

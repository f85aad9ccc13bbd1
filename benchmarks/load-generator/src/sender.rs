//! One connection: what is to be written, what is in flight, what has come back.

use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::Instant;

use mio::net::TcpStream;

use crate::options::Options;
use crate::template::{FrameTemplate, OPAQUE_FIRST};

const READ_BYTES: usize = 256 * 1024;
/// More than this waiting to be written, and no new request is made.
const UNSENT_BYTES_MAX: usize = 256 * 1024;

pub struct Sender {
    pub stream: TcpStream,
    template: FrameTemplate,
    queues: u32,
    sent: u64,
    /// When the request in each place of the window began.
    begun: Vec<Instant>,
    /// Places of the window without a request in flight; a broker may answer in any order.
    free: Vec<u32>,
    unsent: Vec<u8>,
    unsent_from: usize,
    received: Vec<u8>,
}

/// What one answer told.
pub struct Answer {
    pub begun: Instant,
    pub accepted: bool,
}

impl Sender {
    pub fn connect(address: SocketAddr, number: u32, options: &Options) -> io::Result<Self> {
        let stream = std::net::TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        Ok(Self {
            stream: TcpStream::from_std(stream),
            template: FrameTemplate::new(options, number),
            queues: options.queues,
            sent: 0,
            free: (0..options.window).collect(),
            begun: vec![Instant::now(); options.window as usize],
            unsent: Vec::with_capacity(2 * UNSENT_BYTES_MAX),
            unsent_from: 0,
            received: Vec::with_capacity(READ_BYTES),
        })
    }

    pub fn is_idle(&self) -> bool {
        self.free.len() == self.begun.len()
    }

    pub fn has_room(&self) -> bool {
        !self.free.is_empty() && self.unsent.len() - self.unsent_from < UNSENT_BYTES_MAX
    }

    /// Adds one request if there is room; `begun` is when it should have begun.
    pub fn add(&mut self, begun: Instant, born_millis: u64) {
        let Some(slot) = self.free.pop() else { return };
        if let Some(place) = self.begun.get_mut(slot as usize) {
            *place = begun;
        }
        let opaque = OPAQUE_FIRST + slot;
        let queue = u32::try_from(self.sent % u64::from(self.queues)).unwrap_or(0);
        self.template.append_to(&mut self.unsent, opaque, queue, born_millis, self.sent);
        self.sent += 1;
    }

    pub fn write(&mut self) -> io::Result<()> {
        while let Some(rest) = self.unsent.get(self.unsent_from..).filter(|rest| !rest.is_empty()) {
            match self.stream.write(rest) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(written) => self.unsent_from += written,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.unsent.clear();
        self.unsent_from = 0;
        Ok(())
    }

    /// Reads what has come and tells each answer. An error ends the run: a broker that hangs up is news.
    pub fn read(&mut self, buffer: &mut [u8], mut answered: impl FnMut(Answer)) -> io::Result<()> {
        loop {
            match self.stream.read(buffer) {
                Ok(0) => {
                    return Err(io::Error::new(ErrorKind::UnexpectedEof, "the broker closed the connection"));
                }
                Ok(length) => {
                    self.received.extend_from_slice(buffer.get(..length).unwrap_or_default());
                    self.take_answers(&mut answered)?;
                    if length < buffer.len() {
                        return Ok(());
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn take_answers(&mut self, answered: &mut impl FnMut(Answer)) -> io::Result<()> {
        let mut from = 0;
        while let Some(frame) = whole_frame(self.received.get(from..).unwrap_or_default()) {
            let slot = find_number(frame, b"\"opaque\":")
                .and_then(|opaque| u32::try_from(opaque).ok()?.checked_sub(OPAQUE_FIRST));
            let Some((slot, &begun)) = slot.and_then(|slot| Some((slot, self.begun.get(slot as usize)?)))
            else {
                return Err(io::Error::new(
                    ErrorKind::InvalidData,
                    "an answer carries an opaque that was never sent",
                ));
            };
            answered(Answer { begun, accepted: find_number(frame, b"\"code\":") == Some(0) });
            self.free.push(slot);
            from += frame.len();
        }
        self.received.drain(..from);
        Ok(())
    }
}

pub fn read_buffer() -> Vec<u8> {
    vec![0; READ_BYTES]
}

fn whole_frame(bytes: &[u8]) -> Option<&[u8]> {
    let length = u32::from_be_bytes(bytes.get(..4)?.try_into().ok()?);
    bytes.get(..4 + length as usize)
}

fn find_number(frame: &[u8], mark: &[u8]) -> Option<u64> {
    let at = frame.windows(mark.len()).position(|window| window == mark)? + mark.len();
    let digits = frame.get(at..)?.iter().take_while(|byte| byte.is_ascii_digit());
    Some(digits.fold(0, |value, digit| value * 10 + u64::from(digit - b'0')))
}

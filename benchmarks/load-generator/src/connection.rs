//! One connection: what is to be written, and the frames that come, read as they arrive.

use std::io::{self, ErrorKind, Read, Write};

use mio::net::TcpStream;

use crate::frame::{PREFIX_BYTES, header_of, malformed};

/// The memory that all connections receive into.
pub const READ_BYTES: usize = 256 << 10;
/// More than this waiting to be written, and no new request is made.
const UNSENT_BYTES_MAX: usize = 256 << 10;

/// Takes the parts of frames in the order of their bytes.
pub trait FrameReceiver {
    /// Bytes have come; their parts follow.
    fn received(&mut self) {}

    fn header(&mut self, header: &[u8], body_bytes: usize) -> io::Result<()>;

    /// A stretch of the body, and whether the body ends with it; how many bytes of it are done with. What is left comes
    /// again, with more behind it.
    fn body(&mut self, bytes: &[u8], ends: bool) -> io::Result<usize>;

    /// The frame is complete.
    fn end(&mut self) -> io::Result<()>;
}

pub struct Connection {
    pub stream: TcpStream,
    unsent: Vec<u8>,
    unsent_from: usize,
    /// What the receiver left for the next time: less than a header, or than a record's head.
    partial: Vec<u8>,
    /// Bytes of the body of the frame under way.
    body_left: usize,
}

impl Connection {
    pub fn new(stream: std::net::TcpStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        let stream = TcpStream::from_std(stream);
        Ok(Self { stream, unsent: vec![], unsent_from: 0, partial: vec![], body_left: 0 })
    }

    pub fn has_room(&self) -> bool {
        self.unsent.len() - self.unsent_from < UNSENT_BYTES_MAX
    }

    /// Where requests are appended to; [`Self::write`] sends them.
    pub fn unsent(&mut self) -> &mut Vec<u8> {
        &mut self.unsent
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

    /// Reads until the socket has no more. An error ends the run: a broker that hangs up is news.
    pub fn receive(&mut self, buffer: &mut [u8], receiver: &mut impl FrameReceiver) -> io::Result<()> {
        loop {
            let kept = self.partial.len();
            let Some((front, room)) = buffer.split_at_mut_checked(kept).filter(|(_, room)| !room.is_empty())
            else {
                return Err(malformed(&format!("a header or a record's head of more than {kept} bytes")));
            };
            front.copy_from_slice(&self.partial);
            match self.stream.read(room) {
                Ok(0) => {
                    return Err(io::Error::new(ErrorKind::UnexpectedEof, "the broker closed the connection"));
                }
                Ok(length) => {
                    let full = length == room.len();
                    receiver.received();
                    let bytes = buffer.get(..kept + length).unwrap_or_default();
                    let taken = take_parts(&mut self.body_left, bytes, receiver)?;
                    self.partial.clear();
                    self.partial.extend_from_slice(bytes.get(taken..).unwrap_or_default());
                    if !full {
                        return Ok(());
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// Gives the receiver every part that is there; how many bytes it is done with.
fn take_parts(body_left: &mut usize, bytes: &[u8], receiver: &mut impl FrameReceiver) -> io::Result<usize> {
    let mut at = 0;
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        if *body_left > 0 {
            let present = rest.get(..*body_left).unwrap_or(rest);
            let taken =
                if present.is_empty() { 0 } else { receiver.body(present, present.len() == *body_left)? };
            at += taken;
            *body_left -= taken;
            if *body_left > 0 {
                return Ok(at);
            }
            receiver.end()?;
            continue;
        }
        let Some((header, body_bytes)) = header_of(rest)? else { return Ok(at) };
        receiver.header(header, body_bytes)?;
        at += PREFIX_BYTES + header.len();
        *body_left = body_bytes;
        if body_bytes == 0 {
            receiver.end()?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::prefix_of;

    /// Writes down what it is given; takes bodies in pieces of 4 bytes, as a walker of records would.
    #[derive(Default)]
    struct Listener {
        heard: Vec<String>,
        body: Vec<u8>,
    }

    impl FrameReceiver for Listener {
        fn header(&mut self, header: &[u8], body_bytes: usize) -> io::Result<()> {
            self.heard.push(format!("{} {body_bytes}", String::from_utf8_lossy(header)));
            Ok(())
        }

        fn body(&mut self, bytes: &[u8], ends: bool) -> io::Result<usize> {
            let taken = if ends { bytes.len() } else { bytes.len() / 4 * 4 };
            self.body.extend_from_slice(&bytes[..taken]);
            Ok(taken)
        }

        fn end(&mut self) -> io::Result<()> {
            self.heard.push(format!("end {}", String::from_utf8_lossy(&self.body)));
            self.body.clear();
            Ok(())
        }
    }

    fn frames() -> Vec<u8> {
        let frame =
            |header: &[u8], body: &[u8]| [&prefix_of(header.len(), body.len())[..], header, body].concat();
        [frame(b"{}", b""), frame(b"{1}", b"0123456789"), frame(b"{2}", b"abcd")].concat()
    }

    #[test]
    fn frames_are_the_same_however_their_bytes_arrive() {
        let bytes = frames();
        for step in 1..=bytes.len() {
            let (mut listener, mut body_left, mut partial) = (Listener::default(), 0, vec![]);
            for piece in bytes.chunks(step) {
                partial.extend_from_slice(piece);
                let taken = take_parts(&mut body_left, &partial, &mut listener).unwrap();
                partial.drain(..taken);
            }
            let expected = ["{} 0", "end ", "{1} 10", "end 0123456789", "{2} 4", "end abcd"];
            assert_eq!(listener.heard, expected, "in pieces of {step} bytes");
            assert!(partial.is_empty());
        }
    }
}

//! One connection: what is left of the last chunk, and what the socket has not taken yet.

use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;

use centaurmq_store::ingest::{ReceivedChunk, host_bytes, ingest};
use mio::net::TcpStream;

use crate::Shared;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Open,
    Closed,
}

pub struct Connection {
    stream: TcpStream,
    peer: Vec<u8>,
    /// The beginning of a frame whose rest has not arrived.
    partial: Vec<u8>,
    unsent: Vec<u8>,
}

impl Connection {
    pub fn new(stream: TcpStream, peer: SocketAddr) -> Self {
        let peer = host_bytes(peer.ip(), peer.port());
        Self { stream, peer, partial: Vec::new(), unsent: Vec::new() }
    }

    /// Writes what waits, then reads and answers until the socket has nothing more.
    pub fn ready(&mut self, shared: &mut Shared, now_millis: i64) -> io::Result<State> {
        self.write_unsent()?;
        loop {
            let kept = self.partial.len();
            let room = shared.received.len() - kept;
            let (front, place) = shared.received.split_at_mut(kept);
            front.copy_from_slice(&self.partial);
            match self.stream.read(place) {
                Ok(0) => return Ok(State::Closed),
                Ok(length) => {
                    self.answer(shared, kept + length, now_millis)?;
                    if length < room {
                        return Ok(State::Open);
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(State::Open),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn answer(&mut self, shared: &mut Shared, received: usize, now_millis: i64) -> io::Result<()> {
        let mut rest = shared.received.get(..received).unwrap_or_default();
        loop {
            let chunk = ReceivedChunk { peer: &self.peer, bytes: rest, now_millis };
            let (out, frames) = (&mut shared.out, &mut shared.frames);
            let outcome = ingest(&shared.store, &shared.identity, &mut shared.memory, &chunk, out, frames);
            if let Some(violation) = outcome.violation {
                return Err(io::Error::new(ErrorKind::InvalidData, violation.to_string()));
            }
            if outcome.other_frame_count > 0 {
                return Err(io::Error::new(ErrorKind::Unsupported, "only plain sends are served here"));
            }
            let responses = out.get(..outcome.response_bytes).unwrap_or_default();
            write(&mut self.stream, &mut self.unsent, responses)?;
            rest = rest.get(outcome.consumed_bytes..).unwrap_or_default();
            if outcome.consumed_bytes == 0 || rest.is_empty() {
                break;
            }
        }
        self.partial.clear();
        self.partial.extend_from_slice(rest);
        Ok(())
    }

    fn write_unsent(&mut self) -> io::Result<()> {
        let waiting = std::mem::take(&mut self.unsent);
        write(&mut self.stream, &mut self.unsent, &waiting)
    }
}

/// Writes what the socket takes; the rest waits in `unsent`, behind what waits already.
fn write(stream: &mut TcpStream, unsent: &mut Vec<u8>, mut bytes: &[u8]) -> io::Result<()> {
    while unsent.is_empty() && !bytes.is_empty() {
        match stream.write(bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    unsent.extend_from_slice(bytes);
    Ok(())
}

//! One connection: what is left of the last chunk, what the socket has not taken yet, what waits for the disk.

use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;

use centaurmq_store::ingest::host_bytes;
use mio::net::TcpStream;

use crate::withheld::Withheld;

/// With more than this waiting to be written, nothing more is read.
const UNSENT_BYTES_MAX: usize = 4 << 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received {
    /// So many bytes lie in the buffer, what was left included; whether the socket may have more.
    Bytes {
        count: usize,
        more: bool,
    },
    Nothing,
    Closed,
}

pub struct Connection {
    stream: TcpStream,
    pub peer: Vec<u8>,
    /// The beginning of a frame whose rest has not arrived.
    partial: Vec<u8>,
    unsent: Vec<u8>,
    withheld: Withheld,
}

impl Connection {
    pub fn new(stream: TcpStream, peer: SocketAddr) -> Self {
        let peer = host_bytes(peer.ip(), peer.port());
        Self { stream, peer, partial: vec![], unsent: vec![], withheld: Withheld::default() }
    }

    /// Reads once, behind what is left of the last chunk.
    pub fn receive(&mut self, buffer: &mut [u8]) -> io::Result<Received> {
        if self.unsent.len() > UNSENT_BYTES_MAX {
            return Ok(Received::Nothing);
        }
        let kept = self.partial.len();
        let Some((front, room)) = buffer.split_at_mut_checked(kept).filter(|(_, room)| !room.is_empty())
        else {
            return Err(io::Error::new(ErrorKind::InvalidData, "a frame is longer than the buffer"));
        };
        front.copy_from_slice(&self.partial);
        loop {
            match self.stream.read(room) {
                Ok(0) => return Ok(Received::Closed),
                Ok(length) => {
                    return Ok(Received::Bytes { count: kept + length, more: length == room.len() });
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Received::Nothing),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Bytes left of the last chunk.
    pub fn partial_bytes(&self) -> usize {
        self.partial.len()
    }

    pub fn keep_partial(&mut self, rest: &[u8]) {
        self.partial.clear();
        self.partial.extend_from_slice(rest);
    }

    /// Writes what the socket takes; the rest waits behind what waits already.
    pub fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        if self.unsent.is_empty() {
            bytes = write_some(&mut self.stream, bytes)?;
        }
        self.unsent.extend_from_slice(bytes);
        Ok(())
    }

    pub fn write_unsent(&mut self) -> io::Result<()> {
        if !self.unsent.is_empty() {
            let left = write_some(&mut self.stream, &self.unsent)?.len();
            self.unsent.drain(..self.unsent.len() - left);
        }
        Ok(())
    }

    /// Keeps responses until the log is durable up to this offset; whether they are the first that are kept.
    pub fn withhold(&mut self, responses: &[u8], required_flush_offset: u64) -> bool {
        let first = self.withheld.is_empty();
        self.withheld.add(responses, required_flush_offset);
        first
    }

    /// Writes the responses whose messages are durable; whether others are left.
    pub fn release(&mut self, flushed_offset: u64) -> io::Result<bool> {
        let mut durable = self.withheld.durable(flushed_offset);
        if self.unsent.is_empty() {
            durable = write_some(&mut self.stream, durable)?;
        }
        self.unsent.extend_from_slice(durable);
        self.withheld.remove_durable(flushed_offset);
        Ok(!self.withheld.is_empty())
    }
}

/// Writes what the socket takes now; what is left.
fn write_some<'a>(stream: &mut TcpStream, mut bytes: &'a [u8]) -> io::Result<&'a [u8]> {
    while !bytes.is_empty() {
        match stream.write(bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(bytes)
}

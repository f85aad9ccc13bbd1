//! The serving thread: reads a chunk, lets the engine answer its sends, answers its pulls, writes once.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use centaurmq_store::Store;
use centaurmq_store::ingest::{
    HotPath, HotPathIdentity, IngestMemory, IngestOutcome, IngestRoom, PullTable, ReceivedChunk, ingest,
};
use mio::net::TcpListener;
use mio::{Events, Interest, Poll, Token, Waker};

use crate::answer::PULL_HEAD_BYTES;
use crate::connection::{Connection, Received};
use crate::flusher::Flusher;
use crate::held_pulls::{CHECK_INTERVAL, HeldPull, HeldPulls};
use crate::pull::{Pull, Pulled};
use crate::requests::{Request, read_request};

const LISTENER: Token = Token(usize::MAX);
const FLUSHED: Token = Token(usize::MAX - 1);
/// A frame of the largest body and a chunk behind it.
const READ_BYTES: usize = (4 << 20) + (256 << 10);
/// Read at a time: more would not stay in the cache.
const CHUNK_BYTES: usize = 256 << 10;
const OUT_BYTES: usize = 128 << 10;
const FRAMES_MAX: usize = 1024;
/// What a pull may need: its head and the largest record (a body of 4 MiB and 64 KiB beside it).
const PULL_BYTES_MAX: usize = PULL_HEAD_BYTES + (4 << 20) + (64 << 10);
/// Answers of pulls are collected up to this before they are written.
const REPLY_BYTES: usize = 256 << 10;
const EVENTS_MAX: usize = 1024;

pub struct Server {
    listener: TcpListener,
    poll: Poll,
    connections: Vec<Option<Connection>>,
    engine: Engine,
}

/// The store, and memory to receive into and answer from, shared by all connections.
struct Engine {
    store: Arc<Store>,
    identity: HotPathIdentity,
    /// Empty: pulls are answered here, without the tables of the broker.
    pulls: PullTable,
    memory: IngestMemory,
    flusher: Flusher,
    received: Box<[u8]>,
    out: Box<[u8]>,
    frames: Box<[u32]>,
    replies: Replies,
    held: HeldPulls,
    /// Numbers of connections with responses that wait for the disk.
    withholding: Vec<usize>,
}

/// Answers of one chunk's pulls, one behind the other.
struct Replies {
    bytes: Box<[u8]>,
    end: usize,
}

impl Server {
    pub fn bind(address: SocketAddr, store: Arc<Store>, identity: HotPathIdentity) -> io::Result<Self> {
        let mut listener = TcpListener::bind(address)?;
        let poll = Poll::new()?;
        poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
        let flusher = Flusher::start(&store, Waker::new(poll.registry(), FLUSHED)?);
        let engine = Engine {
            store,
            identity,
            pulls: PullTable::default(),
            memory: IngestMemory::default(),
            flusher,
            received: vec![0; READ_BYTES].into(),
            out: vec![0; OUT_BYTES].into(),
            frames: vec![0; 2 * FRAMES_MAX].into(),
            replies: Replies { bytes: vec![0; REPLY_BYTES + PULL_BYTES_MAX].into(), end: 0 },
            held: HeldPulls::default(),
            withholding: vec![],
        };
        Ok(Self { listener, poll, connections: vec![], engine })
    }

    pub fn run(mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(EVENTS_MAX);
        let mut checked = Instant::now();
        loop {
            let timeout = (!self.engine.held.is_empty()).then_some(CHECK_INTERVAL);
            match self.poll.poll(&mut events, timeout) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                polled => polled?,
            }
            let now_millis = epoch_millis();
            for event in &events {
                match event.token() {
                    LISTENER => self.accept()?,
                    FLUSHED => self.release(),
                    Token(number) => {
                        self.with_connection(number, |engine, connection| {
                            engine.serve(connection, number, now_millis)
                        });
                    }
                }
            }
            self.answer_arrived();
            if !self.engine.held.is_empty() && checked.elapsed() >= CHECK_INTERVAL {
                checked = Instant::now();
                self.answer_expired(checked);
            }
        }
    }

    /// Closes the connection when its peer has, or when it cannot be served.
    fn with_connection(
        &mut self,
        number: usize,
        serve: impl FnOnce(&mut Engine, &mut Connection) -> io::Result<State>,
    ) {
        let Some(place) = self.connections.get_mut(number) else { return };
        let Some(connection) = place else { return };
        if !matches!(serve(&mut self.engine, connection), Ok(State::Open)) {
            *place = None; // closing the socket deregisters it
        }
    }

    fn accept(&mut self) -> io::Result<()> {
        loop {
            let (mut stream, peer) = match self.listener.accept() {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                accepted => accepted?,
            };
            stream.set_nodelay(true)?;
            let token = Token(self.connections.len());
            self.poll.registry().register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
            self.connections.push(Some(Connection::new(stream, peer)));
        }
    }

    /// After a flush.
    fn release(&mut self) {
        let flushed_offset = self.engine.store.flushed_offset();
        for number in std::mem::take(&mut self.engine.withholding) {
            self.with_connection(number, |engine, connection| {
                if connection.release(flushed_offset)? {
                    engine.withholding.push(number);
                }
                Ok(State::Open)
            });
        }
    }

    fn answer_arrived(&mut self) {
        if self.engine.store.arrivals_pending() {
            let mut arrived = vec![];
            if self.engine.held.take_arrived(&self.engine.store, &mut arrived).is_ok() {
                self.answer_held(arrived, true);
            }
        }
    }

    fn answer_expired(&mut self, now: Instant) {
        let mut expired = vec![];
        self.engine.held.take_expired(now, &mut expired);
        self.answer_held(expired, false);
    }

    /// Answers with one write for each connection.
    fn answer_held(&mut self, mut held: Vec<HeldPull>, may_wait: bool) {
        held.sort_by_key(|held| held.connection);
        for of_connection in held.chunk_by(|a, b| a.connection == b.connection) {
            let Some(HeldPull { connection: number, .. }) = of_connection.first() else { continue };
            self.with_connection(*number, |engine, connection| {
                for held in of_connection {
                    engine.pull(held.pull, connection, *number, may_wait)?;
                }
                engine.replies.write_to(connection)?;
                Ok(State::Open)
            });
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Closed,
}

impl Engine {
    /// Writes what waits, then reads and answers until the socket has nothing more.
    fn serve(&mut self, connection: &mut Connection, number: usize, now_millis: i64) -> io::Result<State> {
        connection.write_unsent()?;
        loop {
            let room = connection.partial_bytes() + CHUNK_BYTES;
            let room = self.received.get_mut(..room.min(READ_BYTES)).unwrap_or_default();
            match connection.receive(room)? {
                Received::Closed => return Ok(State::Closed),
                Received::Nothing => return Ok(State::Open),
                Received::Bytes { count, more } => {
                    self.answer(connection, number, count, now_millis)?;
                    if !more {
                        return Ok(State::Open);
                    }
                }
            }
        }
    }

    fn answer(
        &mut self,
        connection: &mut Connection,
        number: usize,
        count: usize,
        now_millis: i64,
    ) -> io::Result<()> {
        let received = std::mem::take(&mut self.received);
        let bytes = received.get(..count).unwrap_or_default();
        let answered = self.answer_chunk(connection, number, bytes, now_millis);
        if let Ok(done) = answered {
            connection.keep_partial(bytes.get(done..).unwrap_or_default());
        }
        self.received = received;
        answered.map(drop)
    }

    /// How many bytes are done with: whole frames.
    fn answer_chunk(
        &mut self,
        connection: &mut Connection,
        number: usize,
        bytes: &[u8],
        now_millis: i64,
    ) -> io::Result<usize> {
        let mut done = 0;
        loop {
            let rest = bytes.get(done..).unwrap_or_default();
            let chunk = ReceivedChunk { peer: &connection.peer, local_port: 0, bytes: rest, now_millis };
            let Self { store, identity, pulls, memory, out, frames, .. } = self;
            let hot_path = HotPath { store, identity, pulls };
            let outcome = ingest(&hot_path, memory, &chunk, IngestRoom { out, frames, pulls_max: 0 });
            if let Some(violation) = outcome.violation {
                return Err(io::Error::new(io::ErrorKind::InvalidData, violation.to_string()));
            }
            self.send_responses(connection, number, &outcome)?;
            for place in 0..outcome.other_frame_count {
                let frame = self.frame_at(place, rest);
                self.other(frame, connection, number)?;
            }
            self.replies.write_to(connection)?;
            done += outcome.consumed_bytes;
            if outcome.consumed_bytes == 0 || done == bytes.len() {
                return Ok(done);
            }
        }
    }

    fn send_responses(
        &mut self,
        connection: &mut Connection,
        number: usize,
        outcome: &IngestOutcome,
    ) -> io::Result<()> {
        let IngestOutcome { response_bytes, withheld_bytes, required_flush_offset, .. } = *outcome;
        connection.write(self.out.get(..response_bytes).unwrap_or_default())?;
        if withheld_bytes > 0 {
            let withheld = self.out.get(response_bytes..response_bytes + withheld_bytes).unwrap_or_default();
            if connection.withhold(withheld, required_flush_offset) {
                self.withholding.push(number);
            }
        }
        self.flusher.want(required_flush_offset);
        Ok(())
    }

    fn frame_at<'a>(&self, place: usize, bytes: &'a [u8]) -> &'a [u8] {
        let bounds = self.frames.get(2 * place..).and_then(<[u32]>::first_chunk);
        bounds.and_then(|&[start, end]| bytes.get(start as usize..end as usize)).unwrap_or_default()
    }

    fn other(&mut self, frame: &[u8], connection: &mut Connection, number: usize) -> io::Result<()> {
        match read_request(frame, &self.store) {
            Request::Pull(pull) => self.pull(pull, connection, number, true),
            Request::Answered(answer) => {
                if let Some(place) = self.replies.place().get_mut(..answer.len()) {
                    place.copy_from_slice(&answer);
                }
                self.replies.add(answer.len(), connection)
            }
        }
    }

    fn pull(
        &mut self,
        pull: Pull,
        connection: &mut Connection,
        number: usize,
        may_wait: bool,
    ) -> io::Result<()> {
        let mut answered = pull.answer(&self.store, self.replies.place(), may_wait);
        if matches!(answered, Ok(Pulled::Nothing)) {
            self.store.watch(pull.topic, pull.queue_id, true).map_err(io::Error::other)?;
            // what came before the watch is not reported
            answered = pull.answer(&self.store, self.replies.place(), may_wait);
        }
        match answered.map_err(io::Error::other)? {
            Pulled::Answered(bytes) => self.replies.add(bytes, connection)?,
            Pulled::Nothing => self.held.hold(pull, number, Instant::now()),
        }
        Ok(())
    }
}

impl Replies {
    /// Where the next answer goes; there is room for the largest.
    fn place(&mut self) -> &mut [u8] {
        self.bytes.get_mut(self.end..).unwrap_or_default()
    }

    /// So many bytes of the place are an answer.
    fn add(&mut self, bytes: usize, connection: &mut Connection) -> io::Result<()> {
        self.end += bytes;
        if self.end > REPLY_BYTES { self.write_to(connection) } else { Ok(()) }
    }

    fn write_to(&mut self, connection: &mut Connection) -> io::Result<()> {
        let end = std::mem::take(&mut self.end);
        if end > 0 { connection.write(self.bytes.get(..end).unwrap_or_default()) } else { Ok(()) }
    }
}

fn epoch_millis() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

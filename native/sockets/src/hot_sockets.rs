//! The sockets of one loop, and a turn over those that are ready.

use std::collections::HashMap;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::time::Instant;

use centaurmq_store::ingest::{HotPath, IngestMemory, IngestOutcome, IngestRoom, ReceivedChunk, ingest};
use rustix::io::{Errno, Result};
use rustix::net::sockopt::set_tcp_nodelay;

use crate::hot_socket::{Endpoints, HotSocket, Reading, SocketId};
use crate::readiness::{Interest, Readiness, Ready};
use crate::turn_effects::TurnEffects;

/// What a turn is given.
#[derive(Debug, Clone, Copy)]
pub struct Engine<'a> {
    pub hot_path: HotPath<'a>,
    pub now_millis: i64,
    /// False: the owner reads every socket, also those that the hot path should.
    pub enabled: bool,
    /// Answered pulls that [`TurnEffects`] may hold.
    pub answered_pulls_max: usize,
    /// Responses kept back that the owner is not told of yet; it decides whether there may be more.
    pub withheld_bytes_max: usize,
}

/// Memory that the sockets of a turn use one after the other; the owner finds in it what a step tells of.
#[derive(Debug)]
pub struct TurnMemory<'a> {
    pub received: &'a mut [u8],
    pub out: &'a mut [u8],
    pub frames: &'a mut [u32],
}

/// What the owner hears of a socket.
#[derive(Debug)]
pub enum Happening {
    /// The owner has to read.
    Readable,
    /// So many bytes stand in `received`, and the hot path has done what `outcome` says. Its responses are written, except for
    /// `unsent_bytes` that wait; what it withheld is kept here.
    Ingested {
        received_bytes: usize,
        outcome: IngestOutcome,
        unsent_bytes: usize,
    },
    /// Everything that waited is written.
    Drained,
    /// The peer sends nothing more.
    Ended,
    Failed(Errno),
}

#[derive(Debug)]
pub enum Step {
    Happened(SocketId, Happening),
    /// Take the effects, then go on.
    EffectsFull,
    /// The turn is over.
    Done,
}

/// What is left of releasing responses.
#[derive(Debug)]
pub struct Released {
    pub socket: SocketId,
    /// Those that were to be given back. None: they were written, and bytes of the socket wait now.
    pub frames: Vec<u8>,
}

pub struct HotSockets {
    readiness: Readiness,
    sockets: HashMap<SocketId, HotSocket>,
    last_number: u32,
    /// Of the turn under way.
    ready: Vec<Ready>,
    next_ready: Option<usize>,
    effects: TurnEffects,
    memory: IngestMemory,
    /// Those that keep responses back.
    withholding: Vec<SocketId>,
}

impl HotSockets {
    pub fn open() -> Result<Self> {
        Ok(Self {
            readiness: Readiness::open()?,
            sockets: HashMap::new(),
            last_number: 0,
            ready: Vec::new(),
            next_ready: None,
            effects: TurnEffects::default(),
            memory: IngestMemory::default(),
            withholding: Vec::new(),
        })
    }

    /// Readable while a turn is due.
    pub fn descriptor(&self) -> BorrowedFd<'_> {
        self.readiness.descriptor()
    }

    /// Takes a connected socket over; nobody reads it yet.
    pub fn add(&mut self, descriptor: OwnedFd, endpoints: Endpoints) -> SocketId {
        // A socket that cannot be set so is slower, nothing worse.
        let _ = set_tcp_nodelay(&descriptor, true);
        self.last_number = self.last_number.wrapping_add(1);
        let id = SocketId::new(self.last_number);
        self.sockets.insert(id, HotSocket::new(descriptor, endpoints));
        id
    }

    /// Gives the socket back, with nothing of what it had not sent. None: it is not here.
    pub fn take(&mut self, id: SocketId) -> Option<OwnedFd> {
        let socket = self.sockets.remove(&id)?;
        // It may be shared with another descriptor: closing this one would not take it out.
        let _ = self.readiness.change(id, socket.descriptor(), socket.interest, Interest::default());
        Some(socket.into_descriptor())
    }

    pub fn set_reading(&mut self, id: SocketId, reading: Reading) -> Result<()> {
        let socket = self.sockets.get_mut(&id).ok_or(Errno::BADF)?;
        socket.reading = reading;
        follow_interest(&self.readiness, id, socket)
    }

    /// Reads once; 0 is the end, `AGAIN` that there is nothing.
    pub fn receive(&self, id: SocketId, buffer: &mut [u8]) -> Result<usize> {
        self.sockets.get(&id).ok_or(Errno::BADF)?.receive(buffer)
    }

    /// Writes in order; how many bytes wait now.
    pub fn send(&mut self, id: SocketId, bytes: &[u8]) -> Result<usize> {
        let socket = self.sockets.get_mut(&id).ok_or(Errno::BADF)?;
        socket.send(bytes)?;
        follow_interest(&self.readiness, id, socket)?;
        Ok(socket.unsent_bytes())
    }

    /// Bytes that wait to be written.
    pub fn unsent_bytes(&self, id: SocketId) -> usize {
        self.sockets.get(&id).map_or(0, HotSocket::unsent_bytes)
    }

    /// Whether the hot path has heard of the peer since this was asked last.
    pub fn take_heard(&mut self, id: SocketId) -> bool {
        self.sockets.get_mut(&id).is_some_and(|socket| std::mem::take(&mut socket.was_heard))
    }

    /// Tells the peer that nothing more is sent.
    pub fn end(&self, id: SocketId) -> Result<()> {
        self.sockets.get(&id).ok_or(Errno::BADF)?.end()
    }

    /// What the steps since the last clearing have left to be done.
    pub fn effects(&mut self) -> &mut TurnEffects {
        &mut self.effects
    }

    /// Serves ready sockets until one has something for the owner, or all are served.
    pub fn step(&mut self, engine: &Engine<'_>, memory: &mut TurnMemory<'_>) -> Result<Step> {
        let mut next = if let Some(next) = self.next_ready.take() {
            next
        } else {
            self.readiness.ask(&mut self.ready)?;
            0
        };
        while let Some(ready) = self.ready.get_mut(next) {
            if self.effects.answered_pulls.len() >= engine.answered_pulls_max
                || self.effects.withheld_bytes >= engine.withheld_bytes_max
            {
                self.next_ready = Some(next);
                return Ok(Step::EffectsFull);
            }
            let id = ready.socket;
            let happening = if std::mem::take(&mut ready.writable) {
                self.send_unsent(id)
            } else {
                next += 1;
                if ready.readable { self.serve(id, engine, memory) } else { None }
            };
            if let Some(happening) = happening {
                self.next_ready = Some(next);
                return Ok(Step::Happened(id, happening));
            }
        }
        Ok(Step::Done)
    }

    /// Lets go of the responses that need no more than this offset, socket by socket: writes them, or gives them back. Call again until
    /// nothing is left.
    pub fn release(&mut self, flushed_offset: u64, write: bool) -> Option<Released> {
        let mut next = 0;
        while let Some(&id) = self.withholding.get(next) {
            let Some(socket) = self.sockets.get_mut(&id) else {
                self.withholding.swap_remove(next);
                continue;
            };
            let durable = socket.withheld.durable(flushed_offset);
            let (is_any, frames) = (!durable.is_empty(), if write { Vec::new() } else { durable.to_vec() });
            if write && is_any {
                // A socket that fails is told of when it is read.
                let _ = socket
                    .send_durable(flushed_offset)
                    .and_then(|()| follow_interest(&self.readiness, id, socket));
            }
            socket.withheld.remove_durable(flushed_offset);
            if socket.withheld.is_empty() {
                self.withholding.swap_remove(next);
            } else {
                next += 1;
            }
            if is_any && (!write || socket.unsent_bytes() > 0) {
                return Some(Released { socket: id, frames });
            }
        }
        None
    }

    fn send_unsent(&mut self, id: SocketId) -> Option<Happening> {
        let socket = self.sockets.get_mut(&id)?;
        let sent = socket.send_unsent().and_then(|()| follow_interest(&self.readiness, id, socket));
        match sent {
            Ok(()) if socket.unsent_bytes() == 0 => Some(Happening::Drained),
            Ok(()) => None,
            Err(errno) => Some(Happening::Failed(errno)),
        }
    }

    fn serve(&mut self, id: SocketId, engine: &Engine<'_>, memory: &mut TurnMemory<'_>) -> Option<Happening> {
        let socket = self.sockets.get_mut(&id)?;
        if socket.reading == Reading::Nobody {
            return None;
        }
        if !engine.enabled || socket.reading != Reading::HotPath || socket.unsent_bytes() > 0 {
            return Some(Happening::Readable);
        }
        let received_bytes = match socket.receive(memory.received) {
            Ok(0) => return Some(Happening::Ended),
            Ok(length) => length,
            Err(Errno::AGAIN) => return None,
            Err(errno) => return Some(Happening::Failed(errno)),
        };
        socket.was_heard = true;
        let bytes = memory.received.get(..received_bytes).unwrap_or_default();
        let Endpoints { peer, local_port } = &socket.endpoints;
        let chunk = ReceivedChunk { peer, local_port: *local_port, bytes, now_millis: engine.now_millis };
        let pulls_max = engine.answered_pulls_max.saturating_sub(self.effects.answered_pulls.len());
        let room = IngestRoom { out: memory.out, frames: memory.frames, pulls_max };
        let began = Instant::now();
        let outcome = ingest(&engine.hot_path, &mut self.memory, &chunk, room);
        self.effects.add(&outcome, self.memory.answered_pulls(), began.elapsed());
        let (responses, behind) = memory.out.split_at_checked(outcome.response_bytes).unwrap_or_default();
        if outcome.withheld_bytes > 0 {
            let withheld = behind.get(..outcome.withheld_bytes).unwrap_or_default();
            if socket.withheld.is_empty() {
                self.withholding.push(id);
            }
            socket.withheld.add(withheld, outcome.required_flush_offset);
        }
        if let Err(errno) = socket.send(responses).and_then(|()| follow_interest(&self.readiness, id, socket))
        {
            return Some(Happening::Failed(errno));
        }
        let unsent_bytes = socket.unsent_bytes();
        let is_done = outcome.consumed_bytes == received_bytes
            && unsent_bytes == 0
            && outcome.other_frame_count == 0
            && outcome.violation.is_none();
        (!is_done).then_some(Happening::Ingested { received_bytes, outcome, unsent_bytes })
    }
}

fn follow_interest(readiness: &Readiness, id: SocketId, socket: &mut HotSocket) -> Result<()> {
    let wanted = socket.wanted_interest();
    readiness.change(id, socket.descriptor(), socket.interest, wanted)?;
    socket.interest = wanted;
    Ok(())
}

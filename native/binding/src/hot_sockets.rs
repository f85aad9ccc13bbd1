//! Sockets that the hot path serves on Node's own loop.

use std::os::fd::{FromRawFd, OwnedFd};

use centaurmq_sockets::{
    Endpoints, Engine, Errno, Happening, HotSockets as Sockets, Reading, SocketId, Step, TurnMemory,
};
use centaurmq_store::ingest::{HotPath, Violation};
use napi::Env;
use napi::bindgen_prelude::{Buffer, Function};
use napi_derive::napi;

use crate::error::{Result, invalid_argument};
use crate::loop_watch::LoopWatch;
use crate::messages::{ANSWERED_PULL_NUMBERS, Bytes, HOST_BYTES, Numbers, Words, fill_pulls};
use crate::numbers::{count, fill, integer, number, unsigned};
use crate::registry;

/// The caller hears of so many bytes of withheld responses before there are more.
const UNTOLD_WITHHELD_BYTES_MAX: usize = 1 << 20;
const DONE: u32 = 0;
const EFFECTS_FULL: u32 = 1;
const READABLE: u32 = 2;
const INGESTED: u32 = 3;
const DRAINED: u32 = 4;
const ENDED: u32 = 5;
const FAILED: u32 = 6;
const NO_SOCKET: u32 = 0;

/// Responses that were let go and not written, or none: bytes of the socket wait.
#[napi(object)]
pub struct ReleasedFrames {
    pub socket: u32,
    pub frames: Buffer,
}

/// Connected sockets of one event loop whose hot path is served without JavaScript: what arrives is ingested and answered, and only
/// what is left is told. Linux; elsewhere, and where the runtime gives no access to libuv, the constructor throws.
#[napi]
pub struct HotSockets {
    store: u32,
    /// Before the sockets: it ends first.
    watch: Option<LoopWatch>,
    sockets: Sockets,
}

#[napi]
impl HotSockets {
    /// `onReady` is called in each iteration of the loop in which sockets are ready: it calls `step` until that returns 0.
    #[napi(constructor, catch_unwind, ts_args_type = "store: number, onReady: () => void")]
    pub fn new(env: Env, store: u32, on_ready: Function<'_, (), ()>) -> Result<Self> {
        let sockets = Sockets::open().map_err(|errno| system_error("epoll", errno))?;
        let watch = LoopWatch::start(env, sockets.descriptor(), on_ready)?;
        Ok(Self { store, watch: Some(watch), sockets })
    }

    /// Ends `onReady`. Sockets stay until they are taken out.
    #[napi(catch_unwind)]
    pub fn close(&mut self) {
        self.watch = None;
    }

    /// Takes over the descriptor of a connected socket, which nobody reads yet. `peer`: its remote address and port as in a record (8 or
    /// 20 bytes). Returns its number, above 0 and never used again.
    #[napi(catch_unwind)]
    pub fn add(&mut self, descriptor: i32, peer: &[u8], local_port: u16) -> Result<u32> {
        if descriptor < 0 {
            return Err(invalid_argument(format!("descriptor {descriptor}; expected 0 or more")));
        }
        #[expect(unsafe_code, reason = "Node-API names descriptors by number")]
        // SAFETY: the caller gives it away, also when the peer is refused.
        let descriptor = unsafe { OwnedFd::from_raw_fd(descriptor) };
        if !HOST_BYTES.contains(&peer.len()) {
            return Err(invalid_argument(format!("peer of {} bytes; expected 8 or 20", peer.len())));
        }
        Ok(self.sockets.add(descriptor, Endpoints { peer: peer.into(), local_port }).number())
    }

    /// Closes a socket now.
    #[napi(catch_unwind)]
    pub fn remove(&mut self, socket: u32) {
        drop(self.sockets.take(SocketId::new(socket)));
    }

    /// Who reads: 0 nobody, 1 the caller, who is told, 2 the hot path: only while no beginning of a frame is left over. Returns 0 or a
    /// negative error number.
    #[napi(catch_unwind)]
    pub fn set_reading(&mut self, socket: u32, reading: u32) -> i32 {
        let reading = match reading {
            0 => Reading::Nobody,
            1 => Reading::Owner,
            _ => Reading::HotPath,
        };
        outcome(self.sockets.set_reading(SocketId::new(socket), reading).map(|()| 0))
    }

    /// Reads once. Returns the bytes read, 0 at the end, or a negative error number (EAGAIN: nothing is there).
    #[napi(catch_unwind)]
    pub fn receive(&self, socket: u32, #[napi(ts_arg_type = "Uint8Array")] buffer: Bytes<'_>) -> i32 {
        outcome(self.sockets.receive(SocketId::new(socket), buffer))
    }

    /// Writes in order; the bytes are copied when the system does not take them. Returns how many bytes of the socket wait, or a negative
    /// error number.
    #[napi(catch_unwind)]
    pub fn send(&mut self, socket: u32, bytes: &[u8]) -> i32 {
        outcome(self.sockets.send(SocketId::new(socket), bytes))
    }

    /// Bytes of a socket that wait to be written.
    #[napi(catch_unwind)]
    pub fn unsent_bytes(&self, socket: u32) -> u32 {
        u32::try_from(self.sockets.unsent_bytes(SocketId::new(socket))).unwrap_or(u32::MAX)
    }

    /// Whether the hot path has heard of a socket's peer since this was asked last.
    #[napi(catch_unwind)]
    pub fn take_heard(&mut self, socket: u32) -> bool {
        self.sockets.take_heard(SocketId::new(socket))
    }

    /// Tells the peer that nothing more is sent. Returns 0 or a negative error number.
    #[napi(catch_unwind)]
    pub fn end(&self, socket: u32) -> i32 {
        outcome(self.sockets.end(SocketId::new(socket)).map(|()| 0))
    }

    /// Serves ready sockets until one has something to tell. `hotPath` false: no chunk is ingested. `received`, `out`, `frames` and `pulls`
    /// as for `ingest`; the first three hold what is told, the last one the pulls answered since the last step.
    ///
    /// Returns 0 when the turn is over, 1 to be called again, or what happened to the socket in `head[0]`: 2 it is readable, and the caller
    /// has to read; 3 a chunk was received and ingested as far as `head` says, and the rest is the caller's; 4 what waited to be written is
    /// written; 5 the peer has ended; 6 it failed.
    ///
    /// `head` (at least 16): 0 the socket, 1 received bytes, 2 consumed bytes, 3 bytes of the socket that wait to be written, 4 other frame
    /// count, 5 violation code, 6 error number; and of all sockets since the last step: 7 appended records, 8 answered pull count, 9
    /// milliseconds taken, 10 arrivals pending (0 or 1), 11 required flush offset (0: none), 12 withheld bytes, 13 flags (2 `prepareSpace`
    /// is wanted).
    #[napi(catch_unwind)]
    pub fn step(
        &mut self,
        now_millis: f64,
        hot_path: bool,
        #[napi(ts_arg_type = "Uint8Array")] received: Bytes<'_>,
        #[napi(ts_arg_type = "Uint8Array")] out: Bytes<'_>,
        #[napi(ts_arg_type = "Float64Array")] head: Numbers<'_>,
        #[napi(ts_arg_type = "Uint32Array")] frames: Words<'_>,
        #[napi(ts_arg_type = "Float64Array")] pulls: Numbers<'_>,
    ) -> Result<u32> {
        let open = registry::get(self.store)?;
        let identity = open.identity()?;
        let engine = Engine {
            hot_path: HotPath { store: &open.store, identity: &identity, pulls: &open.pulls },
            now_millis: integer(now_millis),
            enabled: hot_path,
            answered_pulls_max: pulls.len() / ANSWERED_PULL_NUMBERS,
            withheld_bytes_max: UNTOLD_WITHHELD_BYTES_MAX,
        };
        let step = self.sockets.step(&engine, &mut TurnMemory { received, out, frames });
        let (kind, facts) = told(&step.map_err(|errno| system_error("epoll", errno))?);
        let effects = self.sockets.effects();
        fill_pulls(pulls, &effects.answered_pulls);
        let gathered = [
            f64::from(effects.appended_records),
            count(effects.answered_pulls.len()),
            effects.took.as_secs_f64() * 1000.0,
            f64::from(u8::from(open.store.arrivals_pending())),
            number(effects.required_flush_offset),
            count(effects.withheld_bytes),
            f64::from(if effects.space_wanted { crate::messages::SPACE_WANTED } else { 0 }),
        ];
        effects.clear();
        fill(head, &facts);
        fill(head.get_mut(facts.len()..).unwrap_or_default(), &gathered);
        Ok(kind)
    }

    /// Lets go of the withheld responses that need no more than this offset. `write` true writes them and returns, one a call, the sockets
    /// that have bytes waiting then, with no frames; else it returns the frames. To be called until it returns null.
    #[napi(catch_unwind)]
    pub fn release(&mut self, flushed_offset: f64, write: bool) -> Option<ReleasedFrames> {
        let released = self.sockets.release(unsigned(flushed_offset), write)?;
        Some(ReleasedFrames { socket: released.socket.number(), frames: released.frames.into() })
    }
}

fn told(step: &Step) -> (u32, [f64; 7]) {
    let (socket, happening) = match step {
        Step::Done => return (DONE, [f64::from(NO_SOCKET); 7]),
        Step::EffectsFull => return (EFFECTS_FULL, [f64::from(NO_SOCKET); 7]),
        Step::Happened(socket, happening) => (f64::from(socket.number()), happening),
    };
    let only = |kind| (kind, [socket, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    match happening {
        Happening::Readable => only(READABLE),
        Happening::Drained => only(DRAINED),
        Happening::Ended => only(ENDED),
        Happening::Failed(errno) => {
            (FAILED, [socket, 0.0, 0.0, 0.0, 0.0, 0.0, f64::from(errno.raw_os_error())])
        }
        Happening::Ingested { received_bytes, outcome, unsent_bytes } => {
            let violation = outcome.violation.map_or(0, Violation::code);
            let facts = [
                socket,
                count(*received_bytes),
                count(outcome.consumed_bytes),
                count(*unsent_bytes),
                count(outcome.other_frame_count),
                f64::from(violation),
                0.0,
            ];
            (INGESTED, facts)
        }
    }
}

/// Bytes, or the negative number of the error.
fn outcome(result: std::result::Result<usize, Errno>) -> i32 {
    match result {
        Ok(bytes) => i32::try_from(bytes).unwrap_or(i32::MAX),
        Err(errno) => -errno.raw_os_error(),
    }
}

fn system_error(call: &str, errno: Errno) -> napi::Error<crate::error::ErrorCode> {
    invalid_argument(format!("{call}: {errno}"))
}

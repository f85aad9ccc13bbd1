//! Sockets that the hot path serves by itself: what arrives is given to the store, what it answers is written, and the owner of the
//! loop hears of the rest only. It is not: an acceptor, TLS, or the judge of a frame that the hot path leaves.
//!
//! Linux only, because of epoll: its descriptor can be waited for by another loop. Elsewhere the owner reads and writes.

#![cfg(target_os = "linux")]

mod hot_socket;
mod hot_sockets;
#[cfg(test)]
mod hot_sockets_tests;
mod readiness;
mod turn_effects;
mod unsent;
mod withheld;

pub use hot_socket::{Endpoints, Reading, SocketId};
pub use hot_sockets::{Engine, Happening, HotSockets, Released, Step, TurnMemory};
pub use rustix::io::Errno;
pub use turn_effects::TurnEffects;

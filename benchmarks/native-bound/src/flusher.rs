//! Group commit: one flush is under way, and everything appended meanwhile joins the next.

use std::io::{self, Write};
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, Thread};

use centaurmq_store::Store;
use mio::Waker;

pub struct Flusher {
    wanted: Arc<AtomicU64>,
    thread: Thread,
}

impl Flusher {
    /// Wakes the server after every flush.
    pub fn start(store: &Arc<Store>, waker: Waker) -> Self {
        let wanted = Arc::new(AtomicU64::new(0));
        let (asked, store) = (Arc::clone(&wanted), Arc::clone(store));
        let thread = thread::spawn(move || {
            loop {
                while store.flushed_offset() >= asked.load(Ordering::Acquire) {
                    thread::park();
                }
                if let Err(error) = store.flush().map_err(io::Error::other).and_then(|_| waker.wake()) {
                    let _ = writeln!(io::stderr(), "cannot flush: {error}");
                    process::exit(1);
                }
            }
        });
        Self { wanted, thread: thread.thread().clone() }
    }

    /// Asks for everything below this offset to be made durable.
    pub fn want(&self, offset: u64) {
        if self.wanted.fetch_max(offset, Ordering::AcqRel) < offset {
            self.thread.unpark();
        }
    }
}

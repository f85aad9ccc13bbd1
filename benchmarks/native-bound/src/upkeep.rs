//! What the broker's worker threads do meanwhile: keep the next segment ready, and flush in the background.

use std::io::Write;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use centaurmq_store::{Store, StoreError};

/// The broker's `flushIntervalCommitLog`.
const FLUSH_INTERVAL: Duration = Duration::from_millis(500);
/// Between two looks at whether the next segment is wanted.
const PREPARE_INTERVAL: Duration = Duration::from_millis(50);

/// Looks after the store until the process ends. As in the broker, the first segment is begun and warmed at once.
pub fn start(store: &Arc<Store>) {
    let warmed = Arc::clone(store);
    thread::spawn(move || report("warm the segment", warmed.warm_segment(u64::MAX).map(drop)));
    every(PREPARE_INTERVAL, store, "prepare a segment", |store| {
        // The broker asks for it when half of the active one is full.
        let segment_bytes = store.options().segment_bytes;
        let half_full = store.appended_offset() % segment_bytes > segment_bytes / 2;
        if half_full { store.prepare_segment().map(drop) } else { Ok(()) }
    });
    every(FLUSH_INTERVAL, store, "flush", |store| store.flush().map(drop));
}

fn every(
    interval: Duration,
    store: &Arc<Store>,
    action: &'static str,
    task: impl Fn(&Store) -> Result<(), StoreError> + Send + 'static,
) {
    let store = Arc::clone(store);
    thread::spawn(move || {
        loop {
            thread::sleep(interval);
            report(action, task(&store));
        }
    });
}

fn report(action: &str, done: Result<(), StoreError>) {
    if let Err(error) = done {
        let _ = writeln!(std::io::stderr(), "cannot {action}: {error}");
    }
}

//! What the broker's worker threads do meanwhile: keep space for the log ready, and flush in the background.

use std::io::Write;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use centaurmq_store::{AppendBy, Store, StoreError};

/// The broker's `flushIntervalCommitLog`.
const FLUSH_INTERVAL: Duration = Duration::from_millis(500);
/// Between two looks at whether space is wanted.
const PREPARE_INTERVAL: Duration = Duration::from_millis(50);

/// Looks after the store until the process ends. As in the broker, the first segment is begun and made ready at once.
pub fn start(store: &Arc<Store>) {
    let first = Arc::clone(store);
    thread::spawn(move || match first.options().append_by {
        AppendBy::Mapping => report("warm the segment", first.warm_segment(u64::MAX).map(drop)),
        AppendBy::Writing => report("prepare space", first.prepare_space().map(drop)),
    });
    every(PREPARE_INTERVAL, store, "prepare space", |store| {
        if store.space_wanted() { store.prepare_space().map(drop) } else { Ok(()) }
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

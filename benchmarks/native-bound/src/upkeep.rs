//! What the broker's worker threads do meanwhile: prepare segments, and flush in the background.

use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use centaurmq_store::Store;

/// The broker's `flushIntervalCommitLog`.
const FLUSH_INTERVAL: Duration = Duration::from_millis(500);

pub struct Upkeep {
    wanted: SyncSender<()>,
}

impl Upkeep {
    pub fn start(store: &Arc<Store>) -> Self {
        let (wanted, requests) = sync_channel(1);
        let preparing = Arc::clone(store);
        thread::spawn(move || {
            while requests.recv().is_ok() {
                report("prepare a segment", preparing.prepare_segment().map(drop));
            }
        });
        let flushing = Arc::clone(store);
        thread::spawn(move || {
            loop {
                thread::sleep(FLUSH_INTERVAL);
                report("flush", flushing.flush().map(drop));
            }
        });
        Self { wanted }
    }

    /// Never waits: a request that is under way already is enough.
    pub fn segment_wanted(&self) {
        let _ = self.wanted.try_send(());
    }
}

fn report(action: &str, outcome: Result<(), centaurmq_store::StoreError>) {
    use std::io::Write;
    if let Err(error) = outcome {
        let _ = writeln!(std::io::stderr(), "cannot {action}: {error}");
    }
}

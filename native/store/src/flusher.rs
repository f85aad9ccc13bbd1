//! Group commit beside appending: one flush after the other, as long as somebody waits for one.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, Thread};

use crate::error::StoreError;
use crate::store::Store;

/// What is asked of the thread that flushes.
#[derive(Debug, Default)]
pub(crate) struct FlushRequests {
    wanted: AtomicU64,
    /// The thread in [`Store::serve_flushes`].
    flusher: OnceLock<Thread>,
    ended: AtomicBool,
}

impl FlushRequests {
    fn want(&self, offset: u64) {
        if self.wanted.fetch_max(offset, Ordering::AcqRel) < offset {
            self.wake();
        }
    }

    /// Lets the flusher go.
    pub fn end(&self) {
        self.ended.store(true, Ordering::Release);
        self.wake();
    }

    fn wake(&self) {
        if let Some(flusher) = self.flusher.get() {
            flusher.unpark();
        }
    }
}

impl Store {
    /// Asks for everything below this offset to be made durable, soon and by another thread: the one in [`Self::serve_flushes`]. A flush costs
    /// as much of a processor as taking several messages: whoever takes many asks when they are taken.
    pub fn want_flush(&self, offset: u64) {
        self.flush_requests().want(offset);
    }

    /// Blocking, until the store is closed or cannot be flushed any more. Flushes as long as somebody wants it and tells the flushed
    /// offset after each: what was appended meanwhile is the next group. One thread of a store serves; for others it returns
    /// at once.
    pub fn serve_flushes(&self, mut tell: impl FnMut(Result<u64, StoreError>)) {
        let requests = self.flush_requests();
        if requests.flusher.set(thread::current()).is_err() {
            return;
        }
        // Not the flushed offset: a checkpoint may have flushed, and nobody told.
        let mut told = 0;
        while !requests.ended.load(Ordering::Acquire) {
            if requests.wanted.load(Ordering::Acquire) <= told {
                thread::park();
                continue;
            }
            let flushed = self.flush();
            match &flushed {
                Ok(offset) => told = *offset,
                Err(_) => requests.ended.store(true, Ordering::Release),
            }
            tell(flushed);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use crate::AckLevel;
    use crate::disk::SimulatedDisk;
    use crate::store_tests::{append, open, topic};

    #[test]
    fn what_is_wanted_is_flushed_and_told_until_the_store_is_closed() {
        let (store, _) = open(&SimulatedDisk::new());
        let orders = topic(&store, "Orders", AckLevel::Fsync);
        let (told, flushes) = mpsc::channel();
        thread::scope(|scope| {
            let serving = scope.spawn(|| store.serve_flushes(|flushed| told.send(flushed.unwrap()).unwrap()));
            for _ in 0..3 {
                let end = append(&store, orders, 0, b"body").unwrap().end_offset;
                store.want_flush(end);
                assert_eq!(flushes.recv().unwrap(), end);
                assert_eq!(store.flushed_offset(), end);
            }
            // A checkpoint flushes too; whoever waits has to be told all the same.
            let end = append(&store, orders, 0, b"body").unwrap().end_offset;
            store.checkpoint().unwrap();
            store.want_flush(end);
            assert_eq!(flushes.recv().unwrap(), end);
            store.close().unwrap();
            serving.join().unwrap();
        });
        assert_eq!(store.status().group_commit_count, 4);
    }

    #[test]
    fn a_failure_is_told_once() {
        let disk = SimulatedDisk::new();
        let (store, _) = open(&disk);
        let orders = topic(&store, "Orders", AckLevel::Fsync);
        let end = append(&store, orders, 0, b"body").unwrap().end_offset;
        disk.fail_syncs_after(Some(0));
        store.want_flush(end);
        let mut told = Vec::new();
        store.serve_flushes(|flushed| told.push(flushed.is_err()));
        assert_eq!(told, [true]);
    }
}

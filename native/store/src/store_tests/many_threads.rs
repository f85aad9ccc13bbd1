//! Appending, flushing, preparing, checkpoints, retention and reading at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{append, open_with, options, records, request, topic};
use crate::disk::SimulatedDisk;
use crate::{AckLevel, ReadStatus, RetentionPolicy, Store, StoreOptions, TopicHandle};

const MESSAGES: u64 = 6_000;

/// Reads the queue from the beginning to its last message; every message must be the next one and must be flushed.
fn follow(store: &Store, t: TopicHandle) -> u64 {
    let mut out = vec![0; 1 << 16];
    let (mut next, mut skipped) = (0, 0);
    while next < MESSAGES {
        let outcome = store.read(&request(t, 0, i64::try_from(next).unwrap()), &mut out).unwrap();
        for (queue_offset, body) in records(&out, &outcome) {
            assert!(queue_offset >= next, "{queue_offset} after {next}");
            skipped += queue_offset - next;
            assert_eq!(body[..8], queue_offset.to_be_bytes());
            next = queue_offset + 1;
        }
        if outcome.status == ReadStatus::Found {
            assert!(outcome.last_commit_log_offset < store.flushed_offset());
        } else {
            skipped += outcome.next_begin_offset.saturating_sub(next);
            std::thread::yield_now();
        }
        next = outcome.next_begin_offset.max(next);
    }
    skipped
}

struct SetWhenDropped<'a>(&'a AtomicBool);

impl Drop for SetWhenDropped<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

#[test]
fn threads_see_a_consistent_store() {
    let disk = SimulatedDisk::new();
    let options = StoreOptions { segment_bytes: 64 << 10, consume_queue_mapped_max: 3, ..options() };
    let (store, _) = open_with(&disk, &options);
    let store = Arc::new(store);
    let t = topic(&store, "T", AckLevel::Fsync);
    let other = topic(&store, "other", AckLevel::Os);
    let done = AtomicBool::new(false);
    let until_done = |work: &(dyn Fn() + Sync)| {
        while !done.load(Ordering::Acquire) {
            work();
            std::thread::yield_now();
        }
    };
    std::thread::scope(|scope| {
        // Also when an assertion below fails: the others would work on for ever.
        let _ended = SetWhenDropped(&done);
        scope.spawn(|| until_done(&|| _ = store.flush().unwrap()));
        scope.spawn(|| until_done(&|| _ = store.prepare_segment().unwrap()));
        scope.spawn(|| until_done(&|| _ = store.checkpoint().unwrap()));
        scope.spawn(|| {
            until_done(&|| {
                let policy = RetentionPolicy { log_bytes_max: Some(400_000), ..RetentionPolicy::default() };
                store.retain(&policy).unwrap();
            });
        });
        scope.spawn(|| {
            until_done(&|| {
                let temporary = topic(&store, "temporary", AckLevel::Fsync);
                for number in 0..70 {
                    append(&store, temporary, number % 2, b"soon gone").unwrap();
                }
                store.delete_topic(temporary).unwrap();
            });
        });
        let readers: Vec<_> = (0..2).map(|_| scope.spawn(|| follow(&store, t))).collect();
        for number in 0..MESSAGES {
            let body = [&number.to_be_bytes()[..], &[7; 80]].concat();
            assert_eq!(append(&store, t, 0, &body).unwrap().queue_offset, number);
            append(&store, other, i32::try_from(number % 9).unwrap(), b"between").unwrap();
        }
        for reader in readers {
            // How much retention took before a reader came depends on the machine.
            reader.join().unwrap();
        }
    });
    store.flush().unwrap();
    follow(&store, t);
    store.verify().unwrap();
    assert_eq!(disk.unreserved_writes(), []);
    store.close().unwrap();
}

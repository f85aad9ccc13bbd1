//! Many queues with few files open.

use std::sync::Arc;

use parking_lot::Mutex;

use super::{append, bodies, open_with, options, topic};
use crate::disk::SimulatedDisk;
use crate::{AckLevel, StoreOptions};

#[test]
fn many_queues_share_few_mappings() {
    let disk = SimulatedDisk::new();
    let options = StoreOptions { consume_queue_mapped_max: 20, segment_bytes: 1 << 20, ..options() };
    let (store, _) = open_with(&disk, &options);
    let topics: Vec<_> = (0..100).map(|number| topic(&store, &format!("T{number}"), AckLevel::Os)).collect();
    for round in 0..70_u8 {
        for (queue_id, t) in (0_i32..).zip(&topics) {
            append(&store, *t, queue_id % 3, &[round]).unwrap();
        }
        assert!(store.status().consume_queue_mapped_count <= 21, "{:?}", store.status());
        if round % 20 == 0 {
            store.checkpoint().unwrap();
        }
    }
    let expected: Vec<(u64, Vec<u8>)> = (0..70_u8).map(|round| (u64::from(round), vec![round])).collect();
    for (queue_id, t) in (0_i32..).zip(&topics) {
        assert_eq!(bodies(&store, *t, queue_id % 3, 0), expected);
        assert!(store.status().consume_queue_mapped_count <= 25, "{:?}", store.status());
    }
    assert_eq!(disk.unreserved_writes(), []);
    store.close().unwrap();
    drop(store);
    // What was released before it was synced is on the disk all the same.
    let (store, report) = open_with(&disk.crash(1), &options);
    assert_eq!((report.queues_rebuilt_because, report.records_scanned), (None, 0));
    let t = topic(&store, "T5", AckLevel::Os);
    assert_eq!(bodies(&store, t, 2, 0), expected);
}

#[test]
fn a_full_file_that_was_released_is_not_synced_again() {
    let disk = SimulatedDisk::new();
    let options = StoreOptions { consume_queue_mapped_max: 1, segment_bytes: 1 << 20, ..options() };
    let (store, _) = open_with(&disk, &options);
    let [long, other] = ["Long", "Other"].map(|name| topic(&store, name, AckLevel::Os));
    let add = |count: u32| {
        for _ in 0..count {
            append(&store, long, 0, b"body").unwrap();
        }
    };
    add(60);
    store.checkpoint().unwrap();
    append(&store, other, 0, b"the files of the other queue are released").unwrap();
    add(1);
    let synced = Arc::new(Mutex::new(Vec::new()));
    let names = synced.clone();
    disk.before_sync(Some(Box::new(move |name| names.lock().push(name.to_owned()))));
    store.checkpoint().unwrap();
    let mut files: Vec<String> =
        synced.lock().iter().filter(|name| name.starts_with("consumequeue/Long/0/")).cloned().collect();
    files.dedup();
    assert_eq!(files, ["consumequeue/Long/0/00000000000000001000"]);
}

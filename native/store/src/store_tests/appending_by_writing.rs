//! Records that are collected in memory before they are written to the log's file.

use super::{append, bodies, message, open_with, options, records, request, topic};
use crate::disk::SimulatedDisk;
use crate::{AckLevel, AppendBy, AppendError, Store, StoreError, StoreOptions};

fn by_writing() -> StoreOptions {
    StoreOptions { append_by: AppendBy::Writing, ..options() }
}

fn lookup(store: &Store, offset: u64) -> Option<usize> {
    store.lookup(offset, &mut vec![0; 1 << 20]).unwrap()
}

#[test]
fn a_record_is_in_the_file_when_its_level_says_so() {
    let disk = SimulatedDisk::new();
    let (store, _) = open_with(&disk, &by_writing());
    let (safe, fast) = (topic(&store, "Safe", AckLevel::Fsync), topic(&store, "Fast", AckLevel::Os));
    let first = append(&store, safe, 0, b"flushed").unwrap();
    assert_eq!(lookup(&store, first.commit_log_offset), None);
    assert_eq!(store.flush().unwrap(), first.end_offset);
    assert!(lookup(&store, first.commit_log_offset).is_some());
    append(&store, safe, 0, b"written with the next").unwrap();
    append(&store, fast, 0, b"acknowledged").unwrap();
    assert_eq!(bodies(&store, fast, 0, 0).len(), 1);
    let written = store.appended_offset();
    append(&store, safe, 0, b"in memory only").unwrap();
    assert_eq!(store.verify().unwrap(), written);
    drop(store);
    let (store, report) = open_with(&disk.process_death(), &by_writing());
    assert_eq!((report.end_offset, report.cut), (written, None));
    assert_eq!(bodies(&store, topic(&store, "Safe", AckLevel::Fsync), 0, 0).len(), 2);
}

#[test]
fn a_caller_that_does_not_wait_for_a_flush_has_its_record_written() {
    let disk = SimulatedDisk::new();
    let (store, _) = open_with(&disk, &by_writing());
    let safe = topic(&store, "Safe", AckLevel::Fsync);
    let mut appender = store.appender(1_700_000_000_000);
    let place = appender.append(&message(safe, 0, b"do not wait")).unwrap();
    appender.write().unwrap();
    drop(appender);
    drop(store);
    let (_, report) = open_with(&disk.process_death(), &by_writing());
    assert_eq!(report.end_offset, place.end_offset);
}

#[test]
fn records_larger_than_what_is_collected_go_through_and_segments_end_where_they_should() {
    let disk = SimulatedDisk::new();
    let options = StoreOptions { segment_bytes: 4 << 20, ..by_writing() };
    let (store, _) = open_with(&disk, &options);
    let safe = topic(&store, "Safe", AckLevel::Fsync);
    let sizes = [100, 1 << 20, 500_000, 2 << 20, 10, 3 << 20, 600_000, 600_000];
    for size in sizes {
        append(&store, safe, 0, &vec![7; size]).unwrap();
    }
    store.flush().unwrap();
    let mut out = vec![0; 16 << 20];
    let all =
        store.read(&crate::ReadRequest { max_bytes: 16 << 20, ..request(safe, 0, 0) }, &mut out).unwrap();
    let found: Vec<usize> = records(&out, &all).iter().map(|(_, body)| body.len()).collect();
    assert_eq!(found, sizes);
    assert_eq!(store.verify().unwrap(), store.appended_offset());
    assert_eq!(store.status().segment_count, 3);
    store.close().unwrap();
    let (_, report) = open_with(&disk, &options);
    assert_eq!(report.cut, None);
}

#[test]
fn a_write_that_fails_poisons() {
    let disk = SimulatedDisk::new();
    let (store, _) = open_with(&disk, &by_writing());
    let (safe, fast) = (topic(&store, "Safe", AckLevel::Fsync), topic(&store, "Fast", AckLevel::Os));
    append(&store, safe, 0, b"safe").unwrap();
    append(&store, fast, 0, b"fast").unwrap();
    store.flush().unwrap();
    disk.fail_writes(true);
    append(&store, safe, 0, b"collected").unwrap();
    let error = append(&store, fast, 0, b"not written").unwrap_err();
    assert!(
        matches!(&error, AppendError::Poisoned { reason } if reason.contains("write to") && reason.contains("commitlog/")),
        "{error}"
    );
    disk.fail_writes(false);
    assert!(matches!(store.flush(), Err(StoreError::Poisoned { .. })));
    assert!(matches!(append(&store, safe, 0, b"more"), Err(AppendError::Poisoned { .. })));
    assert_eq!(bodies(&store, fast, 0, 0).len(), 1, "reads go on");
}

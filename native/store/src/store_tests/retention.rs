use std::sync::Arc;

use super::{append, bodies, message, open, options, request, topic};
use crate::disk::SimulatedDisk;
use crate::{AckLevel, MessageToAppend, ReadStatus, RetentionPolicy, Store};

/// 1000 messages, one per second, over several segments, consume queue files and index files.
fn filled() -> (SimulatedDisk, Store) {
    let disk = SimulatedDisk::new();
    let options = crate::StoreOptions { index_entries: 300, ..options() };
    let (store, _) = super::open_with(&disk, &options);
    let t = topic(&store, "T", AckLevel::Os);
    for number in 0..1000_i64 {
        let body = number.to_be_bytes();
        let properties = format!("UNIQ_KEY\x01id{number}\x02");
        let message = MessageToAppend { properties: properties.as_bytes(), ..message(t, 0, &body) };
        store.appender(number * 1000).append(&message).unwrap();
    }
    (disk, store)
}

#[test]
fn old_segments_go_with_what_leads_to_them() {
    let (disk, store) = filled();
    let t = store.topic(b"T").unwrap();
    let before = store.status();
    let policy = RetentionPolicy {
        now_millis: 1_000_000,
        age_millis_max: Some(500_000),
        ..RetentionPolicy::default()
    };
    let report = store.retain(&policy).unwrap();
    assert!(report.segments_deleted.len() > 2, "{report:?}");
    assert!(report.consume_queue_files_deleted > 3 && report.index_files_deleted > 0, "{report:?}");
    assert_eq!(store.status().segment_count, before.segment_count - report.segments_deleted.len());
    for path in &report.segments_deleted {
        assert!(!disk.file_names().contains(path));
    }
    let state = store.queue_state(t, 0).unwrap();
    assert!((300..=500).contains(&state.min_offset), "{state:?}");
    assert_eq!(state.earliest_store_timestamp, i64::try_from(state.min_offset).unwrap() * 1000);
    let mut out = vec![0; 4096];
    let outcome = store.read(&request(t, 0, 5), &mut out).unwrap();
    assert_eq!((outcome.status, outcome.next_begin_offset), (ReadStatus::OffsetTooSmall, state.min_offset));
    assert_eq!(bodies(&store, t, 0, state.min_offset).len() as u64, 1000 - state.min_offset);
    let mut found = Vec::new();
    store.query_index("T", "id5", 64, 0, i64::MAX, &mut found).unwrap();
    assert!(found.is_empty(), "{found:?}");
    store.query_index("T", "id900", 64, 0, i64::MAX, &mut found).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(store.retain(&policy).unwrap().segments_deleted, Vec::<String>::new());
}

#[test]
fn what_remains_is_there_after_restarts() {
    let (disk, store) = filled();
    let policy = RetentionPolicy { log_bytes_max: Some(70_000), ..RetentionPolicy::default() };
    store.retain(&policy).unwrap();
    let t = store.topic(b"T").unwrap();
    let min = store.queue_state(t, 0).unwrap().min_offset;
    for disk in [disk.crash(3), disk.process_death()] {
        let (store, report) =
            super::open_with(&disk, &crate::StoreOptions { index_entries: 300, ..options() });
        assert_eq!(report.queues_rebuilt_because, None);
        let t = topic(&store, "T", AckLevel::Os);
        assert_eq!(store.queue_state(t, 0).unwrap().min_offset, min);
        assert_eq!(bodies(&store, t, 0, min).len() as u64, 1000 - min);
        assert_eq!(append(&store, t, 0, b"next").unwrap().queue_offset, 1000);
    }
    let rebuild = crate::StoreOptions { index_entries: 300, rebuild_on_open: true, ..options() };
    let (store, _) = super::open_with(&disk.process_death(), &rebuild);
    let t = topic(&store, "T", AckLevel::Os);
    let state = store.queue_state(t, 0).unwrap();
    assert_eq!(
        (state.min_offset, state.max_offset),
        (min, 1000),
        "numbering stays, blanks fill the first file"
    );
    assert_eq!(bodies(&store, t, 0, min).len() as u64, 1000 - min);
}

#[test]
fn a_segment_being_read_stays() {
    let (_, store) = filled();
    let held = store.log().segment_at(0);
    let policy = RetentionPolicy { log_bytes_max: Some(0), ..RetentionPolicy::default() };
    let report = store.retain(&policy).unwrap();
    assert_eq!((report.segments_deleted.len(), report.segments_busy.len()), (0, 1));
    drop(held);
    let report = store.retain(&policy).unwrap();
    assert!(report.segments_deleted.len() > 5 && report.segments_busy.is_empty());
    assert_eq!(store.status().segment_count, 1, "the active segment stays");
}

#[test]
fn queues_whose_messages_are_all_gone_keep_their_numbering() {
    let disk = SimulatedDisk::new();
    let (store, _) = open(&disk);
    let t = topic(&store, "T", AckLevel::Os);
    for _ in 0..70 {
        append(&store, t, 1, b"old").unwrap();
    }
    for _ in 0..400 {
        append(&store, t, 0, &[0; 100]).unwrap();
    }
    store.retain(&RetentionPolicy { log_bytes_max: Some(0), ..RetentionPolicy::default() }).unwrap();
    let state = store.queue_state(t, 1).unwrap();
    assert_eq!((state.min_offset, state.max_offset, state.earliest_store_timestamp), (70, 70, -1));
    assert_eq!(append(&store, t, 1, b"new").unwrap().queue_offset, 70);
    assert_eq!(bodies(&store, t, 1, 70), [(70, b"new".to_vec())]);
}

#[test]
fn a_reader_overtaken_by_retention_finds_nothing_there() {
    let disk = SimulatedDisk::new();
    let options = crate::StoreOptions { consume_queue_mapped_max: 1, ..options() };
    let (store, _) = super::open_with(&disk, &options);
    let store = Arc::new(store);
    let t = topic(&store, "T", AckLevel::Os);
    for _ in 0..400 {
        append(&store, t, 0, &[0; 100]).unwrap();
    }
    store.checkpoint().unwrap();
    let policy = RetentionPolicy { log_bytes_max: Some(0), ..RetentionPolicy::default() };
    let (retaining, disk_in_hook) = (store.clone(), disk.clone());
    disk.before_open(Some(Box::new(move |path| {
        disk_in_hook.before_open(None);
        assert!(path.starts_with("consumequeue/T/0/"), "{path}");
        let report = retaining.retain(&policy).unwrap();
        assert!(
            report.consume_queue_files_deleted > 0 && !disk_in_hook.file_names().contains(&path.to_owned())
        );
    })));
    let outcome = store.read(&request(t, 0, 0), &mut vec![0; 4096]).unwrap();
    let min_offset = store.queue_state(t, 0).unwrap().min_offset;
    assert!(min_offset > 0);
    assert_eq!((outcome.status, outcome.next_begin_offset), (ReadStatus::OffsetFoundNull, min_offset));
    assert_eq!(bodies(&store, t, 0, min_offset).len() as u64, 400 - min_offset);
}

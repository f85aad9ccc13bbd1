//! Disks that fail, fill up and lie.

use std::sync::Arc;
use std::sync::mpsc;

use super::{append, bodies, open, open_with, options, request, shared, topic};
use crate::disk::{Disk, SimulatedDisk};
use crate::{AckLevel, AppendError, StartKind, Store, StoreError, StoreOptions};

fn filled(count: u32) -> (SimulatedDisk, Store) {
    let disk = SimulatedDisk::new();
    let (store, _) = open(&disk);
    let t = topic(&store, "T", AckLevel::Fsync);
    for number in 0..count {
        append(&store, t, 0, format!("body {number}").as_bytes()).unwrap();
    }
    (disk, store)
}

#[test]
fn a_failed_fsync_poisons() {
    let (disk, store) = filled(10);
    let t = store.topic(b"T").unwrap();
    store.flush().unwrap();
    append(&store, t, 0, b"doubtful").unwrap();
    disk.fail_syncs_after(Some(0));
    let error = store.flush().unwrap_err();
    assert!(matches!(&error, StoreError::Poisoned { reason } if reason.contains("commitlog/")), "{error}");
    disk.fail_syncs_after(None);
    assert!(matches!(store.flush(), Err(StoreError::Poisoned { .. })), "a second fsync would lie");
    assert!(matches!(append(&store, t, 0, b"more"), Err(AppendError::Poisoned { .. })));
    assert!(matches!(store.checkpoint(), Err(StoreError::Poisoned { .. })));
    assert_eq!(bodies(&store, t, 0, 0).len(), 10, "reads go on, the doubtful message is not shown");
    assert!(store.status().poison_reason.is_some());
    assert!(store.close().is_err());
    drop(store);
    let (store, report) = open(&disk.process_death());
    assert_eq!(report.start_kind, StartKind::Unclean);
    let t = topic(&store, "T", AckLevel::Fsync);
    assert!(bodies(&store, t, 0, 0).len() >= 10);
}

#[test]
fn a_full_disk_refuses_and_heals() {
    let disk = SimulatedDisk::new();
    let (store, _) = open(&disk);
    let t = topic(&store, "T", AckLevel::Os);
    append(&store, t, 0, b"first").unwrap();
    disk.set_capacity(disk.used_bytes());
    let mut appended = 1;
    let error = loop {
        match append(&store, t, 0, &[7; 300]) {
            Ok(_) => appended += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(&error, AppendError::DiskFull { path, .. } if path.contains("commitlog/")), "{error}");
    assert!(appended > 10);
    let elsewhere = append(&store, t, 3, b"new queue").unwrap_err();
    assert!(
        matches!(&elsewhere, AppendError::DiskFull { path, .. } if path.contains("consumequeue/T/3/")),
        "{elsewhere}"
    );
    assert!(store.prepare_segment().is_err());
    assert_eq!(bodies(&store, t, 0, 0).len(), appended, "reads go on");
    assert_eq!(store.flush().unwrap(), store.appended_offset());
    disk.set_capacity(u64::MAX);
    assert_eq!(append(&store, t, 0, b"again").unwrap().queue_offset, appended as u64);
    assert_eq!(append(&store, t, 3, b"new queue").unwrap().queue_offset, 0);
    assert_eq!(bodies(&store, t, 0, 0).len(), appended + 1);
    store.close().unwrap();
    drop(store);
    let (store, report) = open(&disk);
    assert_eq!((report.cut, report.queues_rebuilt_because), (None, None));
    store.verify().unwrap();
}

#[test]
fn failing_writes_are_values_too() {
    let (disk, store) = filled(3);
    let t = store.topic(b"T").unwrap();
    disk.fail_writes(true);
    assert!(matches!(append(&store, t, 2, b"x"), Err(AppendError::Io { .. })));
    disk.fail_writes(false);
    append(&store, t, 2, b"x").unwrap();
}

#[test]
fn a_flipped_bit_is_an_error_of_the_read() {
    let (disk, store) = filled(10);
    let t = store.topic(b"T").unwrap();
    store.flush().unwrap();
    let mut out = vec![0; 1 << 16];
    let first = usize::try_from(append(&store, t, 0, b"x").unwrap().commit_log_offset).unwrap() / 11 * 5;
    store.flush().unwrap();
    assert!(disk.flip_bit("commitlog/00000000000000000000", first, 3));
    let before = store.read(&request(t, 0, 0), &mut out).unwrap();
    assert!(before.record_count < 10, "what was whole is delivered first");
    let next = i64::try_from(before.next_begin_offset).unwrap();
    let error = store.read(&request(t, 0, next), &mut out).unwrap_err();
    let StoreError::Damaged { path, commit_log_offset, .. } = &error else { panic!("{error}") };
    assert_eq!(path, "commitlog/00000000000000000000");
    assert!(*commit_log_offset <= first as u64 && first as u64 - commit_log_offset < 200);
    assert!(matches!(store.verify(), Err(StoreError::Damaged { .. })));
}

#[test]
fn damage_in_the_safe_range_stops_the_start_until_consented() {
    let (disk, store) = filled(100);
    store.close().unwrap();
    drop(store);
    // As after a crash, so that the segment is checked.
    let (store, _) = open(&disk);
    let t = topic(&store, "T", AckLevel::Fsync);
    let disk = disk.process_death();
    drop(store);
    assert!(disk.flip_bit("commitlog/00000000000000000000", 8000, 0));
    let files = disk.file_names();
    let error = Store::open(shared(&disk), &options()).unwrap_err();
    let StoreError::Damaged { path, commit_log_offset, .. } = &error else { panic!("{error}") };
    assert_eq!(path, "commitlog/00000000000000000000");
    assert!((7000..=8000).contains(commit_log_offset), "{error}");
    assert_eq!(disk.file_names(), files, "nothing was changed");
    let consent = StoreOptions { cut_damage_at: Some(*commit_log_offset), ..options() };
    let (store, report) = open_with(&disk, &consent);
    assert_eq!(report.cut.as_ref().map(|cut| cut.commit_log_offset), Some(*commit_log_offset));
    let left = bodies(&store, topic(&store, "T", AckLevel::Fsync), 0, 0);
    assert!(left.len() > 30 && left.len() < 100);
    assert_eq!(append(&store, t, 0, b"goes on").unwrap().queue_offset, left.len() as u64);
    store.close().unwrap();
    drop(store);
    let (_, report) = open(&disk);
    assert_eq!(
        (report.start_kind, report.cut, report.queues_rebuilt_because),
        (StartKind::Clean, None, None)
    );
}

#[test]
fn a_missing_segment_is_named() {
    let (disk, store) = filled(400);
    store.close().unwrap();
    drop(store);
    let second = "commitlog/00000000000000016384";
    disk.remove_file(second).unwrap();
    let error = Store::open(shared(&disk), &options()).unwrap_err();
    assert!(matches!(&error, StoreError::Damaged { path, .. } if path == second), "{error}");
    let wrong = StoreOptions { segment_bytes: 32 << 10, ..options() };
    assert!(matches!(Store::open(shared(&disk), &wrong), Err(StoreError::FileMalformed { .. })));
}

#[test]
fn lost_queues_and_index_are_built_anew() {
    type Damage = fn(&SimulatedDisk);
    let damages: [(&str, Damage); 5] = [
        ("a file removed", |disk| disk.remove_file("consumequeue/T/0/00000000000000002000").unwrap()),
        ("the first file removed", |disk| disk.remove_file("consumequeue/T/0/00000000000000000000").unwrap()),
        ("all files removed", |disk| {
            for name in disk.file_names().iter().filter(|name| name.starts_with("consumequeue/")) {
                disk.remove_file(name).unwrap();
            }
        }),
        ("a file cut short", |disk| {
            disk.open("consumequeue/T/0/00000000000000002000").unwrap().set_len(100).unwrap();
        }),
        ("the last entry zeroed", |disk| {
            let file = disk.open("consumequeue/T/0/00000000000000002000").unwrap();
            file.write_at(19 * 20, &[0; 20]).unwrap();
        }),
    ];
    for (name, damage) in damages {
        let (disk, store) = filled(120);
        store.close().unwrap();
        drop(store);
        let disk = disk.process_death();
        damage(&disk);
        let (store, report) = open(&disk);
        assert!(report.queues_rebuilt_because.is_some(), "{name}: {report:?}");
        assert_eq!(report.queue_entries_rebuilt, 120, "{name}");
        assert_eq!(bodies(&store, topic(&store, "T", AckLevel::Os), 0, 0).len(), 120, "{name}");
    }
}

#[test]
fn a_lost_index_is_built_anew() {
    let disk = SimulatedDisk::new();
    let (store, _) = open(&disk);
    let t = topic(&store, "T", AckLevel::Os);
    let mut places = Vec::new();
    for number in 0..50 {
        let properties = format!("UNIQ_KEY\x01id{number}\x02");
        let message =
            crate::MessageToAppend { properties: properties.as_bytes(), ..super::message(t, 0, b"x") };
        places.push(store.appender(1000).append(&message).unwrap().commit_log_offset);
    }
    store.close().unwrap();
    drop(store);
    for name in disk.file_names().iter().filter(|name| name.starts_with("index/")) {
        disk.remove_file(name).unwrap();
    }
    let (store, report) = open(&disk);
    assert_eq!((report.index_entries_rebuilt, report.queue_entries_rebuilt), (50, 0), "{report:?}");
    let mut out = Vec::new();
    store.query_index("T", "id33", 64, 0, i64::MAX, &mut out).unwrap();
    assert_eq!(out, [places[33]]);
}

#[test]
fn appends_go_on_while_a_flush_waits_for_the_disk() {
    let (disk, store) = filled(5);
    let store = Arc::new(store);
    let t = store.topic(b"T").unwrap();
    let (reached, is_reached) = mpsc::channel();
    let (release, is_released) = mpsc::channel::<()>();
    let is_released = std::sync::Mutex::new(is_released);
    disk.before_sync(Some(Box::new(move |_| {
        reached.send(()).unwrap();
        is_released.lock().unwrap().recv().unwrap();
    })));
    let flushing = store.clone();
    let flush = std::thread::spawn(move || flushing.flush().unwrap());
    is_reached.recv().unwrap();
    let before = store.appended_offset();
    let late = append(&store, t, 0, b"meanwhile").unwrap();
    assert_eq!(late.queue_offset, 5);
    assert_eq!(store.queue_state(t, 0).unwrap().max_offset, 0, "nothing is flushed yet");
    disk.before_sync(None);
    release.send(()).unwrap();
    assert_eq!(flush.join().unwrap(), before);
    assert_eq!(store.queue_state(t, 0).unwrap().max_offset, 5, "what came meanwhile waits for the next");
    assert_eq!(store.flush().unwrap(), late.end_offset);
    assert_eq!(store.queue_state(t, 0).unwrap().max_offset, 6);
}

#[test]
fn closing_gives_up_a_segment_in_preparation() {
    let disk = SimulatedDisk::new();
    let (store, _) = open_with(&disk, &StoreOptions { segment_bytes: 64 << 20, ..options() });
    let (began, has_begun) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel::<()>();
    let may_go_on = parking_lot::Mutex::new(may_go_on);
    disk.before_sync(Some(Box::new(move |name| {
        if name == "commitlog.preparing" {
            began.send(()).unwrap();
            let _ = may_go_on.lock().recv();
        }
    })));
    std::thread::scope(|scope| {
        let preparing = scope.spawn(|| store.prepare_segment());
        has_begun.recv().unwrap();
        store.close().unwrap();
        drop(go_on);
        assert!(!preparing.join().unwrap().unwrap());
    });
    assert!(has_begun.try_recv().is_err(), "nothing was filled after the first pause");
    assert!(!disk.file_names().contains(&"commitlog.preparing".to_owned()));
}

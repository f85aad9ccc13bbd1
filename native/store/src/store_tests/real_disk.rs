//! On the file system of the temporary directory.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{append, bodies, message, options, request, topic};
use crate::disk::{Disk, FileSystemDisk};
use crate::{AckLevel, MessageToAppend, StartKind, Store, StoreError, StoreOptions};

#[test]
fn a_directory_goes_through_a_life() {
    let directory = tempfile::tempdir().unwrap();
    let open = |options: &StoreOptions| {
        let disk = Arc::new(FileSystemDisk::new(directory.path().join("store")).unwrap());
        Store::open(disk, options)
    };
    let (store, report) = open(&options()).unwrap();
    assert_eq!(report.start_kind, StartKind::New);
    let t = topic(&store, "T", AckLevel::Fsync);
    for number in 0..300_i64 {
        let properties = format!("KEYS\x01k{number}\x02");
        let message = MessageToAppend { properties: properties.as_bytes(), ..message(t, 0, b"body") };
        store.appender(number).append(&message).unwrap();
        if number % 50 == 0 {
            assert_eq!(store.flush().unwrap(), store.appended_offset());
            store.prepare_segment().unwrap();
        }
    }
    let second = open(&options()).unwrap_err();
    let StoreError::Locked { directory: named, holder } = &second else { panic!("{second}") };
    assert!(named.ends_with("/store") && holder.contains(&std::process::id().to_string()), "{second}");
    assert_eq!(std::fs::read_to_string(directory.path().join("store/lock")).unwrap(), "lock");
    let abort = directory.path().join("store/abort");
    assert_eq!(std::fs::read_to_string(&abort).unwrap(), std::process::id().to_string());
    // Dropped without close: as a killed process leaves it.
    drop(store);
    let (store, report) = open(&options()).unwrap();
    assert_eq!(
        (report.start_kind, report.cut, report.queue_entries_rebuilt),
        (StartKind::Unclean, None, 300)
    );
    assert_eq!(report.previous_process, Some(std::process::id().to_string()));
    let t = topic(&store, "T", AckLevel::Fsync);
    assert_eq!(bodies(&store, t, 0, 0).len(), 300);
    let mut out = Vec::new();
    store.query_index("T", "k42", 64, 0, i64::MAX, &mut out).unwrap();
    assert_eq!(out.len(), 1);
    append(&store, t, 0, b"last").unwrap();
    assert!(store.status().space.is_some_and(|space| space.available_bytes > 0));
    store.close().unwrap();
    assert!(!abort.exists());
    drop(store);
    let (store, report) = open(&options()).unwrap();
    assert_eq!((report.start_kind, report.records_scanned), (StartKind::Clean, 0));
    assert_eq!(bodies(&store, topic(&store, "T", AckLevel::Fsync), 0, 0).len(), 301);
}

#[test]
fn paths_stay_inside() {
    let directory = tempfile::tempdir().unwrap();
    let disk = FileSystemDisk::new(directory.path()).unwrap();
    for path in ["../x", "/etc/passwd", "a/../../x", "."] {
        assert!(disk.create(path, 0).is_err(), "{path}");
    }
}

#[test]
fn default_sizes_are_apaches_and_sparse() {
    let directory = tempfile::tempdir().unwrap();
    let disk = Arc::new(FileSystemDisk::new(directory.path()).unwrap());
    let options = StoreOptions { segment_bytes: 1 << 20, ..StoreOptions::default() };
    let (store, _) = Store::open(disk.clone(), &options).unwrap();
    let t = topic(&store, "T", AckLevel::Os);
    let message = MessageToAppend { properties: b"KEYS\x01k\x02", ..message(t, 0, b"body") };
    store.appender(1_700_000_000_000).append(&message).unwrap();
    store.close().unwrap();
    let length = |path: &str| disk.open(path).unwrap().len().unwrap();
    assert_eq!(length("consumequeue/T/0/00000000000000000000"), 6_000_000);
    assert_eq!(length("index/20231114221320000"), 420_000_040);
    assert_eq!(length("checkpoint"), 4096);
}

/// 120 messages of a megabyte; what was written is dropped from memory, as far as this file system can.
#[cfg(target_os = "linux")]
#[test]
fn a_reader_of_old_messages_is_told_that_it_would_wait() {
    const TMPFS: rustix::fs::FsWord = 0x0102_1994;
    let directory = tempfile::tempdir().unwrap();
    let options = StoreOptions { segment_bytes: 32 << 20, body_bytes_max: 1 << 20, ..super::options() };
    let open = || {
        let disk = Arc::new(FileSystemDisk::new(directory.path()).unwrap());
        Store::open(disk, &options).unwrap_or_else(|error| panic!("{error}")).0
    };
    let store = open();
    let t = topic(&store, "T", AckLevel::Os);
    for number in 0..120_u8 {
        while append(&store, t, 0, &vec![number; 1_000_000]).is_err() {
            store.prepare_segment().unwrap();
        }
    }
    assert!(!store.is_cold(&request(t, 0, 0)).unwrap(), "it was just written");
    store.close().unwrap();
    drop(store);
    if rustix::fs::statfs(directory.path()).unwrap().f_type == TMPFS {
        return;
    }
    for folder in ["commitlog", "consumequeue/T/0"] {
        for entry in std::fs::read_dir(directory.path().join(folder)).unwrap() {
            let file = std::fs::File::open(entry.unwrap().path()).unwrap();
            file.sync_all().unwrap();
            rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed).unwrap();
        }
    }
    let store = open();
    let t = topic(&store, "T", AckLevel::Os);
    // Not the first: opening looks at the beginning of a segment, and the system reads ahead.
    let (old, recent) = (request(t, 0, 20), request(t, 0, 119));
    assert!(store.is_cold(&old).unwrap());
    store.warm(&old).unwrap();
    assert!(!store.is_cold(&old).unwrap());
    store.warm(&recent).unwrap();
    assert!(!store.is_cold(&recent).unwrap());
    for outside in [-1, 120, 1000] {
        assert!(!store.is_cold(&request(t, 0, outside)).unwrap());
        store.warm(&request(t, 0, outside)).unwrap();
    }
    let mut out = vec![0; 2 << 20];
    let outcome = store.read(&old, &mut out).unwrap();
    assert_eq!(super::records(&out, &outcome), [(20, vec![20; 1_000_000])]);
}

#[cfg(target_os = "linux")]
#[test]
fn queues_take_no_descriptors() {
    let directory = tempfile::tempdir().unwrap();
    let disk = Arc::new(FileSystemDisk::new(directory.path()).unwrap());
    let (store, _) = Store::open(disk, &super::options()).unwrap();
    // Other tests of this process open files, too: those of this store are told by their path.
    let open_files = || {
        std::fs::read_dir("/proc/self/fd")
            .unwrap()
            .filter_map(|entry| std::fs::read_link(entry.unwrap().path()).ok())
            .filter(|path| path.starts_with(directory.path()))
            .count()
    };
    // The log and the index have theirs.
    append(&store, topic(&store, "First", AckLevel::Os), 0, b"x").unwrap();
    let before = open_files();
    for number in 0..100 {
        let t = topic(&store, &format!("T{number}"), AckLevel::Os);
        append(&store, t, 0, b"x").unwrap();
    }
    assert_eq!(store.status().consume_queue_mapped_count, 101);
    assert_eq!(open_files(), before);
    store.checkpoint().unwrap();
    store.close().unwrap();
}

#[test]
fn a_segment_is_warmed_before_its_first_message() {
    let directory = tempfile::tempdir().unwrap();
    let disk = Arc::new(FileSystemDisk::new(directory.path()).unwrap());
    let options = StoreOptions { segment_bytes: 4 << 20, ..options() };
    let (store, _) = Store::open(disk, &options).unwrap();
    assert_eq!(store.warm_segment(3 << 20).unwrap(), 3 << 20);
    assert_eq!(store.status().segment_count, 1);
    let segment = store.log().segment_at(0).unwrap();
    assert!(segment.is_file_resident(0, 3 << 20));
    assert_eq!(segment.published(), 0);
    let t = topic(&store, "T", AckLevel::Os);
    for _ in 0..4 {
        append(&store, t, 0, &vec![7; 800 << 10]).unwrap();
    }
    let left = options.segment_bytes - store.appended_offset();
    assert_eq!(store.warm_segment(u64::MAX).unwrap(), left);
    assert!(segment.is_file_resident(0, segment.len()));
    assert_eq!(bodies(&store, t, 0, 0).len(), 4);
    store.close().unwrap();
    assert!(matches!(store.warm_segment(1), Err(StoreError::Closed)));
}

#[test]
fn warming_disturbs_no_appends() {
    let directory = tempfile::tempdir().unwrap();
    let disk = Arc::new(FileSystemDisk::new(directory.path()).unwrap());
    let options = StoreOptions { segment_bytes: 8 << 20, ..options() };
    let (store, _) = Store::open(disk, &options).unwrap();
    let t = topic(&store, "T", AckLevel::Os);
    let body = |number: u32| number.to_be_bytes().repeat(50);
    let appended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !appended.load(Ordering::Acquire) {
                store.warm_segment(u64::MAX).unwrap();
            }
        });
        for number in 0..20_000 {
            append(&store, t, 0, &body(number)).unwrap();
        }
        appended.store(true, Ordering::Release);
    });
    let found = bodies(&store, t, 0, 0);
    assert_eq!(found.len(), 20_000);
    assert!(found.iter().zip(0..).all(|((_, found), number)| *found == body(number)));
}

#[test]
fn what_lies_behind_the_end_after_a_death_is_cleared_wherever_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let disk = Arc::new(FileSystemDisk::new(directory.path()).unwrap());
    let options = StoreOptions { segment_bytes: 8 << 20, ..options() };
    let (store, _) = Store::open(disk.clone(), &options).unwrap();
    let t = topic(&store, "T", AckLevel::Os);
    append(&store, t, 0, b"whole").unwrap();
    let end = store.appended_offset();
    // Dropped without close: as a killed process leaves it.
    drop(store);
    let log = disk.open("commitlog/00000000000000000000").unwrap();
    for position in [end, (5 << 20) + 1, (8 << 20) - 1] {
        log.write_at(position, &[1]).unwrap();
    }
    let (store, report) = Store::open(disk, &options).unwrap();
    let cut = report.cut.unwrap();
    assert_eq!((cut.commit_log_offset, cut.bytes), (end, 3));
    let mut tail = vec![1; usize::try_from((8 << 20) - end).unwrap()];
    log.read_at(end, &mut tail).unwrap();
    assert!(tail.iter().all(|byte| *byte == 0));
    append(&store, topic(&store, "T", AckLevel::Os), 0, b"after").unwrap();
    assert_eq!(bodies(&store, store.topic(b"T").unwrap(), 0, 0).len(), 2);
}

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;

use super::{HOST, append, bodies, message, open, open_with, options, records, request, shared, spec, topic};
use crate::batch_body::tests::encode_element;
use crate::disk::{Disk, SimulatedDisk};
use crate::record::java_hash;
use crate::{
    AckLevel, AppendError, Arrival, BatchToAppend, Boundary, MessageToAppend, QueueBounds, ReadRequest,
    ReadStatus, StartKind, Store, StoreError, StoreOptions, TagsCode,
};

#[test]
fn what_is_appended_is_read() {
    let disk = SimulatedDisk::new();
    let (store, report) = open(&disk);
    assert_eq!((report.start_kind, report.end_offset), (StartKind::New, 0));
    let t = topic(&store, "T", AckLevel::Os);
    for number in 0..300_u32 {
        let appended =
            append(&store, t, (number % 3).cast_signed(), format!("m{number}").as_bytes()).unwrap();
        assert_eq!(appended.queue_offset, u64::from(number / 3));
    }
    for queue in 0..3 {
        let expected: Vec<_> =
            (0..100_u64).map(|offset| (offset, format!("m{}", offset * 3 + queue).into_bytes())).collect();
        assert_eq!(bodies(&store, t, i32::try_from(queue).unwrap(), 0), expected);
    }
    assert!(store.status().segment_count > 1, "the log must have rolled for this test to mean anything");
    assert_eq!(store.verify().unwrap(), store.appended_offset());
    assert_eq!(disk.unreserved_writes(), []);
}

#[test]
fn statuses_at_the_bounds() {
    let disk = SimulatedDisk::new();
    let (store, _) = open(&disk);
    let t = topic(&store, "T", AckLevel::Os);
    let mut out = [0; 4096];
    let mut status = |queue_id, offset| {
        let outcome = store.read(&request(t, queue_id, offset), &mut out).unwrap();
        (outcome.status, outcome.next_begin_offset)
    };
    assert_eq!(status(0, 0), (ReadStatus::NoMatchedLogicQueue, 0));
    append(&store, t, 0, b"one").unwrap();
    assert_eq!(status(0, 0), (ReadStatus::Found, 1));
    assert_eq!(status(0, 1), (ReadStatus::OffsetOverflowOne, 1));
    assert_eq!(status(0, 9), (ReadStatus::OffsetOverflowBadly, 1));
    assert_eq!(status(0, -1), (ReadStatus::OffsetTooSmall, 0));
    assert_eq!(status(7, 0), (ReadStatus::NoMatchedLogicQueue, 0));
    store.watch(t, 1, true).unwrap();
    assert_eq!(status(1, 0), (ReadStatus::NoMessageInQueue, 0));
}

#[test]
fn limits_of_a_read() {
    let disk = SimulatedDisk::new();
    let (store, _) = open(&disk);
    let t = topic(&store, "T", AckLevel::Os);
    let size = append(&store, t, 0, &[1; 100]).unwrap().end_offset;
    for _ in 0..9 {
        append(&store, t, 0, &[1; 100]).unwrap();
    }
    let mut out = vec![0; 1 << 16];
    let whole = ReadRequest { max_count: 4, ..request(t, 0, 0) };
    assert_eq!(store.read(&whole, &mut out).unwrap().record_count, 4);
    let bytes = ReadRequest { max_bytes: u32::try_from(size * 3).unwrap(), ..request(t, 0, 0) };
    assert_eq!(store.read(&bytes, &mut out).unwrap().record_count, 3);
    let tiny = ReadRequest { max_bytes: 1, ..request(t, 0, 0) };
    assert_eq!(store.read(&tiny, &mut out).unwrap().record_count, 1, "one is always returned");
    let outcome = store.read(&request(t, 0, 0), &mut out[..usize::try_from(size * 2 + 5).unwrap()]).unwrap();
    assert_eq!((outcome.record_count, outcome.next_begin_offset), (2, 2));
    let short = store.read(&request(t, 0, 0), &mut out[..10]);
    assert!(matches!(short, Err(StoreError::BufferTooSmall { found_bytes: 10, .. })));
}

#[test]
fn tags_filter_and_scan_limit() {
    let disk = SimulatedDisk::new();
    let (store, _) = open(&disk);
    let t = topic(&store, "T", AckLevel::Os);
    for number in 0..1000 {
        let properties: &[u8] = if number == 900 { b"TAGS\x01B\x02" } else { b"TAGS\x01A\x02" };
        let message = MessageToAppend { properties, ..message(t, 0, b"x") };
        store.appender(1).append(&message).unwrap();
    }
    let codes = [java_hash(b"B"), 5];
    let mut out = vec![0; 1 << 16];
    let filtered = |from| ReadRequest { tag_codes: Some(&codes), ..request(t, 0, from) };
    let outcome = store.read(&filtered(0), &mut out).unwrap();
    assert_eq!((outcome.status, outcome.next_begin_offset), (ReadStatus::NoMatchedMessage, 800));
    let outcome = store.read(&filtered(800), &mut out).unwrap();
    assert_eq!(
        (outcome.status, outcome.record_count, outcome.next_begin_offset),
        (ReadStatus::Found, 1, 1000)
    );
    assert_eq!(records(&out, &outcome)[0].0, 900);
}

#[test]
fn batches_are_whole_and_in_order() {
    let disk = SimulatedDisk::new();
    let (store, _) = open(&disk);
    let t = topic(&store, "T", AckLevel::Os);
    append(&store, t, 0, b"first").unwrap();
    let elements: Vec<Vec<u8>> = (0..120_u8)
        .map(|number| encode_element(0, &[number], format!("KEYS\x01k{number}\x02").as_bytes()))
        .collect();
    let body = elements.concat();
    let batch = BatchToAppend {
        topic: t,
        queue_id: 0,
        sys_flag: 0,
        born_timestamp: 1,
        born_host: HOST,
        store_host: HOST,
        reconsume_times: 0,
        body: &body,
    };
    let mut offsets = Vec::new();
    let appended = store.appender(5).append_batch(&batch, &mut offsets).unwrap();
    assert_eq!((appended.queue_offset, appended.record_count, offsets.len()), (1, 120, 120));
    let found = bodies(&store, t, 0, 1);
    assert_eq!(found.len(), 120);
    assert!(
        found
            .iter()
            .zip(0_u8..)
            .all(|((offset, body), number)| *offset == u64::from(number) + 1 && *body == [number])
    );
    let mut out = Vec::new();
    store.query_index("T", "k77", 64, 0, i64::MAX, &mut out).unwrap();
    assert_eq!(out, [offsets[77]]);
    let before = store.appended_offset();
    let broken = BatchToAppend { body: &body[..body.len() - 1], ..batch };
    let refused = store.appender(5).append_batch(&broken, &mut offsets);
    assert!(matches!(refused, Err(AppendError::BatchMalformed { at, .. }) if at > 100), "{refused:?}");
    assert_eq!((store.appended_offset(), offsets.len()), (before, 0));
}

#[test]
fn refusals_are_values() {
    let disk = SimulatedDisk::new();
    let (store, _) = open(&disk);
    let t = topic(&store, "T", AckLevel::Os);
    let refuse = |message: &MessageToAppend<'_>| store.appender(1).append(message).unwrap_err();
    assert_eq!(refuse(&message(99, 0, b"")), AppendError::TopicUnknown { topic: 99 });
    assert!(matches!(refuse(&message(t, -1, b"")), AppendError::QueueIdInvalid { queue_id: -1, .. }));
    assert!(matches!(refuse(&message(t, 0, &vec![0; 17 << 10])), AppendError::MessageTooLarge { .. }));
    let properties = vec![b'x'; 32_767 - 20];
    let too_long = MessageToAppend { properties: &properties, ..message(t, 0, b"") };
    assert_eq!(refuse(&too_long), AppendError::PropertiesTooLarge { bytes: 32_768, bytes_max: 32_767 });
    let host = MessageToAppend { born_host: &[1, 2], ..message(t, 0, b"") };
    assert_eq!(refuse(&host), AppendError::HostMalformed { bytes: 2 });
    assert_eq!(store.appended_offset(), 0);
    let rejected = store.define_topic(&spec("a/b", AckLevel::Os));
    assert!(matches!(rejected, Err(StoreError::TopicRejected { .. })));
    store.close().unwrap();
    assert_eq!(refuse(&message(t, 0, b"")), AppendError::ShuttingDown);
}

#[test]
fn fsync_topics_show_what_is_flushed() {
    let disk = SimulatedDisk::new();
    let (store, _) = open(&disk);
    let (safe, fast) = (topic(&store, "safe", AckLevel::Fsync), topic(&store, "fast", AckLevel::Os));
    store.watch(safe, 0, true).unwrap();
    store.watch(fast, 0, true).unwrap();
    let first = append(&store, safe, 0, b"1").unwrap();
    append(&store, fast, 0, b"2").unwrap();
    let mut arrivals = Vec::new();
    store.take_arrivals(&mut arrivals);
    assert_eq!(arrivals, [Arrival { topic: fast, queue_id: 0 }]);
    assert_eq!(store.queue_state(safe, 0).unwrap().max_offset, 0);
    assert_eq!(store.queue_state(safe, 0).unwrap().appended_max, 1);
    let mut out = [0; 1024];
    assert_eq!(store.lookup(first.commit_log_offset, &mut out).unwrap(), None, "not visible yet");
    assert!(store.flush().unwrap() >= first.end_offset);
    store.take_arrivals(&mut arrivals);
    assert_eq!(arrivals[1..], [Arrival { topic: safe, queue_id: 0 }]);
    assert!(!store.arrivals_pending());
    assert_eq!(bodies(&store, safe, 0, 0), [(0, b"1".to_vec())]);
    assert!(store.lookup(first.commit_log_offset, &mut out).unwrap().is_some());
    append(&store, safe, 0, b"3").unwrap();
    store.define_topic(&spec("safe", AckLevel::Os)).unwrap();
    assert_eq!(store.queue_state(safe, 0).unwrap().max_offset, 2, "the level was lowered");
}

#[test]
fn arrivals_are_told_once_until_taken() {
    let disk = SimulatedDisk::new();
    let (store, _) = open(&disk);
    let t = topic(&store, "T", AckLevel::Os);
    append(&store, t, 2, b"before").unwrap();
    store.watch(t, 2, true).unwrap();
    let mut arrivals = Vec::new();
    store.take_arrivals(&mut arrivals);
    assert_eq!(arrivals, []);
    append(&store, t, 2, b"1").unwrap();
    append(&store, t, 2, b"2").unwrap();
    append(&store, t, 3, b"unwatched").unwrap();
    store.take_arrivals(&mut arrivals);
    assert_eq!(arrivals, [Arrival { topic: t, queue_id: 2 }]);
    store.watch(t, 2, false).unwrap();
    append(&store, t, 2, b"3").unwrap();
    assert!(!store.arrivals_pending());
}

#[test]
fn transactions_stay_out_of_queues_until_committed() {
    let disk = SimulatedDisk::new();
    let (store, _) = open(&disk);
    let t = topic(&store, "T", AckLevel::Os);
    append(&store, t, 0, b"plain").unwrap();
    let with = |sys_flag, key: &'static [u8]| {
        let message = MessageToAppend { sys_flag, properties: key, ..message(t, 0, b"half") };
        store.appender(1).append(&message).unwrap()
    };
    assert_eq!(with(0x4, b"KEYS\x01prepared\x02").queue_offset, 0);
    assert_eq!(with(0xC, b"KEYS\x01rolled\x02").queue_offset, 0);
    assert_eq!(with(0x8, b"KEYS\x01committed\x02").queue_offset, 1);
    assert_eq!(store.queue_state(t, 0).unwrap().max_offset, 2);
    let count = |key| {
        let mut out = Vec::new();
        store.query_index("T", key, 64, 0, i64::MAX, &mut out).unwrap();
        out.len()
    };
    assert_eq!((count("prepared"), count("rolled"), count("committed")), (1, 0, 1));
}

#[test]
fn by_key_by_time_by_place() {
    let disk = SimulatedDisk::new();
    let (store, _) = open(&disk);
    let t = topic(&store, "T", AckLevel::Os);
    let mut places = Vec::new();
    for number in 0..20_i64 {
        let properties = format!("UNIQ_KEY\x01id{number}\x02KEYS\x01a b{number}  c\x02");
        let message = MessageToAppend { properties: properties.as_bytes(), ..message(t, 0, b"x") };
        places.push(store.appender(1_000_000 + number / 2 * 1000).append(&message).unwrap());
    }
    let mut out = Vec::new();
    store.query_index("T", "id7", 64, 0, i64::MAX, &mut out).unwrap();
    store.query_index("T", "b7", 64, 0, i64::MAX, &mut out).unwrap();
    assert_eq!(out, [places[7].commit_log_offset; 2]);
    out.clear();
    store.query_index("T", "a", 3, 0, 1_005_000, &mut out).unwrap();
    assert_eq!(out, [places[11], places[10], places[9]].map(|place| place.commit_log_offset));
    let search = |time, boundary| store.search_offset(t, 0, time, boundary).unwrap();
    assert_eq!((search(1_003_000, Boundary::Lower), search(1_003_000, Boundary::Upper)), (6, 7));
    assert_eq!((search(1_003_500, Boundary::Lower), search(1_003_500, Boundary::Upper)), (8, 7));
    assert_eq!((search(0, Boundary::Lower), search(0, Boundary::Upper)), (0, 0));
    assert_eq!((search(i64::MAX, Boundary::Lower), search(i64::MAX, Boundary::Upper)), (20, 19));
    let state = store.queue_state(t, 0).unwrap();
    assert_eq!((state.earliest_store_timestamp, state.last_store_timestamp), (1_000_000, 1_009_000));
    let mut bytes = [0; 1024];
    assert!(store.lookup(places[3].commit_log_offset, &mut bytes).unwrap().is_some());
    assert_eq!(store.lookup(places[3].commit_log_offset + 1, &mut bytes).unwrap(), None);
    assert_eq!(store.lookup(u64::MAX, &mut bytes).unwrap(), None);
}

#[test]
fn a_clean_start_scans_nothing() {
    let disk = SimulatedDisk::new();
    let (store, _) = open(&disk);
    let t = topic(&store, "T", AckLevel::Fsync);
    for number in 0..500_u32 {
        append(&store, t, 0, &number.to_be_bytes()).unwrap();
    }
    assert!(store.prepare_segment().unwrap());
    assert!(!store.prepare_segment().unwrap());
    store.close().unwrap();
    drop(store);
    let (store, report) = open(&disk.crash(7));
    assert_eq!((report.start_kind, report.records_scanned, report.cut), (StartKind::Clean, 0, None));
    assert_eq!((report.queues_rebuilt_because, report.index_rebuilt_because), (None, None));
    assert!(store.status().segment_prepared);
    let t = topic(&store, "T", AckLevel::Fsync);
    assert_eq!(bodies(&store, t, 0, 0).len(), 500);
    assert_eq!(append(&store, t, 0, b"next").unwrap().queue_offset, 500);
}

#[test]
fn the_directory_is_for_one_store() {
    let disk = SimulatedDisk::new();
    let (store, _) = open(&disk);
    let second = Store::open(shared(&disk), &options());
    assert!(matches!(second, Err(StoreError::Locked { .. })), "{second:?}");
    store.close().unwrap();
    open(&disk);
}

#[test]
fn deleted_topics_begin_anew() {
    let disk = SimulatedDisk::new();
    let (store, _) = open(&disk);
    let t = topic(&store, "T", AckLevel::Os);
    for _ in 0..120 {
        append(&store, t, 1, b"old").unwrap();
    }
    store.delete_topic(t).unwrap();
    assert!(!disk.file_names().iter().any(|name| name.contains("/T/")), "{:?}", disk.file_names());
    assert_eq!(append(&store, t, 1, b"gone"), Err(AppendError::TopicUnknown { topic: t }));
    let again = topic(&store, "T", AckLevel::Os);
    assert_ne!(again, t);
    assert_eq!(append(&store, again, 1, b"new").unwrap().queue_offset, 0);
    let disk = disk.process_death();
    drop(store);
    let rebuild = StoreOptions { rebuild_on_open: true, ..options() };
    for options in [options(), rebuild] {
        let (store, _) = open_with(&disk.process_death(), &options);
        let t = topic(&store, "T", AckLevel::Os);
        assert_eq!(bodies(&store, t, 1, 0), [(0, b"new".to_vec())]);
    }
}

#[test]
fn scheduled_messages_carry_their_time() {
    let disk = SimulatedDisk::new();
    let (store, _) = open(&disk);
    let t = topic(&store, "SCHEDULE_TOPIC_XXXX", AckLevel::Os);
    let given = TagsCode::Given(1_700_000_010_000);
    let scheduled =
        MessageToAppend { properties: b"DELAY\x013\x02", tags_code: given, ..message(t, 2, b"x") };
    store.appender(1_700_000_000_000).append(&scheduled).unwrap();
    store.flush().unwrap();
    let path = "consumequeue/SCHEDULE_TOPIC_XXXX/2/00000000000000000000";
    let entry = |disk: &SimulatedDisk| {
        let mut bytes = [0; 20];
        disk.open(path).unwrap().read_at(0, &mut bytes).unwrap();
        bytes
    };
    let written = entry(&disk);
    let disk = disk.process_death();
    drop(store);
    let rebuild = StoreOptions { rebuild_on_open: true, ..options() };
    let (_, report) = open_with(&disk, &rebuild);
    assert_eq!(report.queue_entries_rebuilt, 1);
    assert_eq!(entry(&disk), written);
    assert_eq!(written[12..], 1_700_000_010_000_i64.to_be_bytes());
}

#[test]
fn a_segment_is_filled_with_few_zeros_on_their_way_at_a_time() {
    let disk = SimulatedDisk::new();
    let options = StoreOptions { segment_bytes: 40 << 20, ..options() };
    let (store, _) = open_with(&disk, &options);
    let syncs = Arc::new(AtomicUsize::new(0));
    let counted = syncs.clone();
    disk.before_sync(Some(Box::new(move |name| {
        if name == "commitlog.preparing" {
            counted.fetch_add(1, Ordering::Relaxed);
        }
    })));
    store.prepare_segment().unwrap();
    disk.before_sync(None);
    assert_eq!(syncs.load(Ordering::Relaxed), 3, "behind 16, 32 and 40 MiB");
}

#[test]
fn a_topics_put_total_counts_what_its_queues_show() {
    let disk = SimulatedDisk::new();
    let (store, _) = open(&disk);
    let (shown, safe) = (topic(&store, "Shown", AckLevel::Os), topic(&store, "Safe", AckLevel::Fsync));
    assert_eq!(store.topic_put_total(shown), 0);
    for queue_id in [0, 1, 1, 3] {
        append(&store, shown, queue_id, b"body").unwrap();
    }
    append(&store, safe, 2, b"body").unwrap();
    assert_eq!((store.topic_put_total(shown), store.topic_put_total(safe)), (4, 0));
    store.flush().unwrap();
    assert_eq!(store.topic_put_total(safe), 1);
    assert_eq!(store.topic_put_total(safe + 1), 0);
}

#[test]
fn the_bounds_of_a_queue_need_no_record() {
    let disk = SimulatedDisk::new();
    let (store, _) = open(&disk);
    let t = topic(&store, "T", AckLevel::Os);
    append(&store, t, 0, b"body").unwrap();
    assert!(disk.flip_bit("commitlog/00000000000000000000", 100, 1));
    assert!(store.queue_state(t, 0).is_err(), "the time stands in a damaged record");
    let bounds = store.queue_bounds(t, 0).unwrap();
    assert_eq!((bounds.min_offset, bounds.max_offset, bounds.appended_max), (0, 1, 1));
    assert_eq!(store.queue_bounds(t, 1).unwrap(), QueueBounds::default());
}

#[test]
fn a_checkpoint_of_many_queues_syncs_the_disk_once() {
    let disk = SimulatedDisk::new();
    let (store, _) = open(&disk);
    let t = topic(&store, "T", AckLevel::Os);
    let directory_syncs = Arc::new(Mutex::new(Vec::new()));
    let seen = directory_syncs.clone();
    for queue_id in 0..4 {
        append(&store, t, queue_id, b"body").unwrap();
    }
    disk.before_sync(Some(Box::new(move |name| {
        if name == "consumequeue/T" {
            seen.lock().push(name.to_owned());
        }
    })));
    store.checkpoint().unwrap();
    assert_eq!(directory_syncs.lock().len(), 1, "each of four queues would sync it");
    append(&store, t, 0, b"body").unwrap();
    store.checkpoint().unwrap();
    assert_eq!(directory_syncs.lock().len(), 1, "the names of the files are known to be durable");
    disk.before_sync(None);
    let (store, report) = open(&disk.crash(7));
    assert_eq!((report.queue_entries_rebuilt, report.queues_rebuilt_because), (0, None));
    assert_eq!(bodies(&store, topic(&store, "T", AckLevel::Os), 0, 0).len(), 2);
}

#[test]
fn a_disk_that_fails_to_sync_everything_poisons() {
    let disk = SimulatedDisk::new();
    let (store, _) = open(&disk);
    let t = topic(&store, "T", AckLevel::Os);
    for queue_id in 0..4 {
        append(&store, t, queue_id, b"body").unwrap();
    }
    store.flush().unwrap();
    disk.fail_syncs_after(Some(0));
    assert!(matches!(store.checkpoint(), Err(StoreError::Poisoned { .. })));
    assert!(store.poison_reason().is_some());
}

#[test]
fn every_key_of_a_long_chunk_is_found_across_index_files() {
    let disk = SimulatedDisk::new();
    let options = StoreOptions { index_slots: 10, index_entries: 50, segment_bytes: 1 << 20, ..options() };
    let (store, _) = open_with(&disk, &options);
    let topic = topic(&store, "T", AckLevel::Os);
    let keys = |number: usize| (0..=number % 40).map(move |at| format!("k{number}-{at}"));
    let mut places = Vec::new();
    {
        let mut appender = store.appender(1_700_000_000_000);
        for number in 0..45 {
            let properties = format!("KEYS\x01{}\x02", keys(number).collect::<Vec<_>>().join(" "));
            let message = MessageToAppend { properties: properties.as_bytes(), ..message(topic, 0, b"body") };
            places.push(appender.append(&message).unwrap().commit_log_offset);
        }
    }
    for (number, place) in places.into_iter().enumerate() {
        for key in keys(number) {
            let mut found = Vec::new();
            store.query_index("T", &key, 64, 0, i64::MAX, &mut found).unwrap();
            assert_eq!(found, [place], "{key}");
        }
    }
    assert!(store.status().index_file_count > 10);
}

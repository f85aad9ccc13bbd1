//! Directories and records that Apache RocketMQ 5.3.3 wrote.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;

use serde_json::Value;

use super::{append, open_with, shared, topic};
use crate::disk::{Disk, SimulatedDisk};
use crate::record::{Checksum, LogItem, RecordFields, RecordView, decode_at, property};
use crate::{AckLevel, StartKind, Store, StoreOptions};

const STORES: [&str; 4] =
    ["apache-5.3.3-clean", "apache-5.3.3-killed", "apache-5.3.3-crc-clean", "apache-5.3.3-crc-killed"];

fn fixture(path: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../test/fixtures").join(path);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn json(path: &str) -> Value {
    serde_json::from_slice(&fixture(path)).unwrap()
}

/// The sizes the fixtures were made with.
fn fixture_options() -> StoreOptions {
    StoreOptions {
        segment_bytes: 32 << 10,
        consume_queue_file_entries: 25,
        index_slots: 500,
        index_entries: 300,
        ..StoreOptions::default()
    }
}

fn unpack(name: &str) -> SimulatedDisk {
    let disk = SimulatedDisk::new();
    let packed = fixture(&format!("stores/{name}.tar.gz"));
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(&packed[..]));
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let path =
            entry.path().unwrap().to_string_lossy().trim_start_matches("./").trim_end_matches('/').to_owned();
        if path.is_empty() {
            continue;
        }
        if entry.header().entry_type().is_dir() {
            disk.create_directory(&path).unwrap();
            continue;
        }
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        let file = disk.create(&path, 0).unwrap();
        file.write_at(0, &bytes).unwrap();
    }
    disk.sync_all().unwrap();
    disk.process_death()
}

fn number(value: &Value, field: &str) -> u64 {
    value[field].as_u64().unwrap_or_else(|| panic!("{field} of {value}"))
}

/// Every queue and message that a genuine broker serves from the directory, and keys in the index.
fn check(store: &Store, expected: &Value, name: &str) {
    let mut out = vec![0; 1 << 16];
    for queue in expected["queues"].as_array().unwrap() {
        let t = topic(store, queue["topic"].as_str().unwrap(), AckLevel::Os);
        let state = store.queue_state(t, i32::try_from(number(queue, "queueId")).unwrap()).unwrap();
        let bounds = (number(queue, "minOffset"), number(queue, "maxOffset"));
        assert_eq!((state.min_offset, state.max_offset), bounds, "{name}: {queue}");
    }
    let mut keys: BTreeMap<(String, String), Vec<u64>> = BTreeMap::new();
    for message in expected["messages"].as_array().unwrap() {
        let topic_name = message["topic"].as_str().unwrap();
        let t = topic(store, topic_name, AckLevel::Os);
        let (queue_id, queue_offset) = (number(message, "queueId"), number(message, "queueOffset"));
        let one = crate::ReadRequest {
            max_count: 1,
            ..super::request(t, i32::try_from(queue_id).unwrap(), i64::try_from(queue_offset).unwrap())
        };
        let outcome = store.read(&one, &mut out).unwrap_or_else(|error| panic!("{name}: {error}"));
        let Ok(LogItem::Record(view)) = crate::decode_record(&out[..outcome.bytes]) else {
            panic!("{name}: {message}")
        };
        let place = number(message, "commitLogOffset");
        assert_eq!((view.queue_offset, view.commit_log_offset), (queue_offset, place), "{name}: {message}");
        assert_eq!(outcome.bytes as u64, number(message, "storeSize"));
        assert_eq!(view.store_timestamp.cast_unsigned(), number(message, "storeTimestamp"));
        if view.sys_flag & 1 == 0 {
            assert_eq!(view.body().len() as u64, number(message, "bodyLength"));
        }
        assert_eq!(view.topic(), topic_name.as_bytes());
        for key in message["keys"].as_str().unwrap_or_default().split(' ').filter(|key| !key.is_empty()) {
            keys.entry((topic_name.to_owned(), key.to_owned())).or_default().push(place);
        }
    }
    assert!(keys.len() > 50, "the fixture has keys");
    for ((topic_name, key), mut places) in keys {
        let mut found = Vec::new();
        store.query_index(&topic_name, &key, 64, 0, i64::MAX, &mut found).unwrap();
        found.sort_unstable();
        found.dedup();
        places.sort_unstable();
        assert_eq!(found, places, "{name}: key {key} of {topic_name}");
    }
    store.verify().unwrap();
}

#[test]
fn directories_of_apache_open() {
    for name in STORES {
        let expected = json(&format!("stores/{name}.json"));
        let disk = unpack(name);
        let (store, report) = open_with(&disk, &fixture_options());
        let kind = if name.ends_with("killed") { StartKind::Unclean } else { StartKind::Clean };
        assert_eq!((report.start_kind, &report.cut), (kind, &None), "{name}");
        check(&store, &expected, name);
        // Our records follow theirs, and all of it is there again: after an orderly stop, a death, and a rebuild.
        let t = topic(&store, "Orders", AckLevel::Os);
        let next = store.queue_state(t, 3).unwrap().max_offset;
        assert_eq!(append(&store, t, 3, b"ours").unwrap().queue_offset, next);
        let dead = disk.process_death();
        store.close().unwrap();
        drop(store);
        let rebuild = StoreOptions { rebuild_on_open: true, verify_on_open: true, ..fixture_options() };
        for (disk, options) in [(&dead, fixture_options()), (&disk, fixture_options()), (&disk, rebuild)] {
            let (store, report) = open_with(disk, &options);
            assert_eq!(report.cut, None, "{name}");
            let t = topic(&store, "Orders", AckLevel::Os);
            assert_eq!(super::bodies(&store, t, 3, next), [(next, b"ours".to_vec())], "{name}");
            let mut without_ours = expected.clone();
            for queue in without_ours["queues"].as_array_mut().unwrap() {
                if queue["topic"] == "Orders" && queue["queueId"] == 3 {
                    queue["maxOffset"] = Value::from(next + 1);
                }
            }
            check(&store, &without_ours, name);
            store.close().unwrap();
        }
    }
}

#[test]
fn power_loss_while_taking_over_a_directory() {
    for name in STORES {
        let expected = json(&format!("stores/{name}.json"));
        for seed in 0..20 {
            let disk = unpack(name);
            disk.fail_syncs_after(Some(seed % 10));
            drop(Store::open(shared(&disk), &fixture_options()));
            let (store, _) = open_with(&disk.crash(seed), &fixture_options());
            check(&store, &expected, name);
        }
    }
}

#[test]
fn queues_lost_from_a_directory_of_apache_are_built_anew() {
    let first = "consumequeue/Orders/0/00000000000000000000";
    let lost: [&[&str]; 3] =
        [&[first], &["consumequeue/Orders/0/00000000000000000500"], &["consumequeue/Orders/"]];
    for name in STORES {
        for prefixes in lost {
            let disk = unpack(name);
            for path in disk.file_names() {
                if prefixes.iter().any(|prefix| path.starts_with(prefix)) {
                    disk.remove_file(&path).unwrap();
                }
            }
            let (store, report) = open_with(&disk, &fixture_options());
            assert!(
                report.queues_rebuilt_because.is_some() || report.queue_entries_rebuilt > 0,
                "{report:?}"
            );
            check(&store, &json(&format!("stores/{name}.json")), name);
        }
    }
}

#[test]
fn golden_records_of_apache() {
    let mut with_checksum = 0;
    for record in json("golden/records.json").as_array().unwrap() {
        let name = record["name"].as_str().unwrap();
        let bytes = hex(record["recordHex"].as_str().unwrap());
        let place = number(record, "commitLogOffset");
        let item = decode_at(&bytes, place, Checksum::IfPresent);
        let Ok(LogItem::Record(view)) = item else { panic!("{name}: {item:?}") };
        assert_eq!(view.body(), hex(record["storedBodyHex"].as_str().unwrap()), "{name}");
        assert_eq!(u64::from(view.body_crc), number(record, "bodyCrc"), "{name}");
        for (key, value) in record["properties"].as_object().unwrap() {
            assert_eq!(
                property(view.properties(), key.as_bytes()),
                value.as_str().map(str::as_bytes),
                "{name}: {key}"
            );
        }
        if !record["properties"]["__CRC32#"].is_null() {
            with_checksum += 1;
            assert_eq!(encode_again(&view, record), bytes, "{name}");
            assert!(decode_at(&bytes, place, Checksum::Required).is_ok());
        }
    }
    assert!(with_checksum >= 3);
}

fn encode_again(view: &RecordView<'_>, record: &Value) -> Vec<u8> {
    let host = |field: &str| {
        let mut bytes = hex(record[field]["addressHex"].as_str().unwrap());
        bytes.extend_from_slice(&u32::try_from(number(&record[field], "port")).unwrap().to_be_bytes());
        bytes
    };
    let (born_host, store_host) = (host("bornHost"), host("storeHost"));
    let fields = RecordFields {
        queue_id: view.queue_id,
        flag: view.flag,
        queue_offset: view.queue_offset,
        commit_log_offset: view.commit_log_offset,
        sys_flag: view.sys_flag,
        born_timestamp: view.born_timestamp,
        born_host: &born_host,
        store_timestamp: view.store_timestamp,
        store_host: &store_host,
        reconsume_times: view.reconsume_times,
        prepared_transaction_offset: view.prepared_transaction_offset,
        body: view.body(),
        topic: view.topic(),
        properties: &view.properties()[..view.properties().len() - 20],
        properties_suffix: b"",
    };
    let mut bytes = vec![0; fields.record_length()];
    assert!(fields.encode(&mut bytes));
    bytes
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|at| u8::from_str_radix(&text[at * 2..at * 2 + 2], 16).unwrap()).collect()
}

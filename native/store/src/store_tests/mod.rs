//! The store as a whole, on the simulated disk and on a real one.

mod apache_stores;
mod append_and_read;
mod appending_by_writing;
mod failures;
mod many_threads;
mod power_loss;
mod queue_files;
mod real_disk;
mod retention;

use std::sync::Arc;

use crate::disk::{Disk, SimulatedDisk};
use crate::record::{LogItem, decode};
use crate::{
    AckLevel, AppendError, Appended, MessageToAppend, ReadOutcome, ReadRequest, RecoveryReport, Store,
    StoreOptions, TagsCode, TopicHandle, TopicSpec,
};

pub const HOST: &[u8] = &[127, 0, 0, 1, 0, 0, 0x2A, 0x9F];

pub fn options() -> StoreOptions {
    StoreOptions {
        segment_bytes: 16 << 10,
        consume_queue_file_entries: 50,
        queues_synced_singly_max: 3,
        ..StoreOptions::small()
    }
}

pub fn open(disk: &SimulatedDisk) -> (Store, RecoveryReport) {
    open_with(disk, &options())
}

pub fn open_with(disk: &SimulatedDisk, options: &StoreOptions) -> (Store, RecoveryReport) {
    Store::open(shared(disk), options).unwrap_or_else(|error| panic!("{error}"))
}

pub fn shared(disk: &SimulatedDisk) -> Arc<dyn Disk> {
    Arc::new(disk.clone())
}

pub fn spec(name: &str, ack_level: AckLevel) -> TopicSpec {
    TopicSpec {
        name: name.to_owned(),
        read_queue_nums: 4,
        write_queue_nums: 4,
        perm: 6,
        ack_level,
        hot_path: true,
    }
}

pub fn topic(store: &Store, name: &str, ack_level: AckLevel) -> TopicHandle {
    store.define_topic(&spec(name, ack_level)).unwrap()
}

pub fn message(topic: TopicHandle, queue_id: i32, body: &[u8]) -> MessageToAppend<'_> {
    MessageToAppend {
        topic,
        queue_id,
        flag: 0,
        sys_flag: 0,
        born_timestamp: 1_700_000_000_000,
        born_host: HOST,
        store_host: HOST,
        reconsume_times: 0,
        prepared_transaction_offset: 0,
        tags_code: TagsCode::FromProperties,
        properties: b"",
        properties_suffix: b"",
        parsed: None,
        body,
    }
}

pub fn append(
    store: &Store,
    topic: TopicHandle,
    queue_id: i32,
    body: &[u8],
) -> Result<Appended, AppendError> {
    store.appender(1_700_000_000_000).append(&message(topic, queue_id, body))
}

pub fn request(topic: TopicHandle, queue_id: i32, queue_offset: i64) -> ReadRequest<'static> {
    ReadRequest { topic, queue_id, queue_offset, max_count: 32, max_bytes: 1 << 20, tag_codes: None }
}

/// Bodies of all visible messages of a queue from an offset on, with their queue offsets.
pub fn bodies(store: &Store, topic: TopicHandle, queue_id: i32, from: u64) -> Vec<(u64, Vec<u8>)> {
    let mut found = Vec::new();
    let mut next = i64::try_from(from).unwrap();
    let mut out = vec![0; 1 << 20];
    loop {
        let outcome =
            store.read(&request(topic, queue_id, next), &mut out).unwrap_or_else(|error| panic!("{error}"));
        found.extend(records(&out, &outcome));
        if outcome.next_begin_offset >= outcome.max_offset {
            return found;
        }
        next = i64::try_from(outcome.next_begin_offset).unwrap();
    }
}

pub fn records(out: &[u8], outcome: &ReadOutcome) -> Vec<(u64, Vec<u8>)> {
    let mut rest = &out[..outcome.bytes];
    let mut found = Vec::new();
    while !rest.is_empty() {
        let Ok(LogItem::Record(view)) = decode(rest) else { panic!("no record in the answer") };
        found.push((view.queue_offset, view.body().to_vec()));
        rest = &rest[view.bytes().len()..];
    }
    found
}

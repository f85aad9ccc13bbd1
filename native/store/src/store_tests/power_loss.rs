//! Power losses and process deaths from seeds, held against a model.

use std::collections::BTreeMap;

use super::{HOST, bodies, message, open, open_with, options, shared, topic};
use crate::batch_body::tests::encode_element;
use crate::disk::{Chance, SimulatedDisk};
use crate::{
    AckLevel, AppendBy, BatchToAppend, MessageToAppend, RecoveryReport, RetentionPolicy, StartKind, Store,
    StoreOptions, TopicHandle,
};

const QUEUES: usize = 3;
const TOPICS: [&str; 2] = ["orders", "%RETRY%group"];

/// A body and the end of its record in the log.
type Written = (Vec<u8>, u64);

/// What was appended: per topic and queue the bodies in order, each with the end of its record in the log.
#[derive(Debug, Default, Clone)]
struct Model {
    queues: BTreeMap<(usize, usize), Vec<Written>>,
    /// Covered by a flush that returned.
    acknowledged: u64,
    written: u64,
}

struct Run {
    chance: Chance,
    model: Model,
    level: AckLevel,
    options: StoreOptions,
}

impl Run {
    fn new(seed: u64, level: AckLevel) -> Self {
        // Small files: queues and index roll, mappings are released and made again.
        let options = StoreOptions {
            consume_queue_file_entries: 15,
            index_slots: 20,
            index_entries: 60,
            consume_queue_mapped_max: 5,
            append_by: if seed.is_multiple_of(2) { AppendBy::Mapping } else { AppendBy::Writing },
            ..options()
        };
        Self { chance: Chance::new(seed), model: Model::default(), level, options }
    }

    fn topics(&self, store: &Store) -> Vec<TopicHandle> {
        TOPICS.iter().map(|name| topic(store, name, self.level)).collect()
    }

    /// Bodies are unique, so that nothing old can pass for something new.
    fn body(&mut self) -> Vec<u8> {
        self.model.written += 1;
        let length = [0, 10, 200, 1500][self.chance.below(4)];
        let mut body = self.model.written.to_be_bytes().to_vec();
        body.resize(8 + self.chance.below(length + 1), 0x5A);
        body
    }

    fn append(&mut self, store: &Store, topics: &[TopicHandle]) {
        let (t, q) = (self.chance.below(TOPICS.len()), self.chance.below(QUEUES));
        let now = 1_700_000_000_000 + i64::try_from(self.model.written).unwrap() * 10;
        let queue_id = i32::try_from(q).unwrap();
        let mut appended = Vec::new();
        if self.chance.below(8) == 0 {
            let new: Vec<Vec<u8>> = (0..=self.chance.below(5)).map(|_| self.body()).collect();
            let body: Vec<u8> = new.iter().flat_map(|body| encode_element(0, body, &key(body))).collect();
            let batch = BatchToAppend {
                topic: topics[t],
                queue_id,
                sys_flag: 0,
                born_timestamp: 1,
                born_host: HOST,
                store_host: HOST,
                reconsume_times: 0,
                body: &body,
            };
            let mut offsets = Vec::new();
            let result = store.appender(now).append_batch(&batch, &mut offsets).unwrap();
            let ends = offsets.iter().skip(1).copied().chain([result.end_offset]);
            appended.extend(new.into_iter().zip(ends));
        } else {
            let body = self.body();
            let properties = key(&body);
            let message = MessageToAppend { properties: &properties, ..message(topics[t], queue_id, &body) };
            let result = store.appender(now).append(&message).unwrap();
            appended.push((body, result.end_offset));
        }
        self.model.queues.entry((t, q)).or_default().extend(appended);
    }

    fn work(&mut self, store: &Store, steps: usize) {
        let topics = self.topics(store);
        for _ in 0..steps {
            match self.chance.below(20) {
                0..=1 => self.model.acknowledged = store.flush().unwrap(),
                2 => self.model.acknowledged = store.checkpoint().unwrap(),
                3 => {
                    store.prepare_segment().unwrap();
                }
                4 if self.chance.below(4) == 0 => {
                    let log_bytes_max = Some(40_000);
                    store.retain(&RetentionPolicy { log_bytes_max, ..RetentionPolicy::default() }).unwrap();
                    self.model.acknowledged = store.flushed_offset();
                }
                _ => self.append(store, &topics),
            }
        }
    }

    /// The store must hold, per queue, what the model has up to where its log ends, and at least what was acknowledged.
    fn check(&mut self, store: &Store, report: &RecoveryReport, acknowledged: u64) {
        assert!(report.end_offset >= acknowledged, "{report:?} ends before {acknowledged}");
        let topics = self.topics(store);
        for ((t, q), expected) in &mut self.model.queues {
            expected.retain(|(_, end)| *end <= report.end_offset);
            let queue_id = i32::try_from(*q).unwrap();
            let min = store.queue_state(topics[*t], queue_id).unwrap().min_offset;
            let gone = expected.iter().take(usize::try_from(min).unwrap());
            assert!(
                gone.clone().all(|(_, end)| *end <= report.min_offset),
                "more is gone than retention took"
            );
            let found = bodies(store, topics[*t], queue_id, min);
            let expected: Vec<(u64, Vec<u8>)> =
                (0..).zip(expected.iter().map(|(body, _)| body.clone())).skip(gone.count()).collect();
            assert_eq!(found, expected, "topic {t} queue {q}, {report:?}");
        }
        store.verify().unwrap();
        for ((t, _), expected) in &self.model.queues {
            for (body, end) in expected.iter().filter(|(_, end)| *end > report.min_offset) {
                let mut out = Vec::new();
                store.query_index(TOPICS[*t], key_text(body).as_str(), 64, 0, i64::MAX, &mut out).unwrap();
                let there = out.iter().any(|offset| offset < end);
                assert!(there, "{} ending at {end} is not in the index: {out:?} {report:?}", key_text(body));
                assert!(
                    out.iter().all(|offset| *offset < report.end_offset),
                    "the index leads out of the log"
                );
                assert!(out.len() <= 2, "{out:?}: an entry was put twice");
            }
        }
    }
}

fn key_text(body: &[u8]) -> String {
    format!("key{}", u64::from_be_bytes(*body.first_chunk().unwrap()))
}

fn key(body: &[u8]) -> Vec<u8> {
    format!("KEYS\x01{}\x02TAGS\x01T\x02", key_text(body)).into_bytes()
}

/// Opens a disk whose syncs begin to fail somewhere, so that recovery breaks off there, and loses power.
fn break_recovery(disk: &SimulatedDisk, chance: &mut Chance, options: &StoreOptions) -> SimulatedDisk {
    disk.fail_syncs_after(Some(chance.below(12) as u64));
    drop(Store::open(shared(disk), options));
    disk.crash(chance.draw())
}

fn lose_power(seed: u64) {
    let mut run = Run::new(seed, AckLevel::Fsync);
    let mut disk = SimulatedDisk::new();
    let (mut store, _) = open_with(&disk, &run.options);
    for _ in 0..4 {
        let steps = run.chance.below(120);
        run.work(&store, steps);
        let clean = run.chance.below(6) == 0;
        if clean {
            store.close().unwrap();
            run.model.acknowledged = store.appended_offset();
        }
        assert_eq!(disk.unreserved_writes(), []);
        disk = disk.crash(run.chance.draw());
        drop(store);
        for _ in 0..run.chance.below(3) {
            disk = break_recovery(&disk, &mut run.chance, &run.options);
        }
        let (opened, report) =
            Store::open(shared(&disk), &run.options).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        store = opened;
        let acknowledged = run.model.acknowledged;
        run.check(&store, &report, acknowledged);
        // What was recovered has been shown to readers: it counts as safe from here on.
        run.model.acknowledged = report.end_offset;
    }
}

#[test]
fn power_loss_keeps_what_was_acknowledged() {
    // POWER_LOSS_SEEDS=15..16 runs one seed again, 0..100000 runs all night.
    let asked = std::env::var("POWER_LOSS_SEEDS").unwrap_or_default();
    let (from, to) = asked.split_once("..").unwrap_or(("0", "400"));
    let seeds: std::ops::Range<u64> = from.parse().unwrap()..to.parse().unwrap();
    for seed in seeds {
        lose_power_named(seed);
    }
}

fn lose_power_named(seed: u64) {
    let result = std::panic::catch_unwind(|| lose_power(seed));
    assert!(result.is_ok(), "failed with seed {seed}: run again with POWER_LOSS_SEEDS={seed}..{}", seed + 1);
}

#[test]
fn process_death_loses_nothing() {
    for seed in 0..100 {
        let mut run = Run::new(seed, AckLevel::Os);
        let mut disk = SimulatedDisk::new();
        for _ in 0..3 {
            let (store, report) = open_with(&disk, &run.options);
            let all = report.end_offset;
            run.check(&store, &report, all);
            let steps = run.chance.below(120);
            run.work(&store, steps);
            let appended = store.appended_offset();
            disk = disk.process_death();
            drop(store);
            let (store, report) = open_with(&disk, &run.options);
            assert_eq!((report.end_offset, report.cut.clone()), (appended, None), "seed {seed}");
            let expected = if appended == 0 { StartKind::New } else { StartKind::Unclean };
            assert_eq!(report.start_kind, expected);
            run.check(&store, &report, appended);
            disk = disk.process_death();
        }
    }
}

#[test]
fn the_simulation_does_lose_what_was_not_flushed() {
    let mut lost = 0;
    let mut cut = 0;
    for seed in 0..50 {
        let disk = SimulatedDisk::new();
        let (store, _) = open(&disk);
        let t = topic(&store, "T", AckLevel::Fsync);
        super::append(&store, t, 0, b"first").unwrap();
        store.flush().unwrap();
        for number in 0..40_u32 {
            super::append(&store, t, 0, &[number.to_be_bytes(); 60].concat()).unwrap();
        }
        let appended = store.appended_offset();
        let (_, report) = open(&disk.crash(seed));
        lost += usize::from(report.end_offset < appended);
        cut += usize::from(report.cut.is_some());
    }
    assert!(lost > 30 && cut > 20, "lost {lost}, cut {cut} of 50: the crash is too kind to test anything");
}

#[test]
fn what_was_cut_never_comes_back() {
    let mut could_have = 0;
    for seed in 0..100 {
        let disk = SimulatedDisk::new();
        let (store, _) = open(&disk);
        let t = topic(&store, "T", AckLevel::Fsync);
        super::append(&store, t, 0, &[0; 600]).unwrap();
        store.flush().unwrap();
        for number in 1..5 {
            super::append(&store, t, 0, &[number; 600]).unwrap();
        }
        let disk = disk.crash(seed);
        let (store, report) = open(&disk);
        could_have += usize::from(report.cut.is_some());
        let t = topic(&store, "T", AckLevel::Fsync);
        let before = bodies(&store, t, 0, 0);
        // As long as the first one lost: a later one that did reach the disk would follow it without a gap.
        super::append(&store, t, 0, &[99; 600]).unwrap();
        store.flush().unwrap();
        let (store, _) = open(&disk.crash(seed + 1));
        let t = topic(&store, "T", AckLevel::Fsync);
        let after = bodies(&store, t, 0, 0);
        assert_eq!(after.len(), before.len() + 1, "seed {seed}");
    }
    assert!(could_have > 30, "{could_have} of 100 crashes left something to cut");
}

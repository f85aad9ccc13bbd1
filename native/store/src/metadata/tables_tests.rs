use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Metadata, MetadataOperation};
use crate::disk::{Chance, SimulatedDisk};

type Model = BTreeMap<Vec<u8>, Vec<u8>>;

fn entries(metadata: &Metadata, table: &str) -> Model {
    let mut bytes = Vec::new();
    metadata.scan(table, &mut bytes).unwrap();
    let mut parts = Vec::new();
    let mut rest = bytes.as_slice();
    while let Some((length, tail)) = rest.split_first_chunk() {
        let (part, tail) = tail.split_at(u32::from_be_bytes(*length) as usize);
        parts.push(part.to_vec());
        rest = tail;
    }
    parts.chunks(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect()
}

fn put<'a>(table: &'a str, key: &'a [u8], value: &'a [u8]) -> MetadataOperation<'a> {
    MetadataOperation::Put { table, key, value }
}

#[test]
fn tables_keep_what_was_committed_and_nothing_else() {
    let disk = SimulatedDisk::new();
    let metadata = Metadata::open(&disk).unwrap();
    assert!(entries(&metadata, "topics").is_empty());
    metadata
        .commit(&[put("topics", b"A", b"1"), put("topics", b"B", b"2"), put("groups", b"A", b"3")])
        .unwrap();
    metadata
        .commit(&[MetadataOperation::Delete { table: "topics", key: b"A" }, put("topics", b"B", b"")])
        .unwrap();
    metadata.close();
    assert!(metadata.commit(&[]).is_err());
    let metadata = Metadata::open(&disk).unwrap();
    assert_eq!(entries(&metadata, "topics"), Model::from([(b"B".to_vec(), vec![])]));
    assert_eq!(entries(&metadata, "groups"), Model::from([(b"A".to_vec(), b"3".to_vec())]));
}

#[test]
fn a_power_loss_keeps_every_finished_commit_and_no_part_of_an_unfinished_one() {
    let mut broken_off = 0;
    for seed in 0..100 {
        let mut chance = Chance::new(seed);
        let disk = Arc::new(SimulatedDisk::new());
        let mut committed = Model::new();
        let mut attempted = Model::new();
        // the sync count runs out in the middle of something: while making the file, or inside a commit
        disk.fail_syncs_after(Some(chance.below(40) as u64));
        if let Ok(metadata) = Metadata::open(disk.as_ref()) {
            for step in 0..20u32 {
                let key = [u8::try_from(chance.below(8)).unwrap()];
                let last = step.to_be_bytes();
                let value = vec![u8::try_from(step).unwrap(); chance.below(6000)];
                attempted = committed.clone();
                attempted.insert(key.to_vec(), value.clone());
                attempted.insert(b"last".to_vec(), last.to_vec());
                let batch = [put("offsets", &key, &value), put("offsets", b"last", &last)];
                if metadata.commit(&batch).is_err() {
                    broken_off += 1;
                    break;
                }
                committed = attempted.clone();
            }
        }
        let after = disk.crash(seed);
        let metadata = Metadata::open(&after).unwrap();
        let found = entries(&metadata, "offsets");
        assert!(found == committed || found == attempted, "seed {seed}: a commit was lost or torn");
    }
    assert!(broken_off > 50, "only {broken_off} of 100 seeds broke off inside a commit");
}

#[test]
fn a_write_that_fails_is_forgotten_when_the_disk_takes_writes_again() {
    let disk = SimulatedDisk::new();
    let metadata = Metadata::open(&disk).unwrap();
    metadata.commit(&[put("topics", b"A", b"1")]).unwrap();
    disk.fail_writes(true);
    assert!(metadata.commit(&[put("topics", b"B", b"2")]).is_err());
    assert!(!metadata.sync_has_failed());
    disk.fail_writes(false);
    metadata.commit(&[put("topics", b"C", b"3")]).unwrap();
    let expected = Model::from([(b"A".to_vec(), b"1".to_vec()), (b"C".to_vec(), b"3".to_vec())]);
    assert_eq!(entries(&metadata, "topics"), expected);
}

#[test]
fn after_a_failed_sync_nothing_is_written_until_the_next_start() {
    let disk = SimulatedDisk::new();
    let metadata = Metadata::open(&disk).unwrap();
    metadata.commit(&[put("topics", b"A", b"1")]).unwrap();
    disk.fail_syncs_after(Some(0));
    assert!(metadata.commit(&[put("topics", b"B", b"2")]).is_err());
    disk.fail_syncs_after(None);
    assert!(metadata.sync_has_failed());
    let error = metadata.commit(&[put("topics", b"C", b"3")]).unwrap_err().to_string();
    assert!(error.contains("restart the broker"), "{error}");
    metadata.close();
    let metadata = Metadata::open(&disk.crash(7)).unwrap();
    assert_eq!(entries(&metadata, "topics").get(b"A".as_slice()), Some(&b"1".to_vec()));
}

use std::sync::Arc;

use super::index_file::{IndexFile, index_file_bytes};
use crate::disk::{Disk, DiskFile, SimulatedDisk};
use crate::record::index_key_hash;

const SLOTS: u32 = 7;
const ENTRIES: u32 = 50;

fn index_file() -> (Arc<dyn DiskFile>, IndexFile) {
    let disk = SimulatedDisk::new();
    let file = disk.create("20240101000000000", index_file_bytes(SLOTS, ENTRIES)).unwrap();
    let mapped = IndexFile::map("index/20240101000000000".to_owned(), file.clone(), SLOTS, ENTRIES).unwrap();
    mapped.reserve(40).unwrap();
    (file, mapped)
}

fn select(file: &IndexFile, key: &str, begin: i64, end: i64) -> Vec<u64> {
    let mut out = Vec::new();
    file.select(index_key_hash(b"T", key.as_bytes()), 64, begin, end, &mut out);
    out
}

#[test]
fn default_size_is_apaches() {
    assert_eq!(index_file_bytes(5_000_000, 20_000_000), 420_000_040);
}

#[test]
fn golden_bytes() {
    let (file, index) = index_file();
    assert!(index.put(10, 0x1122_3344_5566, 5_000));
    assert!(index.put(3, 0x1122_3344_5577, 7_999));
    index.write_header();
    let mut bytes = vec![0; 40 + 28 + 60];
    file.read_at(0, &mut bytes).unwrap();
    let mut header = Vec::new();
    for word in [5_000_u64, 7_999, 0x1122_3344_5566, 0x1122_3344_5577] {
        header.extend_from_slice(&word.to_be_bytes());
    }
    header.extend_from_slice(&[0, 0, 0, 1, 0, 0, 0, 3]);
    assert_eq!(bytes[..40], header);
    // Hashes 10 and 3 share bucket 3 of 7.
    assert_eq!(bytes[40 + 12..40 + 16], [0, 0, 0, 2]);
    assert_eq!(bytes[68..88], [0; 20], "entry 0 is not used");
    assert_eq!(
        bytes[88..108],
        [0, 0, 0, 10, 0, 0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0, 0, 0, 0, 0, 0, 0, 0]
    );
    assert_eq!(
        bytes[108..128],
        [0, 0, 0, 3, 0, 0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x77, 0, 0, 0, 2, 0, 0, 0, 1]
    );
}

#[test]
fn newest_first_within_the_time() {
    let (_, index) = index_file();
    for number in 0..30_u64 {
        let key = if number % 3 == 0 { "a" } else { "b" };
        assert!(index.put(
            index_key_hash(b"T", key.as_bytes()),
            number * 100,
            1_000_000 + i64::try_from(number).unwrap() * 1000
        ));
    }
    assert_eq!(select(&index, "a", 0, i64::MAX), [2700, 2400, 2100, 1800, 1500, 1200, 900, 600, 300, 0]);
    assert_eq!(select(&index, "a", 1_006_000, 1_012_000), [1200, 900, 600]);
    assert_eq!(select(&index, "nobody", 0, i64::MAX), Vec::<u64>::new());
}

#[test]
fn full_files_refuse() {
    let (_, index) = index_file();
    for number in 1..ENTRIES {
        assert!(index.put(number, u64::from(number), 0));
    }
    assert!(!index.put(1, 1, 0));
    assert_eq!(index.room(), 0);
}

#[test]
fn relinking_restores_what_a_lost_entry_hid() {
    let (file, index) = index_file();
    for number in 0..20_u64 {
        index.put(index_key_hash(b"T", b"k"), number, 1_000_000);
    }
    index.write_header();
    let expected: Vec<u64> = (0..10).rev().collect();
    // As after a power loss: the slot leads to entry 20, of which nothing reached the disk.
    file.write_at(40 + 28 + 11 * 20, &[0; 200]).unwrap();
    assert!(select(&index, "k", 0, i64::MAX) != expected);
    assert!(index.relink(11));
    assert_eq!(select(&index, "k", 0, i64::MAX), expected);
    assert_eq!(index.count(), 11);
    assert_eq!(index.end_offset(), 9);
}

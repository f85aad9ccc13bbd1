use super::checksum::{Checksum, crc32};
use super::record::{LogItem, MESSAGE_MAGIC_V2, RecordError, RecordFields, decode, decode_at, encode_blank};

fn fields<'a>() -> RecordFields<'a> {
    RecordFields {
        queue_id: 3,
        flag: 7,
        queue_offset: 0x0102_0304,
        commit_log_offset: 0x0A0B_0C0D,
        sys_flag: 0,
        born_timestamp: 1_700_000_000_000,
        born_host: &[127, 0, 0, 1, 0, 0, 0x30, 0x39],
        store_timestamp: 1_700_000_000_001,
        store_host: &[10, 0, 0, 2, 0, 0, 0x2A, 0x9F],
        reconsume_times: 2,
        prepared_transaction_offset: 9,
        body: b"hi",
        topic: b"T",
        properties: b"TAGS\x01A",
        properties_suffix: b"",
    }
}

fn encoded(fields: &RecordFields<'_>) -> Vec<u8> {
    let mut bytes = vec![0xEE; fields.record_length()];
    assert!(fields.encode(&mut bytes));
    bytes
}

#[test]
fn golden_bytes() {
    let bytes = encoded(&fields());
    let mut expected = Vec::new();
    expected.extend_from_slice(&121_u32.to_be_bytes());
    expected.extend_from_slice(&[0xDA, 0xA3, 0x20, 0xA7]);
    // CRC-32 of "hi" is 0xD8932AAC; the sign bit goes.
    expected.extend_from_slice(&[0x58, 0x93, 0x2A, 0xAC]);
    expected.extend_from_slice(&[0, 0, 0, 3, 0, 0, 0, 7]);
    expected.extend_from_slice(&[0, 0, 0, 0, 1, 2, 3, 4]);
    expected.extend_from_slice(&[0, 0, 0, 0, 0x0A, 0x0B, 0x0C, 0x0D]);
    expected.extend_from_slice(&[0, 0, 0, 0]);
    expected.extend_from_slice(&[0, 0, 0x01, 0x8B, 0xCF, 0xE5, 0x68, 0x00]);
    expected.extend_from_slice(&[127, 0, 0, 1, 0, 0, 0x30, 0x39]);
    expected.extend_from_slice(&[0, 0, 0x01, 0x8B, 0xCF, 0xE5, 0x68, 0x01]);
    expected.extend_from_slice(&[10, 0, 0, 2, 0, 0, 0x2A, 0x9F]);
    expected.extend_from_slice(&[0, 0, 0, 2]);
    expected.extend_from_slice(&[0, 0, 0, 0, 0, 0, 0, 9]);
    expected.extend_from_slice(&[0, 0, 0, 2, b'h', b'i']);
    expected.extend_from_slice(&[1, b'T']);
    expected.extend_from_slice(&[0, 27]);
    expected.extend_from_slice(b"TAGS\x01A\x02");
    let checksum = crc32fast::hash(&expected) & 0x7FFF_FFFF;
    let digits: String = format!("{checksum:010}").chars().rev().collect();
    expected.extend_from_slice(b"__CRC32#\x01");
    expected.extend_from_slice(digits.as_bytes());
    expected.push(2);
    assert_eq!(expected.len(), 121);
    assert_eq!(bytes, expected);
}

#[test]
fn round_trip_in_both_forms() {
    let long_topic = [b'x'; 200];
    let v6 = [1_u8; 20];
    for (topic, host, flag) in [(&b"T"[..], &v6[..8], 0), (&long_topic[..], &v6[..], 0x30)] {
        let fields = RecordFields { topic, born_host: host, store_host: host, sys_flag: flag, ..fields() };
        let bytes = encoded(&fields);
        let Ok(LogItem::Record(view)) = decode_at(&bytes, fields.commit_log_offset, Checksum::Required)
        else {
            panic!("{bytes:?}")
        };
        assert_eq!((view.topic(), view.body(), view.queue_offset), (topic, &b"hi"[..], fields.queue_offset));
        assert_eq!((view.queue_id, view.flag, view.reconsume_times), (3, 7, 2));
        assert_eq!(
            (view.born_timestamp, view.store_timestamp),
            (fields.born_timestamp, fields.store_timestamp)
        );
        assert_eq!(view.prepared_transaction_offset, 9);
        assert!(view.properties().starts_with(b"TAGS\x01A\x02__CRC32#\x01"));
        if topic.len() > 127 {
            assert_eq!(bytes[4..8], MESSAGE_MAGIC_V2.to_be_bytes());
        }
    }
}

#[test]
fn rejects_every_prefix() {
    let bytes = encoded(&fields());
    for length in 0..bytes.len() {
        assert!(decode(&bytes[..length]).is_err(), "a prefix of {length} bytes was taken for a record");
    }
}

#[test]
fn detects_every_flipped_bit() {
    let bytes = encoded(&fields());
    for at in 0..bytes.len() * 8 {
        let mut damaged = bytes.clone();
        damaged[at / 8] ^= 1 << (at % 8);
        assert!(
            !matches!(decode_at(&damaged, 0x0A0B_0C0D, Checksum::Required), Ok(LogItem::Record(_))),
            "bit {at} went unnoticed"
        );
    }
}

#[test]
fn a_record_without_checksum_property_is_checked_by_its_body() {
    let mut bytes = encoded(&fields());
    bytes.truncate(bytes.len() - 20);
    let length = u32::try_from(bytes.len()).unwrap();
    bytes[..4].copy_from_slice(&length.to_be_bytes());
    let at = bytes.len() - 7 - 2;
    bytes[at..at + 2].copy_from_slice(&[0, 7]);
    assert!(matches!(decode_at(&bytes, 0x0A0B_0C0D, Checksum::Required), Err(RecordError::ChecksumMissing)));
    let lenient = |bytes: &[u8]| decode_at(bytes, 0x0A0B_0C0D, Checksum::IfPresent).map(|_| ());
    assert_eq!(lenient(&bytes), Ok(()));
    let mut torn = bytes.clone();
    torn[at + 3..].fill(0);
    assert_eq!(lenient(&torn), Err(RecordError::ChecksumMissing), "the end never reached the disk");
    bytes[88] ^= 1;
    assert!(matches!(lenient(&bytes), Err(RecordError::BodyChecksum { .. })));
}

#[test]
fn tells_blank_empty_and_garbage_apart() {
    let mut blank = [0; 8];
    encode_blank(1234, &mut blank);
    assert_eq!(blank, [0, 0, 0x04, 0xD2, 0xCB, 0xD4, 0x31, 0x94]);
    assert!(matches!(decode(&blank), Ok(LogItem::Blank { bytes: 1234 })));
    assert!(matches!(decode(&[0; 64]), Err(RecordError::Empty)));
    assert!(matches!(decode(&[1; 64]), Err(RecordError::MagicUnknown(0x0101_0101))));
    let wrong_place = encoded(&fields());
    assert!(matches!(
        decode_at(&wrong_place, 5, Checksum::Required),
        Err(RecordError::OffsetMismatch { expected: 5, .. })
    ));
}

#[test]
fn separators_are_added_where_missing() {
    let suffixed = RecordFields { properties: b"A\x01b", properties_suffix: b"C\x01d\x02", ..fields() };
    let bytes = encoded(&suffixed);
    let Ok(LogItem::Record(view)) = decode(&bytes) else { panic!() };
    assert!(view.properties().starts_with(b"A\x01b\x02C\x01d\x02__CRC32#"));
    let bare = RecordFields { properties: b"", ..fields() };
    let bytes = encoded(&bare);
    let Ok(LogItem::Record(view)) = decode(&bytes) else { panic!() };
    assert_eq!(view.properties().len(), 20);
    assert_eq!(crc32(b""), 0);
}

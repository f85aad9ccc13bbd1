//! The checksum property at the end of a record.

use super::bytes::Put;
use super::properties::PROPERTY_SEPARATOR;

/// `__CRC32#`, 0x01, ten digits, 0x02.
pub const CHECKSUM_BYTES: usize = 20;
const CHECKSUM_NAME: &[u8; 9] = b"__CRC32#\x01";

const _: () = assert!(CHECKSUM_NAME.len() + 10 + 1 == CHECKSUM_BYTES);

/// Whether a record must carry its checksum property. All of ours do; Apache RocketMQ's may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checksum {
    Required,
    IfPresent,
}

impl Checksum {
    /// `ours_from`: where the records of Apache RocketMQ end, in a directory that was its own once.
    pub fn at(commit_log_offset: u64, ours_from: u64) -> Self {
        if commit_log_offset >= ours_from { Self::Required } else { Self::IfPresent }
    }
}

/// The CRC-32 of `java.util.zip`, without the sign bit, as `UtilAll#crc32` has it.
pub fn crc32(bytes: &[u8]) -> u32 {
    crc32fast::hash(bytes) & 0x7FFF_FFFF
}

pub fn encode_checksum(mut checksum: u32, out: &mut [u8]) {
    let mut put = Put::new(out);
    put.bytes(CHECKSUM_NAME);
    let mut digits = [b'0'; 10];
    for digit in &mut digits {
        *digit += u8::try_from(checksum % 10).unwrap_or(0);
        checksum /= 10;
    }
    put.bytes(&digits);
    put.u8(PROPERTY_SEPARATOR);
}

/// The checksum property at the end of a record, if it is there.
pub fn decode_checksum(tail: &[u8]) -> Option<u64> {
    let digits = tail.strip_prefix(CHECKSUM_NAME)?.strip_suffix(&[PROPERTY_SEPARATOR])?;
    if digits.len() != 10 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(digits.iter().rev().fold(0, |value, digit| value * 10 + u64::from(digit - b'0')))
}

/// Whether a tail that is no checksum property was one before it was damaged.
pub fn resembles_checksum(tail: &[u8], checksum: u32) -> bool {
    let mut intact = [0; CHECKSUM_BYTES];
    encode_checksum(checksum, &mut intact);
    let same = |count: usize| {
        tail.iter().zip(&intact).take(count).filter(|(found, expected)| found == expected).count()
    };
    same(CHECKSUM_NAME.len()) + 1 >= CHECKSUM_NAME.len() || same(CHECKSUM_BYTES) >= CHECKSUM_BYTES / 2 + 2
}

//! A message in the commit log, byte for byte as `RocketMQ` stores and sends it (`MessageExtEncoder`, `MessageDecoder`).
//!
//! ```text
//!  0 totalSize i32        the whole record
//!  4 magic                0xDAA320A7 topic length in 1 byte (V1) · 0xDAA320AB in 2 bytes (V2, topics above 127 bytes)
//!  8 bodyCRC i32          CRC-32 of the stored body, without the sign bit
//! 12 queueId i32
//! 16 flag i32             the user's
//! 20 queueOffset i64      entries, not bytes; 0 for prepared and rolled back transaction messages
//! 28 physicalOffset i64   where the record begins in the log
//! 36 sysFlag i32          0x10: bornHost is IPv6 · 0x20: storeHost is IPv6 · 0x0C: transaction type
//! 40 bornTimestamp i64    milliseconds, the producer's clock
//! 48 bornHost             address 4 | 16, port i32
//!  + storeTimestamp i64   milliseconds, set under the append lock
//!  + storeHost            address 4 | 16, port i32
//!  + reconsumeTimes i32
//!  + preparedTransactionOffset i64
//!  + bodyLength i32, body
//!  + topicLength u8 | u16, topic
//!  + propertiesLength i16, properties: name 0x01 value 0x02 … ending with the whole record's checksum:
//!      "__CRC32#" 0x01 ten decimal digits, the least significant first 0x02
//!    = CRC-32 of everything before these 20 bytes, without the sign bit
//! ```
//! A segment ends with a blank: `bytesLeft i32`, magic 0xCBD43194, anything.

use std::ops::Range;

use super::bytes::{Put, Take};
use super::checksum::{
    CHECKSUM_BYTES, Checksum, crc32, decode_checksum, encode_checksum, resembles_checksum,
};
use super::properties::PROPERTY_SEPARATOR;

pub const MESSAGE_MAGIC_V1: u32 = 0xDAA3_20A7;
pub const MESSAGE_MAGIC_V2: u32 = 0xDAA3_20AB;
pub const BLANK_MAGIC: u32 = 0xCBD4_3194;
/// Bytes of a blank that mean something; every append leaves room for them.
pub const BLANK_BYTES: usize = 8;
pub const PROPERTIES_BYTES_MAX: usize = 32_767;
/// Topics above this need the V2 form.
const TOPIC_BYTES_V1_MAX: usize = 127;
pub const SYS_FLAG_BORN_HOST_V6: i32 = 0x10;
pub const SYS_FLAG_STORE_HOST_V6: i32 = 0x20;
const FIXED_BYTES: usize = 48 + 8 + 4 + 8 + 4 + 2;

// The smallest V1 record: IPv4 hosts, no body, no topic, no properties.
const _: () = assert!(FIXED_BYTES + 8 + 8 + 1 == 91);

/// What goes into a record. Hosts are 8 or 20 bytes; `sys_flag` says which.
#[derive(Debug, Clone, Copy)]
pub struct RecordFields<'a> {
    pub queue_id: i32,
    pub flag: i32,
    pub queue_offset: u64,
    pub commit_log_offset: u64,
    pub sys_flag: i32,
    pub born_timestamp: i64,
    pub born_host: &'a [u8],
    pub store_timestamp: i64,
    pub store_host: &'a [u8],
    pub reconsume_times: i32,
    pub prepared_transaction_offset: i64,
    pub body: &'a [u8],
    pub topic: &'a [u8],
    pub properties: &'a [u8],
    pub properties_suffix: &'a [u8],
}

impl RecordFields<'_> {
    /// Length of the stored properties with separators and checksum; must not exceed [`PROPERTIES_BYTES_MAX`].
    pub fn properties_length(&self) -> usize {
        terminated_length(self.properties) + terminated_length(self.properties_suffix) + CHECKSUM_BYTES
    }

    /// Length of the whole record.
    pub fn record_length(&self) -> usize {
        let topic_length_bytes = if self.topic.len() > TOPIC_BYTES_V1_MAX { 2 } else { 1 };
        FIXED_BYTES
            + self.born_host.len()
            + self.store_host.len()
            + self.body.len()
            + topic_length_bytes
            + self.topic.len()
            + self.properties_length()
    }

    /// Writes the record; false if `out` is not exactly [`Self::record_length`] long.
    pub fn encode(&self, out: &mut [u8]) -> bool {
        let record_length = out.len();
        if record_length != self.record_length() {
            return false;
        }
        let Some((covered, checksum)) = out.split_at_mut_checked(record_length - CHECKSUM_BYTES) else {
            return false;
        };
        let mut put = Put::new(covered);
        put.u32(clamped_u32(record_length));
        let long_topic = self.topic.len() > TOPIC_BYTES_V1_MAX;
        put.u32(if long_topic { MESSAGE_MAGIC_V2 } else { MESSAGE_MAGIC_V1 });
        put.u32(crc32(self.body));
        put.i32(self.queue_id);
        put.i32(self.flag);
        put.u64(self.queue_offset);
        put.u64(self.commit_log_offset);
        put.i32(self.sys_flag);
        put.i64(self.born_timestamp);
        put.bytes(self.born_host);
        put.i64(self.store_timestamp);
        put.bytes(self.store_host);
        put.i32(self.reconsume_times);
        put.i64(self.prepared_transaction_offset);
        put.u32(clamped_u32(self.body.len()));
        put.bytes(self.body);
        let topic_length = u16::try_from(self.topic.len()).unwrap_or(u16::MAX);
        match u8::try_from(topic_length) {
            Ok(short) if !long_topic => put.u8(short),
            _ => put.u16(topic_length),
        }
        put.bytes(self.topic);
        put.u16(u16::try_from(self.properties_length()).unwrap_or(u16::MAX));
        put_terminated(&mut put, self.properties);
        put_terminated(&mut put, self.properties_suffix);
        let filled = put.filled();
        encode_checksum(crc32(covered), checksum);
        filled
    }
}

fn terminated_length(properties: &[u8]) -> usize {
    properties.len() + usize::from(needs_separator(properties))
}

fn needs_separator(properties: &[u8]) -> bool {
    properties.last().is_some_and(|last| *last != PROPERTY_SEPARATOR)
}

fn put_terminated(put: &mut Put<'_>, properties: &[u8]) {
    put.bytes(properties);
    if needs_separator(properties) {
        put.u8(PROPERTY_SEPARATOR);
    }
}

fn clamped_u32(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Writes the mark that ends a segment; `out` begins where the record would have been.
pub fn encode_blank(bytes_left: usize, out: &mut [u8]) {
    let mut put = Put::new(out);
    put.u32(clamped_u32(bytes_left));
    put.u32(BLANK_MAGIC);
}

/// Why bytes are no record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordError {
    /// Zeros: nothing was written here.
    Empty,
    Truncated {
        needed: usize,
        found: usize,
    },
    MagicUnknown(u32),
    /// The lengths inside do not add up to the length in front.
    LengthMismatch {
        total: usize,
        counted: usize,
    },
    BodyChecksum {
        found: u32,
        expected: u32,
    },
    RecordChecksum {
        found: u32,
        expected: u64,
    },
    /// The record should carry a checksum and does not.
    ChecksumMissing,
    /// The record says it belongs elsewhere in the log.
    OffsetMismatch {
        found: u64,
        expected: u64,
    },
}

impl std::fmt::Display for RecordError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Empty => write!(f, "nothing was written here"),
            Self::Truncated { needed, found } => {
                write!(f, "the record needs {needed} bytes, {found} are there")
            }
            Self::MagicUnknown(magic) => {
                write!(
                    f,
                    "magic {magic:#010X}, expected {MESSAGE_MAGIC_V1:#010X} or {MESSAGE_MAGIC_V2:#010X}"
                )
            }
            Self::LengthMismatch { total, counted } => {
                write!(f, "the record claims {total} bytes, its fields have {counted}")
            }
            Self::BodyChecksum { found, expected } => {
                write!(f, "the body's checksum is {found:#010X}, expected {expected:#010X}")
            }
            Self::RecordChecksum { found, expected } => {
                write!(f, "the record's checksum is {found:#010X}, expected {expected:#010X}")
            }
            Self::ChecksumMissing => write!(f, "the record's checksum property is missing"),
            Self::OffsetMismatch { found, expected } => {
                write!(f, "the record says it is at {found}, expected {expected}")
            }
        }
    }
}

/// What begins at a position of the log.
#[derive(Debug, Clone)]
pub enum LogItem<'a> {
    Record(RecordView<'a>),
    /// The rest of the segment is unused.
    Blank {
        bytes: usize,
    },
}

/// A record in place.
#[derive(Debug, Clone)]
pub struct RecordView<'a> {
    bytes: &'a [u8],
    pub body_crc: u32,
    pub queue_id: i32,
    pub flag: i32,
    pub queue_offset: u64,
    pub commit_log_offset: u64,
    pub sys_flag: i32,
    pub born_timestamp: i64,
    pub store_timestamp: i64,
    pub reconsume_times: i32,
    pub prepared_transaction_offset: i64,
    body: Range<usize>,
    topic: &'a [u8],
    properties: &'a [u8],
}

impl<'a> RecordView<'a> {
    /// The whole record.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    pub fn body(&self) -> &'a [u8] {
        self.bytes.get(self.body.clone()).unwrap_or_default()
    }

    pub fn topic(&self) -> &'a [u8] {
        self.topic
    }

    pub fn properties(&self) -> &'a [u8] {
        self.properties
    }

    /// Checks the whole record by its checksum. A record of Apache RocketMQ's need not carry one: then its body is checked,
    /// and that the rest has no zeros, which it has where it never reached the disk.
    pub fn verify_checksum(&self, checksum: Checksum) -> Result<(), RecordError> {
        if let Some((covered, tail)) = self.bytes.split_last_chunk::<CHECKSUM_BYTES>()
            && self.properties.len() >= CHECKSUM_BYTES
        {
            if let Some(expected) = decode_checksum(tail) {
                let found = crc32(covered);
                if u64::from(found) != expected {
                    return Err(RecordError::RecordChecksum { found, expected });
                }
                return Ok(());
            }
            let found = crc32(covered);
            if resembles_checksum(tail, found) {
                return Err(RecordError::RecordChecksum { found, expected: u64::MAX });
            }
        }
        if checksum == Checksum::Required || self.topic.contains(&0) || self.properties.contains(&0) {
            return Err(RecordError::ChecksumMissing);
        }
        let found = crc32(self.body());
        // Apache leaves the checksum of an empty body unchecked.
        if found != self.body_crc && !self.body.is_empty() {
            return Err(RecordError::BodyChecksum { found, expected: self.body_crc });
        }
        Ok(())
    }
}

/// Reads what begins with these bytes, which may go on behind it. Checksums are not looked at.
pub fn decode(bytes: &[u8]) -> Result<LogItem<'_>, RecordError> {
    let mut take = Take::new(bytes);
    let (Some(total), Some(magic)) = (take.u32(), take.u32()) else {
        return Err(RecordError::Truncated { needed: BLANK_BYTES, found: bytes.len() });
    };
    let total = total as usize;
    match magic {
        MESSAGE_MAGIC_V1 | MESSAGE_MAGIC_V2 => {}
        BLANK_MAGIC => return Ok(LogItem::Blank { bytes: total }),
        0 if total == 0 => return Err(RecordError::Empty),
        _ => return Err(RecordError::MagicUnknown(magic)),
    }
    let Some(record) = bytes.get(..total) else {
        return Err(RecordError::Truncated { needed: total, found: bytes.len() });
    };
    match decode_fields(record, magic) {
        Some((view, 0)) => Ok(LogItem::Record(view)),
        Some((_, left)) => Err(RecordError::LengthMismatch { total, counted: total - left }),
        None => Err(RecordError::LengthMismatch { total, counted: total + 1 }),
    }
}

/// The fields and how many bytes are left behind them; None if they do not fit.
fn decode_fields(record: &[u8], magic: u32) -> Option<(RecordView<'_>, usize)> {
    let mut take = Take::new(record.get(8..)?);
    let body_crc = take.u32()?;
    let queue_id = take.i32()?;
    let flag = take.i32()?;
    let queue_offset = take.u64()?;
    let commit_log_offset = take.u64()?;
    let sys_flag = take.i32()?;
    let born_timestamp = take.i64()?;
    take.bytes(if sys_flag & SYS_FLAG_BORN_HOST_V6 == 0 { 8 } else { 20 })?;
    let store_timestamp = take.i64()?;
    take.bytes(if sys_flag & SYS_FLAG_STORE_HOST_V6 == 0 { 8 } else { 20 })?;
    let reconsume_times = take.i32()?;
    let prepared_transaction_offset = take.i64()?;
    let body_length = usize::try_from(take.i32()?).ok()?;
    let body_start = record.len() - take.rest().len();
    take.bytes(body_length)?;
    let topic_length =
        if magic == MESSAGE_MAGIC_V2 { usize::from(take.u16()?) } else { usize::from(take.u8()?) };
    let topic = take.bytes(topic_length)?;
    let properties_length = usize::try_from(take.i16()?).ok()?;
    let properties = take.bytes(properties_length)?;
    let view = RecordView {
        bytes: record,
        body_crc,
        queue_id,
        flag,
        queue_offset,
        commit_log_offset,
        sys_flag,
        born_timestamp,
        store_timestamp,
        reconsume_times,
        prepared_transaction_offset,
        body: body_start..body_start + body_length,
        topic,
        properties,
    };
    Some((view, take.rest().len()))
}

/// Reads the record that must begin at this commit log offset, checksums included.
pub fn decode_at(
    bytes: &[u8],
    commit_log_offset: u64,
    checksum: Checksum,
) -> Result<LogItem<'_>, RecordError> {
    let item = decode(bytes)?;
    if let LogItem::Record(view) = &item {
        if view.commit_log_offset != commit_log_offset {
            return Err(RecordError::OffsetMismatch {
                found: view.commit_log_offset,
                expected: commit_log_offset,
            });
        }
        view.verify_checksum(checksum)?;
    }
    Ok(item)
}

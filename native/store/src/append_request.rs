//! What is appended, as the request gives it, and where it went.

use crate::topic::TopicHandle;

/// Which code goes into the consume queue entry, for the broker's tag filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TagsCode {
    /// Java's `hashCode` of the property `TAGS`, 0 without one.
    FromProperties,
    /// This value; for example the delivery time of a message in `SCHEDULE_TOPIC_XXXX`.
    Given(i64),
}

/// The properties the store needs, when the caller has parsed them already. They must be what the properties say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ParsedProperties<'a> {
    /// `TAGS`
    pub tags: Option<&'a [u8]>,
    /// `KEYS`: separated by spaces
    pub keys: Option<&'a [u8]>,
    /// `UNIQ_KEY`
    pub unique_key: Option<&'a [u8]>,
}

/// One message as the request gives it. Offsets, sizes, checksums and the store timestamp are the store's to add.
#[derive(Debug, Clone, Copy)]
pub struct MessageToAppend<'a> {
    pub topic: TopicHandle,
    pub queue_id: i32,
    pub flag: i32,
    /// The two address-family bits (0x10, 0x20) are set from the hosts' lengths.
    pub sys_flag: i32,
    /// Milliseconds since the epoch, by the producer's clock.
    pub born_timestamp: i64,
    /// Address (4 or 16 bytes) and port (4 bytes), as in the record.
    pub born_host: &'a [u8],
    /// Address (4 or 16 bytes) and port (4 bytes), as in the record.
    pub store_host: &'a [u8],
    pub reconsume_times: i32,
    pub prepared_transaction_offset: i64,
    pub tags_code: TagsCode,
    /// `name 0x01 value 0x02 …` as received; a missing last 0x02 is added.
    pub properties: &'a [u8],
    /// What the broker adds behind them (`MSG_REGION`, `TRACE_ON`, `CLUSTER`), in the same form. May be empty.
    pub properties_suffix: &'a [u8],
    /// None: the store looks them up in `properties`.
    pub parsed: Option<ParsedProperties<'a>>,
    pub body: &'a [u8],
}

/// A batch for one queue; its elements become records with consecutive queue offsets, all or none.
#[derive(Debug, Clone, Copy)]
pub struct BatchToAppend<'a> {
    pub topic: TopicHandle,
    pub queue_id: i32,
    pub sys_flag: i32,
    pub born_timestamp: i64,
    pub born_host: &'a [u8],
    pub store_host: &'a [u8],
    pub reconsume_times: i32,
    /// The body of `SEND_BATCH_MESSAGE`: `totalSize i32 | magic i32 | bodyCRC i32 | flag i32 | bodyLength i32 | body |
    /// propertiesLength i16 | properties`, repeated.
    pub body: &'a [u8],
}

/// Where a message (or the first of a batch) went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// 0 for prepared and rolled back transaction messages, which are in no queue.
    pub queue_offset: u64,
    pub commit_log_offset: u64,
    /// What `Store::flush` must reach to make it durable.
    pub end_offset: u64,
    pub record_count: u32,
}

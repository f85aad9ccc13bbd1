//! A SEND as the hot path takes it: every needed field present, in the form clients write it.

use super::frame::SerializeType;
use super::header_scan::{Field, HeaderScan, SEND_BATCH_MESSAGE, SEND_MESSAGE, decimal, decimal_i32};
use super::json_header::unescape_into;

/// Body compressed, and by what (`MessageSysFlag`); every other bit asks for more than to be stored.
const SYS_FLAG_PLAIN: i32 = 0x1 | 0x700;
/// The bit of a request's flag that says that nobody waits for an answer.
const FLAG_ONEWAY: i32 = 2;
/// Timestamps above this are not exact in the general path.
const SAFE_INTEGER_MAX: i64 = (1 << 53) - 1;

/// The header of `SEND_MESSAGE`, `SEND_MESSAGE_V2` or `SEND_BATCH_MESSAGE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SendRequest<'a> {
    pub opaque: i32,
    pub oneway: bool,
    pub serialize_type: SerializeType,
    pub batch: bool,
    pub topic: &'a [u8],
    pub queue_id: i32,
    pub sys_flag: i32,
    pub born_timestamp: i64,
    pub flag: i32,
    pub reconsume_times: i32,
    /// Without JSON escapes.
    pub properties: &'a [u8],
}

/// The fields of `SendMessageRequestHeaderV2`, by their letters.
#[derive(Clone, Copy)]
enum Key {
    ProducerGroup,
    Topic,
    DefaultTopic,
    DefaultTopicQueueNums,
    QueueId,
    SysFlag,
    BornTimestamp,
    Flag,
    Properties,
    ReconsumeTimes,
    UnitMode,
    MaxReconsumeTimes,
    Batch,
    BrokerName,
}

const KEY_COUNT: usize = 14;
/// Keys `SendMessageRequestHeader` requires: a … h.
const REQUIRED: u32 = 0xff;

fn key_of_letter(name: &[u8]) -> Option<Key> {
    let &[letter] = name else { return None };
    Some(match letter {
        b'a' => Key::ProducerGroup,
        b'b' => Key::Topic,
        b'c' => Key::DefaultTopic,
        b'd' => Key::DefaultTopicQueueNums,
        b'e' => Key::QueueId,
        b'f' => Key::SysFlag,
        b'g' => Key::BornTimestamp,
        b'h' => Key::Flag,
        b'i' => Key::Properties,
        b'j' => Key::ReconsumeTimes,
        b'k' => Key::UnitMode,
        b'l' => Key::MaxReconsumeTimes,
        b'm' => Key::Batch,
        b'n' => Key::BrokerName,
        _ => return None,
    })
}

fn key_of_name(name: &[u8]) -> Option<Key> {
    Some(match name {
        b"producerGroup" => Key::ProducerGroup,
        b"topic" => Key::Topic,
        b"defaultTopic" => Key::DefaultTopic,
        b"defaultTopicQueueNums" => Key::DefaultTopicQueueNums,
        b"queueId" => Key::QueueId,
        b"sysFlag" => Key::SysFlag,
        b"bornTimestamp" => Key::BornTimestamp,
        b"flag" => Key::Flag,
        b"properties" => Key::Properties,
        b"reconsumeTimes" => Key::ReconsumeTimes,
        b"unitMode" => Key::UnitMode,
        b"maxReconsumeTimes" => Key::MaxReconsumeTimes,
        b"batch" => Key::Batch,
        b"bname" => Key::BrokerName,
        _ => return None,
    })
}

/// Reads a scanned send. `None` when the general path must decide. `unescaped` is scratch memory for the properties.
pub(crate) fn read_send<'a>(
    header: &'a [u8],
    scan: &HeaderScan,
    serialize_type: SerializeType,
    unescaped: &'a mut Vec<u8>,
) -> Option<SendRequest<'a>> {
    if scan.flag & !FLAG_ONEWAY != 0 {
        return None;
    }
    let key_of = if scan.code == SEND_MESSAGE { key_of_name } else { key_of_letter };
    let mut values: [&[u8]; KEY_COUNT] = [&[]; KEY_COUNT];
    let mut properties_escaped = false;
    let mut met = 0u32;
    for field in scan.fields() {
        let key = key_of(field.name.of(header))?;
        let bit = 1u32 << key as u32;
        if met & bit != 0 || (field.escaped && !matches!(key, Key::Properties)) {
            return None;
        }
        met |= bit;
        properties_escaped |= field.escaped;
        *values.get_mut(key as usize)? = value_of(field, header);
    }
    if met & REQUIRED != REQUIRED {
        return None;
    }
    let value = |key: Key| values.get(key as usize).copied().unwrap_or_default();
    let int = |key| decimal_i32(value(key));
    let has = |key: Key| met & (1 << key as u32) != 0;
    let optional_int = |key| if has(key) { int(key) } else { Some(0) };
    let optional_bool = |key| match value(key) {
        b"true" => Some(true),
        b"false" => Some(false),
        b"" if !has(key) => Some(false),
        _ => None,
    };
    int(Key::DefaultTopicQueueNums)?;
    optional_int(Key::MaxReconsumeTimes)?;
    optional_bool(Key::UnitMode)?;
    let request = SendRequest {
        opaque: scan.opaque,
        oneway: scan.flag & FLAG_ONEWAY != 0,
        serialize_type,
        batch: optional_bool(Key::Batch)?,
        topic: value(Key::Topic),
        queue_id: int(Key::QueueId)?,
        sys_flag: int(Key::SysFlag)?,
        born_timestamp: decimal(value(Key::BornTimestamp))?,
        flag: int(Key::Flag)?,
        reconsume_times: optional_int(Key::ReconsumeTimes)?,
        properties: unescaped_properties(value(Key::Properties), properties_escaped, unescaped)?,
    };
    is_plain(&request, scan.code).then_some(request)
}

fn value_of<'a>(field: &Field, header: &'a [u8]) -> &'a [u8] {
    field.value.of(header)
}

fn unescaped_properties<'a>(value: &'a [u8], escaped: bool, scratch: &'a mut Vec<u8>) -> Option<&'a [u8]> {
    if !escaped {
        return Some(value);
    }
    scratch.clear();
    unescape_into(value, scratch).then_some(scratch.as_slice())
}

fn is_plain(request: &SendRequest<'_>, code: i32) -> bool {
    request.batch == (code == SEND_BATCH_MESSAGE)
        && request.sys_flag & !SYS_FLAG_PLAIN == 0
        && request.born_timestamp.abs() <= SAFE_INTEGER_MAX
        && request.queue_id >= 0
        && request.reconsume_times >= 0
}

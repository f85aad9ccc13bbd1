//! The bytes by which TypeScript hands over one message, big-endian:
//!
//! ```text
//! topic u32 | queueId i32 | flag i32 | sysFlag i32 | bornTimestamp i64 | reconsumeTimes i32
//! | preparedTransactionOffset i64 | tagsCodeMode u8 (0 from TAGS, 1 given) | tagsCode i64
//! | kind u8 (0 single, 1 batch body) | bornHostLength u8 | bornHost
//! | propertiesLength u32 | properties | bodyLength u32 | body
//! ```

use centaurmq_store::{BatchToAppend, MessageToAppend, TagsCode};

use crate::error::{Result, invalid_argument};

pub enum AppendRequest<'a> {
    Single(MessageToAppend<'a>),
    Batch(BatchToAppend<'a>),
}

struct Fields<'a> {
    request: &'a [u8],
    at: usize,
}

impl<'a> Fields<'a> {
    fn bytes(&mut self, name: &str, length: usize) -> Result<&'a [u8]> {
        let found = self.request.get(self.at..).unwrap_or_default();
        let field = found.get(..length).ok_or_else(|| {
            invalid_argument(format!(
                "the append request breaks off: {name} at byte {} has {} bytes, expected {length}",
                self.at,
                found.len()
            ))
        })?;
        self.at += length;
        Ok(field)
    }

    fn take<const N: usize>(&mut self, name: &str) -> Result<[u8; N]> {
        self.bytes(name, N).map(|field| field.first_chunk().copied().unwrap_or([0; N]))
    }

    fn u8(&mut self, name: &str) -> Result<u8> {
        self.take(name).map(u8::from_be_bytes)
    }

    fn u32(&mut self, name: &str) -> Result<u32> {
        self.take(name).map(u32::from_be_bytes)
    }

    fn i32(&mut self, name: &str) -> Result<i32> {
        self.take(name).map(i32::from_be_bytes)
    }

    fn i64(&mut self, name: &str) -> Result<i64> {
        self.take(name).map(i64::from_be_bytes)
    }

    fn sized(&mut self, name: &str) -> Result<&'a [u8]> {
        let length = self.u32(name)?;
        self.bytes(name, length as usize)
    }
}

pub fn decode<'a>(request: &'a [u8], store_host: &'a [u8]) -> Result<AppendRequest<'a>> {
    let mut fields = Fields { request, at: 0 };
    let topic = fields.u32("topic")?;
    let queue_id = fields.i32("queueId")?;
    let flag = fields.i32("flag")?;
    let sys_flag = fields.i32("sysFlag")?;
    let born_timestamp = fields.i64("bornTimestamp")?;
    let reconsume_times = fields.i32("reconsumeTimes")?;
    let prepared_transaction_offset = fields.i64("preparedTransactionOffset")?;
    let tags_code_mode = fields.u8("tagsCodeMode")?;
    let tags_code = fields.i64("tagsCode")?;
    let kind = fields.u8("kind")?;
    let born_host_length = fields.u8("bornHostLength")?;
    let born_host = fields.bytes("bornHost", born_host_length.into())?;
    let properties = fields.sized("properties")?;
    let body = fields.sized("body")?;
    match kind {
        0 => Ok(AppendRequest::Single(MessageToAppend {
            topic,
            queue_id,
            flag,
            sys_flag,
            born_timestamp,
            born_host,
            store_host,
            reconsume_times,
            prepared_transaction_offset,
            tags_code: if tags_code_mode == 0 {
                TagsCode::FromProperties
            } else {
                TagsCode::Given(tags_code)
            },
            properties,
            properties_suffix: &[],
            parsed: None,
            body,
        })),
        1 => Ok(AppendRequest::Batch(BatchToAppend {
            topic,
            queue_id,
            sys_flag,
            born_timestamp,
            born_host,
            store_host,
            reconsume_times,
            body,
        })),
        _ => Err(invalid_argument(format!("the append request's kind is {kind}, expected 0 or 1"))),
    }
}

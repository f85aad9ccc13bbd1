//! The success response of a SEND, made of parts that are constant for a broker and the few that are not.

use std::fmt::Write as _;

use super::frame::SerializeType;
use super::response_header::{
    FLAG_RESPONSE, I32_DECIMAL_BYTES, LANGUAGE_NODE_JS, U64_DECIMAL_BYTES, close_binary_field, close_header,
    open_binary_field, open_frame, push_binary_field, push_json_text,
};

/// Digits of an offset in a message id.
const OFFSET_HEX_BYTES: usize = 16;

/// What a response says of the broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponseIdentity<'a> {
    /// `MQVersion` ordinal.
    pub version: i16,
    pub region_id: &'a str,
    pub trace_on: bool,
    /// Address (4 or 16 bytes) and port (4 bytes), as in the record.
    pub store_host: &'a [u8],
}

/// Writes success responses; made once per configuration.
#[derive(Debug)]
pub(crate) struct SendResponseEncoder {
    json_head: Box<[u8]>,
    json_tail: Box<[u8]>,
    binary_head: Box<[u8]>,
    binary_tail: Box<[u8]>,
    store_host_hex: Box<[u8]>,
}

/// What differs from response to response.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SendResponse<'a> {
    pub opaque: i32,
    pub queue_id: i32,
    pub queue_offset: u64,
    /// One per record, in order.
    pub commit_log_offsets: &'a [u64],
    /// The `UNIQ_KEY` of the message, or of the batch if it has one; printable ASCII.
    pub transaction_id: Option<&'a [u8]>,
}

impl SendResponseEncoder {
    pub fn new(identity: &ResponseIdentity<'_>) -> Self {
        let ResponseIdentity { version, region_id, trace_on, store_host } = identity;
        let json_head = format!(r#"{{"code":0,"language":"NODE_JS","version":{version},"opaque":"#);
        let mut json_tail = r#"","MSG_REGION":""#.to_owned();
        push_json_text(&mut json_tail, region_id);
        json_tail += r#"","TRACE_ON":""#;
        json_tail += if *trace_on { "true" } else { "false" };
        json_tail += r#""},"serializeTypeCurrentRPC":"JSON"}"#;
        let mut binary_head = vec![0, 0, LANGUAGE_NODE_JS];
        binary_head.extend(version.to_be_bytes());
        let mut binary_tail = Vec::new();
        push_binary_field(&mut binary_tail, b"MSG_REGION", region_id.as_bytes());
        push_binary_field(&mut binary_tail, b"TRACE_ON", if *trace_on { b"true" } else { b"false" });
        Self {
            json_head: json_head.into_bytes().into(),
            json_tail: json_tail.into_bytes().into(),
            binary_head: binary_head.into(),
            binary_tail: binary_tail.into(),
            store_host_hex: upper_hex(store_host).into_bytes().into(),
        }
    }

    /// No response of so many records is longer.
    pub fn response_bytes_max(&self, record_count: usize, transaction_id_bytes: usize) -> usize {
        const NAMES_AND_LENGTHS: usize = 160;
        NAMES_AND_LENGTHS
            + self.json_head.len().max(self.binary_head.len())
            + self.json_tail.len().max(self.binary_tail.len())
            + record_count * (self.store_host_hex.len() + OFFSET_HEX_BYTES + 1)
            + 2 * I32_DECIMAL_BYTES
            + U64_DECIMAL_BYTES
            + transaction_id_bytes
    }

    /// Appends one frame to `out`.
    pub fn encode(&self, serialize_type: SerializeType, response: &SendResponse<'_>, out: &mut Vec<u8>) {
        let start = open_frame(out);
        match serialize_type {
            SerializeType::Json => self.encode_json(response, out),
            SerializeType::RocketMq => self.encode_binary(response, out),
        }
        close_header(out, start, serialize_type, 0);
    }

    fn encode_json(&self, response: &SendResponse<'_>, out: &mut Vec<u8>) {
        let mut digits = itoa::Buffer::new();
        out.extend_from_slice(&self.json_head);
        out.extend_from_slice(digits.format(response.opaque).as_bytes());
        out.extend_from_slice(br#","flag":1,"extFields":{"msgId":""#);
        self.push_message_ids(response.commit_log_offsets, out);
        out.extend_from_slice(br#"","queueId":""#);
        out.extend_from_slice(digits.format(response.queue_id).as_bytes());
        out.extend_from_slice(br#"","queueOffset":""#);
        out.extend_from_slice(digits.format(response.queue_offset).as_bytes());
        if let Some(transaction_id) = response.transaction_id {
            out.extend_from_slice(br#"","transactionId":""#);
            out.extend_from_slice(transaction_id);
        }
        out.extend_from_slice(&self.json_tail);
    }

    fn encode_binary(&self, response: &SendResponse<'_>, out: &mut Vec<u8>) {
        let mut digits = itoa::Buffer::new();
        out.extend_from_slice(&self.binary_head);
        out.extend(response.opaque.to_be_bytes());
        out.extend(FLAG_RESPONSE.to_be_bytes());
        out.extend([0; 4]); // no remark
        let fields_length_at = out.len();
        out.extend([0; 4]);
        let value_at = open_binary_field(out, b"msgId");
        self.push_message_ids(response.commit_log_offsets, out);
        close_binary_field(out, value_at);
        push_binary_field(out, b"queueId", digits.format(response.queue_id).as_bytes());
        push_binary_field(out, b"queueOffset", digits.format(response.queue_offset).as_bytes());
        if let Some(transaction_id) = response.transaction_id {
            push_binary_field(out, b"transactionId", transaction_id);
        }
        out.extend_from_slice(&self.binary_tail);
        close_binary_field(out, fields_length_at + 4);
    }

    fn push_message_ids(&self, commit_log_offsets: &[u64], out: &mut Vec<u8>) {
        for (index, &offset) in commit_log_offsets.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            out.extend_from_slice(&self.store_host_hex);
            out.extend(hex_of_offset(offset));
        }
    }
}

fn hex_digit(nibble: u8) -> u8 {
    if nibble < 10 { b'0' + nibble } else { b'A' + nibble - 10 }
}

fn hex_of_offset(offset: u64) -> [u8; OFFSET_HEX_BYTES] {
    let mut shift = 64;
    [(); OFFSET_HEX_BYTES].map(|()| {
        shift -= 4;
        hex_digit((offset >> shift & 15) as u8)
    })
}

fn upper_hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02X}");
        hex
    })
}

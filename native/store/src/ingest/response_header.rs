//! What the headers of all responses have in common.

use std::fmt::Write as _;

use super::frame::{PREFIX_BYTES, SerializeType};

pub(crate) const LANGUAGE_NODE_JS: u8 = 13;
pub(crate) const FLAG_RESPONSE: i32 = 1;
/// Longest decimal of an i32, and of an offset.
pub(crate) const I32_DECIMAL_BYTES: usize = 11;
pub(crate) const U64_DECIMAL_BYTES: usize = 20;
const TYPE_ROCKETMQ: u32 = 1 << 24;

/// Makes room for the length word and the header word; answers where the frame begins.
pub(crate) fn open_frame(out: &mut Vec<u8>) -> usize {
    out.extend([0; PREFIX_BYTES]);
    out.len() - PREFIX_BYTES
}

/// Writes both words, once all of the header is there; the body follows elsewhere.
pub(crate) fn close_header(
    out: &mut [u8],
    frame_start: usize,
    serialize_type: SerializeType,
    body_bytes: usize,
) {
    let type_bits = match serialize_type {
        SerializeType::Json => 0,
        SerializeType::RocketMq => TYPE_ROCKETMQ,
    };
    let header_bytes = out.len() - frame_start - PREFIX_BYTES;
    let frame_length = u64::from(length_u32(4 + header_bytes + body_bytes));
    let words = frame_length << 32 | u64::from(type_bits | length_u32(header_bytes));
    if let Some(prefix) = out.get_mut(frame_start..frame_start + PREFIX_BYTES) {
        prefix.copy_from_slice(&words.to_be_bytes());
    }
}

/// `JSON.stringify`'s escapes.
pub(crate) fn push_json_text(json: &mut String, text: &str) {
    for char in text.chars() {
        match char {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\u{8}' => json.push_str("\\b"),
            '\t' => json.push_str("\\t"),
            '\n' => json.push_str("\\n"),
            '\u{c}' => json.push_str("\\f"),
            '\r' => json.push_str("\\r"),
            control if control < ' ' => {
                let _ = write!(json, "\\u{:04x}", u32::from(control));
            }
            plain => json.push(plain),
        }
    }
}

pub(crate) fn push_binary_field(out: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    let value_at = open_binary_field(out, name);
    out.extend_from_slice(value);
    close_binary_field(out, value_at);
}

/// Writes name and room for the value's length; answers where the value begins.
pub(crate) fn open_binary_field(out: &mut Vec<u8>, name: &[u8]) -> usize {
    out.extend(u16::try_from(name.len()).unwrap_or(u16::MAX).to_be_bytes());
    out.extend_from_slice(name);
    out.extend([0; 4]);
    out.len()
}

pub(crate) fn close_binary_field(out: &mut [u8], value_at: usize) {
    let length = length_u32(out.len() - value_at);
    if let Some(place) = out.get_mut(value_at - 4..value_at) {
        place.copy_from_slice(&length.to_be_bytes());
    }
}

fn length_u32(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

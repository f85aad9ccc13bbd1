//! A request frame written once; only the digits that differ from message to message are patched.

use crate::options::Options;

/// Opaques have ten digits, so that a frame keeps its length.
pub const OPAQUE_FIRST: u32 = 1_000_000_000;

pub struct FrameTemplate {
    bytes: Vec<u8>,
    opaque_at: usize,
    queue_at: usize,
    born_at: usize,
    key_at: usize,
}

impl FrameTemplate {
    /// A frame as an official Java client would send it: wait mark, unique key, short header names.
    pub fn new(options: &Options, connection: u32) -> Self {
        let key = format!("7F000001{connection:08X}0000000000000000");
        let header = format!(
            concat!(
                r#"{{"code":310,"extFields":{{"a":"load_generator","b":"{topic}","c":"TBW102","d":"4","#,
                r#""e":"{queue:04}","f":"0","g":"{born:013}","h":"0","#,
                r#""i":"UNIQ_KEY\u0001{key}\u0002WAIT\u0001true\u0002","j":"0","k":"false","m":"false"}},"#,
                r#""flag":0,"language":"JAVA","opaque":{opaque},"serializeTypeCurrentRPC":"JSON","version":479}}"#
            ),
            topic = options.topic,
            queue = 0,
            born = 0,
            key = key,
            opaque = OPAQUE_FIRST,
        );
        let mut bytes = Vec::with_capacity(8 + header.len() + options.body_bytes as usize);
        let frame_length = u32::try_from(4 + header.len()).unwrap_or(0) + options.body_bytes;
        bytes.extend_from_slice(&frame_length.to_be_bytes());
        bytes.extend_from_slice(&u32::try_from(header.len()).unwrap_or(0).to_be_bytes());
        bytes.extend_from_slice(header.as_bytes());
        bytes.resize(bytes.len() + options.body_bytes as usize, b'x');
        Self {
            opaque_at: position_after(&bytes, b"\"opaque\":"),
            queue_at: position_after(&bytes, b"\"e\":\""),
            born_at: position_after(&bytes, b"\"g\":\""),
            key_at: position_after(&bytes, key.get(..16).unwrap_or_default().as_bytes()),
            bytes,
        }
    }

    pub fn append_to(&mut self, out: &mut Vec<u8>, opaque: u32, queue: u32, born_millis: u64, number: u64) {
        patch_decimal(&mut self.bytes, self.opaque_at, 10, u64::from(opaque));
        patch_decimal(&mut self.bytes, self.queue_at, 4, u64::from(queue));
        patch_decimal(&mut self.bytes, self.born_at, 13, born_millis);
        patch_hexadecimal(&mut self.bytes, self.key_at, number);
        out.extend_from_slice(&self.bytes);
    }
}

fn position_after(bytes: &[u8], mark: &[u8]) -> usize {
    bytes.windows(mark.len()).position(|window| window == mark).map_or(0, |at| at + mark.len())
}

fn patch_decimal(bytes: &mut [u8], at: usize, digits: usize, mut value: u64) {
    if let Some(field) = bytes.get_mut(at..at + digits) {
        for digit in field.iter_mut().rev() {
            *digit = b'0' + u8::try_from(value % 10).unwrap_or(0);
            value /= 10;
        }
    }
}

fn patch_hexadecimal(bytes: &mut [u8], at: usize, mut value: u64) {
    if let Some(field) = bytes.get_mut(at..at + 16) {
        for digit in field.iter_mut().rev() {
            let nibble = u8::try_from(value & 15).unwrap_or(0);
            *digit = if nibble < 10 { b'0' + nibble } else { b'A' + nibble - 10 };
            value >>= 4;
        }
    }
}

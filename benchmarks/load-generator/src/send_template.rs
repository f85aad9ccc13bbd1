//! A send request written once; only what differs from message to message is patched.

use crate::batch_body::append_element;
use crate::frame::{OPAQUE_FIRST, PREFIX_BYTES, header_end, prefix_of, request_code};

/// Digits of the window's places behind `OPAQUE_FIRST`, of a queue, of milliseconds since the epoch, of a key's number.
const SLOT_DIGITS: usize = 5;
const QUEUE_DIGITS: usize = 4;
const MILLIS_DIGITS: usize = 13;
const NUMBER_DIGITS: usize = 16;

/// What is asked of every message of one connection.
#[derive(Debug, Clone, Copy)]
pub struct MessageShape {
    pub connection: u32,
    pub body_bytes: u32,
    /// Messages in one request; 1 sends single messages.
    pub batch: u32,
}

/// The request up to its topic's name, and behind it.
pub struct SendTemplate {
    head: Vec<u8>,
    tail: Vec<u8>,
    /// Length of the header without its topic's name, and of the body.
    header_bytes: usize,
    body_bytes: usize,
    slot_at: usize,
    queue_at: usize,
    born_at: usize,
    /// The numbers of the messages in their unique keys: first in the header, in a batch also in each element.
    header_number_at: usize,
    element_numbers: Vec<usize>,
    /// Where the (first) message's body begins.
    body_at: usize,
    born_millis: u64,
}

/// One request's own values.
pub struct SendRequest<'a> {
    pub topic: &'a [u8],
    pub queue_id: u32,
    /// Its place in the window: the opaque.
    pub slot: u32,
    pub born_millis: u64,
    /// The (first) message's number; a batch takes as many as it has messages.
    pub number: u64,
}

impl SendTemplate {
    /// As the Java client writes it: wait mark, unique key, short header names.
    pub fn new(shape: MessageShape) -> Self {
        let batch = shape.batch > 1;
        let key_head = format!("7F000001{:08X}", shape.connection);
        let key = format!("{key_head}{:016X}", 0);
        let code = if batch { request_code::SEND_BATCH_MESSAGE } else { request_code::SEND_MESSAGE_V2 };
        let mut head = vec![0; PREFIX_BYTES];
        head.extend_from_slice(
            format!(r#"{{"code":{code},"extFields":{{"a":"load_generator","b":""#).as_bytes(),
        );
        let mut tail = format!(
            concat!(
                r#"","c":"TBW102","d":"4","e":"0000","f":"0","g":"0000000000000","h":"0","#,
                r#""i":"UNIQ_KEY\u0001{key}\u0002WAIT\u0001true\u0002","j":"0","k":"false","m":"{batch}"}},{end}"#
            ),
            key = key,
            batch = batch,
            end = header_end(OPAQUE_FIRST),
        )
        .into_bytes();
        let header_bytes = head.len() - PREFIX_BYTES + tail.len();
        let (header_number_at, body_from) = (position_behind(&tail, 0, &key_head), tail.len());
        let body = vec![b'x'; shape.body_bytes as usize];
        let mut element_numbers = vec![];
        let mut body_at = body_from;
        if batch {
            for _ in 0..shape.batch {
                let element_at = tail.len();
                let properties = format!("UNIQ_KEY\x01{key}\x02WAIT\x01true\x02");
                append_element(&mut tail, &body, properties.as_bytes());
                element_numbers.push(position_behind(&tail, element_at, &key_head));
            }
            body_at = body_from + 20;
        } else {
            tail.extend_from_slice(&body);
        }
        Self {
            header_bytes,
            body_bytes: tail.len() - body_from,
            slot_at: position_behind(&tail, 0, "\"opaque\":") + 10 - SLOT_DIGITS,
            queue_at: position_behind(&tail, 0, "\"e\":\""),
            born_at: position_behind(&tail, 0, "\"g\":\""),
            header_number_at,
            element_numbers,
            body_at,
            born_millis: 0,
            head,
            tail,
        }
    }

    pub fn append_to(&mut self, out: &mut Vec<u8>, request: &SendRequest<'_>) {
        patch_decimal(&mut self.tail, self.slot_at, SLOT_DIGITS, u64::from(request.slot));
        patch_decimal(&mut self.tail, self.queue_at, QUEUE_DIGITS, u64::from(request.queue_id));
        if self.born_millis != request.born_millis {
            self.born_millis = request.born_millis;
            patch_decimal(&mut self.tail, self.born_at, MILLIS_DIGITS, request.born_millis);
        }
        patch_hexadecimal(&mut self.tail, self.header_number_at, request.number);
        for (number, &at) in (request.number..).zip(&self.element_numbers) {
            patch_hexadecimal(&mut self.tail, at, number);
        }
        let prefix = prefix_of(self.header_bytes + request.topic.len(), self.body_bytes);
        if let Some(place) = self.head.get_mut(..PREFIX_BYTES) {
            place.copy_from_slice(&prefix);
        }
        out.extend_from_slice(&self.head);
        out.extend_from_slice(request.topic);
        out.extend_from_slice(&self.tail);
    }

    /// Writes these bytes at the beginning of the (first) message's body.
    pub fn set_body_head(&mut self, bytes: &[u8]) {
        if let Some(place) = self.tail.get_mut(self.body_at..self.body_at + bytes.len()) {
            place.copy_from_slice(bytes);
        }
    }
}

fn position_behind(bytes: &[u8], from: usize, mark: &str) -> usize {
    let found = memchr::memmem::find(bytes.get(from..).unwrap_or_default(), mark.as_bytes());
    from + found.map_or(0, |at| at + mark.len())
}

fn patch_decimal(bytes: &mut [u8], at: usize, digits: usize, mut value: u64) {
    if let Some(field) = bytes.get_mut(at..at + digits) {
        for digit in field.iter_mut().rev() {
            *digit = b'0' + (value % 10) as u8;
            value /= 10;
        }
    }
}

fn patch_hexadecimal(bytes: &mut [u8], at: usize, mut value: u64) {
    if let Some(field) = bytes.get_mut(at..at + NUMBER_DIGITS) {
        for digit in field.iter_mut().rev() {
            let nibble = (value & 15) as u8;
            *digit = if nibble < 10 { b'0' + nibble } else { b'A' + nibble - 10 };
            value >>= 4;
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::frame::header_of;

    const SHAPE: MessageShape = MessageShape { connection: 10, body_bytes: 3, batch: 1 };

    fn frame_of(shape: MessageShape, request: &SendRequest<'_>) -> (Value, Vec<u8>) {
        let mut bytes = vec![];
        let mut template = SendTemplate::new(shape);
        // what a request before it leaves behind must not show
        let before = SendRequest {
            topic: b"Another",
            queue_id: 9999,
            slot: 65_535,
            born_millis: 1,
            number: u64::MAX - 9,
        };
        template.append_to(&mut vec![], &before);
        template.append_to(&mut bytes, request);
        let (header, body_bytes) = header_of(&bytes).unwrap().unwrap();
        let body = bytes[PREFIX_BYTES + header.len()..].to_vec();
        assert_eq!(body.len(), body_bytes);
        (serde_json::from_slice(header).unwrap(), body)
    }

    fn request() -> SendRequest<'static> {
        SendRequest {
            topic: b"T-12",
            queue_id: 3,
            slot: 12_345,
            born_millis: 1_700_000_000_001,
            number: 0x2a,
        }
    }

    #[test]
    fn a_single_message_is_patched_into_its_places() {
        let (header, body) = frame_of(SHAPE, &request());
        let expected = json!({
            "code": 310, "flag": 0, "language": "JAVA", "opaque": 1_000_012_345, "version": 479,
            "serializeTypeCurrentRPC": "JSON", "extFields": {
                "a": "load_generator", "b": "T-12", "c": "TBW102", "d": "4", "e": "0003", "f": "0",
                "g": "1700000000001", "h": "0", "j": "0", "k": "false", "m": "false",
                "i": "UNIQ_KEY\u{1}7F0000010000000A000000000000002A\u{2}WAIT\u{1}true\u{2}",
            },
        });
        assert_eq!(header, expected);
        assert_eq!(body, b"xxx");
    }

    #[test]
    fn a_batch_numbers_its_elements() {
        let (header, body) = frame_of(MessageShape { batch: 2, ..SHAPE }, &request());
        assert_eq!((&header["code"], &header["extFields"]["m"]), (&json!(320), &json!("true")));
        let mut expected = vec![];
        for number in ["2A", "2B"] {
            let properties =
                format!("UNIQ_KEY\x017F0000010000000A00000000000000{number}\x02WAIT\x01true\x02");
            append_element(&mut expected, b"xxx", properties.as_bytes());
        }
        assert_eq!(body, expected);
    }

    #[test]
    fn the_head_of_a_body_is_set_in_place() {
        for (batch, body_at) in [(1, 0), (2, 20)] {
            let mut template = SendTemplate::new(MessageShape { batch, ..SHAPE });
            template.set_body_head(b"ab");
            let mut bytes = vec![];
            template.append_to(&mut bytes, &request());
            let (header, _) = header_of(&bytes).unwrap().unwrap();
            let body = &bytes[PREFIX_BYTES + header.len()..];
            assert_eq!(&body[body_at..body_at + 3], b"abx");
        }
    }
}

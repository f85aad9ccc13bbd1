//! The head of a PULL's answer that brings messages: everything in front of the records.

use super::frame::SerializeType;
use super::response_header::{
    FLAG_RESPONSE, I32_DECIMAL_BYTES, LANGUAGE_NODE_JS, U64_DECIMAL_BYTES, close_binary_field, close_header,
    open_frame, push_binary_field,
};

const REMARK: &[u8] = b"FOUND";
/// No head is longer: names, punctuation and the version.
const NAMES_AND_LENGTHS_BYTES: usize = 320;
pub(crate) const PULL_HEAD_BYTES_MAX: usize =
    NAMES_AND_LENGTHS_BYTES + 3 * U64_DECIMAL_BYTES + 3 * I32_DECIMAL_BYTES;

/// Writes heads of success responses; made once per configuration.
#[derive(Debug)]
pub(crate) struct PullResponseEncoder {
    json_head: Box<[u8]>,
    binary_head: Box<[u8]>,
}

/// What differs from response to response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PullResponse {
    pub opaque: i32,
    pub next_begin_offset: u64,
    pub min_offset: u64,
    pub max_offset: u64,
    pub topic_sys_flag: i32,
    pub group_sys_flag: i32,
    /// Of the records behind the head.
    pub body_bytes: usize,
}

impl PullResponseEncoder {
    pub fn new(version: i16) -> Self {
        let json_head = format!(r#"{{"code":0,"language":"NODE_JS","version":{version},"opaque":"#);
        let mut binary_head = vec![0, 0, LANGUAGE_NODE_JS];
        binary_head.extend(version.to_be_bytes());
        Self { json_head: json_head.into_bytes().into(), binary_head: binary_head.into() }
    }

    /// Puts one head into `head`, which is cleared first.
    pub fn encode(&self, serialize_type: SerializeType, response: &PullResponse, head: &mut Vec<u8>) {
        head.clear();
        let start = open_frame(head);
        match serialize_type {
            SerializeType::Json => self.encode_json(response, head),
            SerializeType::RocketMq => self.encode_binary(response, head),
        }
        close_header(head, start, serialize_type, response.body_bytes);
    }

    fn encode_json(&self, response: &PullResponse, out: &mut Vec<u8>) {
        let mut digits = itoa::Buffer::new();
        out.extend_from_slice(&self.json_head);
        out.extend_from_slice(digits.format(response.opaque).as_bytes());
        // suggestWhichBrokerId: this broker is the master
        out.extend_from_slice(
            br#","flag":1,"remark":"FOUND","extFields":{"suggestWhichBrokerId":"0","nextBeginOffset":""#,
        );
        out.extend_from_slice(digits.format(response.next_begin_offset).as_bytes());
        out.extend_from_slice(br#"","minOffset":""#);
        out.extend_from_slice(digits.format(response.min_offset).as_bytes());
        out.extend_from_slice(br#"","maxOffset":""#);
        out.extend_from_slice(digits.format(response.max_offset).as_bytes());
        out.extend_from_slice(br#"","topicSysFlag":""#);
        out.extend_from_slice(digits.format(response.topic_sys_flag).as_bytes());
        out.extend_from_slice(br#"","groupSysFlag":""#);
        out.extend_from_slice(digits.format(response.group_sys_flag).as_bytes());
        out.extend_from_slice(br#""},"serializeTypeCurrentRPC":"JSON"}"#);
    }

    fn encode_binary(&self, response: &PullResponse, out: &mut Vec<u8>) {
        let mut digits = itoa::Buffer::new();
        out.extend_from_slice(&self.binary_head);
        out.extend(response.opaque.to_be_bytes());
        out.extend(FLAG_RESPONSE.to_be_bytes());
        out.extend(u32::try_from(REMARK.len()).unwrap_or(0).to_be_bytes());
        out.extend_from_slice(REMARK);
        out.extend([0; 4]);
        let fields_at = out.len();
        push_binary_field(out, b"suggestWhichBrokerId", b"0");
        for (name, offset) in [
            (&b"nextBeginOffset"[..], response.next_begin_offset),
            (b"minOffset", response.min_offset),
            (b"maxOffset", response.max_offset),
        ] {
            push_binary_field(out, name, digits.format(offset).as_bytes());
        }
        push_binary_field(out, b"topicSysFlag", digits.format(response.topic_sys_flag).as_bytes());
        push_binary_field(out, b"groupSysFlag", digits.format(response.group_sys_flag).as_bytes());
        close_binary_field(out, fields_at);
    }
}

#[cfg(test)]
mod tests {
    use super::super::frame::{FrameWalk, walk_frame};
    use super::*;

    const RESPONSE: PullResponse = PullResponse {
        opaque: -7,
        next_begin_offset: 42,
        min_offset: 10,
        max_offset: 1000,
        topic_sys_flag: 0,
        group_sys_flag: 2,
        body_bytes: 3,
    };

    fn encoded(serialize_type: SerializeType, response: &PullResponse) -> Vec<u8> {
        let mut head = b"what was there before".to_vec();
        PullResponseEncoder::new(479).encode(serialize_type, response, &mut head);
        head
    }

    fn header(serialize_type: SerializeType) -> Vec<u8> {
        let frame = [&encoded(serialize_type, &RESPONSE)[..], b"abc"].concat();
        let FrameWalk::Whole(whole) = walk_frame(&frame, 0) else { panic!("not a whole frame") };
        assert_eq!((whole.length, whole.body), (frame.len(), &b"abc"[..]));
        assert_eq!(whole.serialize_type, serialize_type);
        whole.header.to_vec()
    }

    #[test]
    fn a_json_head_has_the_general_paths_keys_in_its_order() {
        let expected = concat!(
            r#"{"code":0,"language":"NODE_JS","version":479,"opaque":-7,"flag":1,"remark":"FOUND","extFields":{"#,
            r#""suggestWhichBrokerId":"0","nextBeginOffset":"42","minOffset":"10","maxOffset":"1000","#,
            r#""topicSysFlag":"0","groupSysFlag":"2"},"serializeTypeCurrentRPC":"JSON"}"#
        );
        assert_eq!(String::from_utf8_lossy(&header(SerializeType::Json)), expected);
    }

    #[test]
    fn a_binary_head_has_the_same_fields() {
        let mut fields = Vec::new();
        for (name, value) in [
            ("suggestWhichBrokerId", "0"),
            ("nextBeginOffset", "42"),
            ("minOffset", "10"),
            ("maxOffset", "1000"),
            ("topicSysFlag", "0"),
            ("groupSysFlag", "2"),
        ] {
            fields.extend(u16::try_from(name.len()).unwrap().to_be_bytes());
            fields.extend(name.as_bytes());
            fields.extend(u32::try_from(value.len()).unwrap().to_be_bytes());
            fields.extend(value.as_bytes());
        }
        let mut expected = vec![0, 0, 13, 1, 0xdf, 0xff, 0xff, 0xff, 0xf9, 0, 0, 0, 1, 0, 0, 0, 5];
        expected.extend(b"FOUND");
        expected.extend(u32::try_from(fields.len()).unwrap().to_be_bytes());
        expected.extend(fields);
        assert_eq!(header(SerializeType::RocketMq), expected);
    }

    #[test]
    fn no_head_is_longer_than_announced() {
        let longest = PullResponse {
            opaque: i32::MIN,
            next_begin_offset: u64::MAX,
            min_offset: u64::MAX,
            max_offset: u64::MAX,
            topic_sys_flag: i32::MIN,
            group_sys_flag: i32::MIN,
            body_bytes: 16 << 20,
        };
        for serialize_type in [SerializeType::Json, SerializeType::RocketMq] {
            let mut head = Vec::new();
            PullResponseEncoder::new(i16::MIN).encode(serialize_type, &longest, &mut head);
            assert!(head.len() <= PULL_HEAD_BYTES_MAX, "{} bytes", head.len());
        }
    }
}

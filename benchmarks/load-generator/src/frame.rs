//! Frames: requests as the Java client writes them, and what is read of answers.

use std::fmt::Display;
use std::io::{self, ErrorKind};

use memchr::memmem;

/// Opaques have ten digits, so that a prepared frame keeps its length.
pub const OPAQUE_FIRST: u32 = 1_000_000_000;
/// `frameMaxLength` of every broker and client.
const FRAME_BYTES_MAX: usize = 16 << 20;
/// Length word and header word.
pub const PREFIX_BYTES: usize = 8;
/// `MQVersion` ordinal of every request: 5.3.3.
const MQ_VERSION: u32 = 479;

pub mod request_code {
    pub const PULL_MESSAGE: u32 = 11;
    pub const UPDATE_AND_CREATE_TOPIC: u32 = 17;
    pub const UPDATE_AND_CREATE_TOPIC_LIST: u32 = 18;
    pub const GET_MAX_OFFSET: u32 = 30;
    pub const GET_MIN_OFFSET: u32 = 31;
    pub const HEART_BEAT: u32 = 34;
    pub const SEND_MESSAGE_V2: u32 = 310;
    pub const SEND_BATCH_MESSAGE: u32 = 320;
}

pub mod response_code {
    pub const SUCCESS: u32 = 0;
    pub const SYSTEM_BUSY: u32 = 2;
    pub const PULL_NOT_FOUND: u32 = 19;
    pub const PULL_RETRY_IMMEDIATELY: u32 = 20;
    pub const PULL_OFFSET_MOVED: u32 = 21;
    pub const FLOW_CONTROL: u32 = 215;
}

/// The part of a JSON header behind its ext fields.
pub fn header_end(opaque: u32) -> String {
    format!(
        r#""flag":0,"language":"JAVA","opaque":{opaque},"serializeTypeCurrentRPC":"JSON","version":{MQ_VERSION}}}"#
    )
}

/// Appends a request. Names and values are written as they are: they must not need an escape.
pub fn append_request(
    out: &mut Vec<u8>,
    code: u32,
    opaque: u32,
    ext_fields: &[(&str, &dyn Display)],
    body: &[u8],
) {
    use std::io::Write as _;
    let start = out.len();
    out.extend_from_slice(&[0; PREFIX_BYTES]);
    // writing to a Vec cannot fail
    let _ = write!(out, r#"{{"code":{code},"extFields":{{"#);
    for (index, (name, value)) in ext_fields.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        let _ = write!(out, r#"{comma}"{name}":"{value}""#);
    }
    let _ = write!(out, "}},{}", header_end(opaque));
    let header_bytes = out.len() - start - PREFIX_BYTES;
    if let Some(prefix) = out.get_mut(start..start + PREFIX_BYTES) {
        prefix.copy_from_slice(&prefix_of(header_bytes, body.len()));
    }
    out.extend_from_slice(body);
}

/// The two words in front of a JSON header and a body.
pub fn prefix_of(header_bytes: usize, body_bytes: usize) -> [u8; PREFIX_BYTES] {
    let word = |bytes: usize| u64::try_from(bytes).unwrap_or(u64::MAX);
    (word(4 + header_bytes + body_bytes) << 32 | word(header_bytes)).to_be_bytes()
}

/// The header of the frame that begins here, and how long its body is; `None` until the whole header is there.
pub fn header_of(bytes: &[u8]) -> io::Result<Option<(&[u8], usize)>> {
    let Some((&prefix, rest)) = bytes.split_first_chunk::<PREFIX_BYTES>() else { return Ok(None) };
    let words = u64::from_be_bytes(prefix);
    let frame_bytes = usize::try_from(words >> 32).unwrap_or(usize::MAX);
    let header_bytes = usize::try_from(words & 0x00ff_ffff).unwrap_or(usize::MAX);
    let body_bytes = frame_bytes.checked_sub(4 + header_bytes).filter(|_| frame_bytes < FRAME_BYTES_MAX);
    let Some(body_bytes) = body_bytes else {
        return Err(malformed(&format!("a frame of {frame_bytes} bytes with a header of {header_bytes}")));
    };
    Ok(rest.get(..header_bytes).map(|header| (header, body_bytes)))
}

pub fn malformed(what: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, format!("the broker's answer is malformed: {what}"))
}

/// Finds numbers in JSON headers by the text in front of them.
pub struct NumberFinder {
    mark: memmem::Finder<'static>,
}

impl NumberFinder {
    /// A number of the header itself: `"opaque":7`.
    pub fn of_member(name: &str) -> Self {
        Self { mark: memmem::Finder::new(&format!("\"{name}\":")).into_owned() }
    }

    /// A number among the ext fields, which are all texts: `"queueOffset":"7"`.
    pub fn of_ext_field(name: &str) -> Self {
        Self { mark: memmem::Finder::new(&format!("\"{name}\":\"")).into_owned() }
    }

    pub fn find(&self, header: &[u8]) -> Option<u64> {
        let at = self.mark.find(header)? + self.mark.needle().len();
        decimal_at_start(header.get(at..)?)
    }
}

fn decimal_at_start(text: &[u8]) -> Option<u64> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (digits > 0).then_some(())?;
    text.get(..digits)?
        .iter()
        .try_fold(0u64, |value, digit| value.checked_mul(10)?.checked_add(u64::from(digit - b'0')))
}

/// The two numbers that every answer has.
pub struct AnswerNumbers {
    code: NumberFinder,
    opaque: NumberFinder,
}

impl AnswerNumbers {
    pub fn new() -> Self {
        Self { code: NumberFinder::of_member("code"), opaque: NumberFinder::of_member("opaque") }
    }

    /// The code, and the opaque counted from [`OPAQUE_FIRST`]; `None` for a request of the broker's own, which it counts
    /// from 0 (it tells a consumer's connection that its group has changed).
    pub fn read(&self, header: &[u8]) -> io::Result<Option<(u32, u32)>> {
        let find = |finder: &NumberFinder| u32::try_from(finder.find(header)?).ok();
        let code = find(&self.code).ok_or_else(|| malformed("there is no code"))?;
        let opaque = find(&self.opaque).ok_or_else(|| malformed("there is no opaque"))?;
        Ok(opaque.checked_sub(OPAQUE_FIRST).map(|opaque| (code, opaque)))
    }
}

/// What a broker says about a refusal.
pub fn refusal(code: u32, header: &[u8]) -> String {
    let remark = serde_json::from_slice::<serde_json::Value>(header)
        .ok()
        .and_then(|header| header.get("remark").and_then(|remark| remark.as_str().map(str::to_owned)));
    format!("response code {code}: {}", remark.as_deref().unwrap_or("no remark"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_a_frame_whose_header_is_json() {
        let mut bytes = vec![];
        append_request(&mut bytes, 30, OPAQUE_FIRST + 7, &[("topic", &"T-1"), ("queueId", &3)], b"body");
        let (header, body_bytes) = header_of(&bytes).unwrap().unwrap();
        assert_eq!(bytes.len(), PREFIX_BYTES + header.len() + body_bytes);
        assert!(bytes.ends_with(b"body"));
        let header: serde_json::Value = serde_json::from_slice(header).unwrap();
        let expected = serde_json::json!({
            "code": 30, "extFields": {"topic": "T-1", "queueId": "3"}, "flag": 0, "language": "JAVA",
            "opaque": 1_000_000_007, "serializeTypeCurrentRPC": "JSON", "version": 479,
        });
        assert_eq!(header, expected);
    }

    #[test]
    fn every_prefix_of_a_header_is_incomplete() {
        let mut bytes = vec![];
        append_request(&mut bytes, 30, OPAQUE_FIRST, &[], b"");
        for end in 0..bytes.len() {
            assert!(header_of(&bytes[..end]).unwrap().is_none(), "prefix of {end} bytes");
        }
    }

    #[test]
    fn impossible_lengths_are_malformed() {
        for (frame_bytes, header_bytes) in [(3u32, 0u32), (10, 7), (16 << 20, 5)] {
            let bytes = [frame_bytes.to_be_bytes(), header_bytes.to_be_bytes()].concat();
            assert!(header_of(&bytes).is_err(), "{frame_bytes} {header_bytes}");
        }
    }

    #[test]
    fn numbers_are_found_by_their_names() {
        let header = br#"{"code":19,"extFields":{"nextBeginOffset":"120","maxOffset":""},"flag":1,"opaque":1000000003}"#;
        assert_eq!(NumberFinder::of_ext_field("nextBeginOffset").find(header), Some(120));
        assert_eq!(NumberFinder::of_ext_field("maxOffset").find(header), None);
        assert_eq!(NumberFinder::of_ext_field("minOffset").find(header), None);
        let numbers = AnswerNumbers::new();
        assert_eq!(numbers.read(header).unwrap(), Some((19, 3)));
        assert_eq!(numbers.read(br#"{"code":40,"opaque":5}"#).unwrap(), None);
        assert!(numbers.read(br#"{"code":0}"#).is_err());
    }

    #[test]
    fn a_refusal_is_told_in_the_brokers_words() {
        assert_eq!(refusal(17, br#"{"code":17,"remark":"no \"T\""}"#), r#"response code 17: no "T""#);
        assert_eq!(refusal(2, b"{}"), "response code 2: no remark");
    }
}

//! The frame of the remoting protocol: where one ends and what its header word says.
//!
//! ```text
//!  0        4                          8              8 + headerLength
//!  +--------+--------------------------+--------------+----------------+
//!  | length | type u8 | headerLength   | header       | body           |
//!  |  u32   |         |   u24          |              |                |
//!  +--------+--------------------------+--------------+----------------+
//!           |<------------------- length bytes ----------------------->|
//! ```

use std::fmt;

/// Longest frame, its length word included (`com.rocketmq.remoting.frameMaxLength`).
pub const FRAME_LENGTH_MAX: usize = 16 << 20;

const LENGTH_BYTES: usize = 4;
/// Length word and header word.
pub(crate) const PREFIX_BYTES: usize = 8;

/// How a header is written; a response is written as its request was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SerializeType {
    Json,
    RocketMq,
}

/// One whole frame in a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frame<'a> {
    pub serialize_type: SerializeType,
    pub header: &'a [u8],
    pub body: &'a [u8],
    /// Bytes of the frame, the length word included.
    pub length: usize,
}

/// What stands at a place of a chunk.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum FrameWalk<'a> {
    Whole(Frame<'a>),
    /// The rest of the frame has not arrived.
    Incomplete,
    Malformed(Violation),
}

/// Why a connection must be closed: after this nobody knows where the next frame begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Violation {
    FrameLengthOutOfRange { at: usize, found: u32 },
    HeaderLongerThanFrame { at: usize, header_length: u32, frame_length: u32 },
    SerializeTypeUnknown { at: usize, found: u8 },
}

impl Violation {
    /// A stable number; 0 is kept for "none".
    pub fn code(self) -> u32 {
        match self {
            Self::FrameLengthOutOfRange { .. } => 1,
            Self::HeaderLongerThanFrame { .. } => 2,
            Self::SerializeTypeUnknown { .. } => 3,
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FrameLengthOutOfRange { at, found } => write!(
                f,
                "frame length {found} at byte {at} of the received bytes, expected {LENGTH_BYTES} to {}: \
                 the peer does not speak the remoting protocol, or its message is too large",
                FRAME_LENGTH_MAX - LENGTH_BYTES
            ),
            Self::HeaderLongerThanFrame { at, header_length, frame_length } => write!(
                f,
                "header length {header_length} at byte {at} of the received bytes, expected at most {}: \
                 it reaches past its frame of {frame_length} bytes",
                frame_length - 4
            ),
            Self::SerializeTypeUnknown { at, found } => write!(
                f,
                "serialize type {found} at byte {at} of the received bytes, expected 0 (JSON) or 1 (ROCKETMQ)"
            ),
        }
    }
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().copied().map(u32::from_be_bytes)
}

/// Looks at the frame that begins at `at`. The length word is judged as soon as it is there, so that a wrong one is not
/// waited for.
pub(crate) fn walk_frame(chunk: &[u8], at: usize) -> FrameWalk<'_> {
    let Some(frame_length) = u32_at(chunk, at) else { return FrameWalk::Incomplete };
    let length = frame_length as usize + LENGTH_BYTES;
    if !(PREFIX_BYTES..=FRAME_LENGTH_MAX).contains(&length) {
        return FrameWalk::Malformed(Violation::FrameLengthOutOfRange { at, found: frame_length });
    }
    let Some(header_word) = u32_at(chunk, at + LENGTH_BYTES) else { return FrameWalk::Incomplete };
    let serialize_type = match header_word.to_be_bytes()[0] {
        0 => SerializeType::Json,
        1 => SerializeType::RocketMq,
        found => {
            return FrameWalk::Malformed(Violation::SerializeTypeUnknown { at: at + LENGTH_BYTES, found });
        }
    };
    let header_length = header_word & 0x00ff_ffff;
    if header_length > frame_length - 4 {
        let at = at + LENGTH_BYTES;
        return FrameWalk::Malformed(Violation::HeaderLongerThanFrame { at, header_length, frame_length });
    }
    let Some(content) = chunk.get(at + PREFIX_BYTES..at + length) else { return FrameWalk::Incomplete };
    let Some((header, body)) = content.split_at_checked(header_length as usize) else {
        return FrameWalk::Incomplete;
    };
    FrameWalk::Whole(Frame { serialize_type, header, body, length })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(serialize_type: u8, header: &[u8], body: &[u8]) -> Vec<u8> {
        let mut bytes = u32::try_from(4 + header.len() + body.len()).unwrap().to_be_bytes().to_vec();
        let word = u32::try_from(header.len()).unwrap() | u32::from(serialize_type) << 24;
        bytes.extend(word.to_be_bytes());
        bytes.extend(header);
        bytes.extend(body);
        bytes
    }

    #[test]
    fn a_whole_frame_is_cut_into_header_and_body() {
        let mut chunk = vec![9; 3];
        chunk.extend(frame(1, b"head", b"body!"));
        let expected =
            Frame { serialize_type: SerializeType::RocketMq, header: b"head", body: b"body!", length: 17 };
        assert_eq!(walk_frame(&chunk, 3), FrameWalk::Whole(expected));
    }

    #[test]
    fn every_prefix_of_a_frame_is_incomplete() {
        let chunk = frame(0, b"{}", b"xyz");
        for end in 0..chunk.len() {
            assert_eq!(walk_frame(&chunk[..end], 0), FrameWalk::Incomplete, "prefix of {end} bytes");
        }
    }

    #[test]
    fn a_wrong_length_is_told_before_the_rest_arrives() {
        for found in [0u32, 3, (16 << 20) - 3, u32::MAX] {
            let violation = Violation::FrameLengthOutOfRange { at: 0, found };
            assert_eq!(walk_frame(&found.to_be_bytes(), 0), FrameWalk::Malformed(violation));
            assert!(violation.to_string().contains(&found.to_string()));
        }
        assert_eq!(walk_frame(&((16u32 << 20) - 4).to_be_bytes(), 0), FrameWalk::Incomplete);
    }

    #[test]
    fn a_header_longer_than_its_frame_and_an_unknown_type_are_violations() {
        let mut chunk = frame(0, b"{}", b"");
        chunk[7] = 3;
        let violation = Violation::HeaderLongerThanFrame { at: 4, header_length: 3, frame_length: 6 };
        assert_eq!(walk_frame(&chunk, 0), FrameWalk::Malformed(violation));
        let chunk = frame(2, b"{}", b"");
        let violation = Violation::SerializeTypeUnknown { at: 4, found: 2 };
        assert_eq!(walk_frame(&chunk, 0), FrameWalk::Malformed(violation));
    }
}

//! Answers other than those of sends, which the engine writes.

use std::io::Write;

use centaurmq_store::ReadOutcome;

/// `MQVersion` ordinal: 5.3.3.
pub const MQ_VERSION: i16 = 479;
/// Length word and header word.
const PREFIX_BYTES: usize = 8;
/// What a pull's answer has in front of the records: prefix and a header of fixed length, filled up with spaces, so that
/// the records can be put behind it before the header is known.
pub const PULL_HEAD_BYTES: usize = 320;

pub mod response_code {
    pub const SUCCESS: u32 = 0;
    pub const SYSTEM_ERROR: u32 = 1;
    pub const REQUEST_CODE_NOT_SUPPORTED: u32 = 3;
    pub const TOPIC_NOT_EXIST: u32 = 17;
    pub const PULL_NOT_FOUND: u32 = 19;
    pub const PULL_RETRY_IMMEDIATELY: u32 = 20;
    pub const PULL_OFFSET_MOVED: u32 = 21;
}

/// An answer without a body: ext fields and remark as JSON.
pub fn plain(code: u32, opaque: u32, ext_fields: &str, remark: &str) -> Vec<u8> {
    let header = format!(
        r#"{{"code":{code},"extFields":{{{ext_fields}}},"flag":1,"language":"JAVA","opaque":{opaque},"remark":"{remark}","version":{MQ_VERSION}}}"#
    );
    [&prefix(header.len(), 0)[..], header.as_bytes()].concat()
}

/// Writes prefix and header of a pull's answer; its records lie behind them.
pub fn write_pull_head(place: &mut [u8], code: u32, opaque: u32, outcome: &ReadOutcome) {
    let Some((prefix_place, mut header)) = place.split_at_mut_checked(PREFIX_BYTES) else { return };
    prefix_place.copy_from_slice(&prefix(header.len(), outcome.bytes));
    let ReadOutcome { next_begin_offset, min_offset, max_offset, .. } = outcome;
    // the place has room for the longest numbers
    let _ = write!(
        header,
        concat!(
            r#"{{"code":{},"flag":1,"language":"JAVA","opaque":{},"extFields":{{"nextBeginOffset":"{}","#,
            r#""minOffset":"{}","maxOffset":"{}","suggestWhichBrokerId":"0"}},"version":{}}}"#
        ),
        code, opaque, next_begin_offset, min_offset, max_offset, MQ_VERSION
    );
    header.fill(b' ');
}

fn prefix(header_bytes: usize, body_bytes: usize) -> [u8; PREFIX_BYTES] {
    let word = |bytes: usize| u64::try_from(bytes).unwrap_or(u64::MAX);
    (word(4 + header_bytes + body_bytes) << 32 | word(header_bytes)).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use centaurmq_store::ReadStatus;

    use super::*;

    #[test]
    fn the_head_of_a_pull_has_room_for_the_longest_numbers() {
        let outcome = ReadOutcome {
            status: ReadStatus::Found,
            next_begin_offset: u64::MAX,
            min_offset: u64::MAX,
            max_offset: u64::MAX,
            record_count: 1,
            bytes: 1000,
            last_commit_log_offset: 0,
        };
        let mut head = [0; PULL_HEAD_BYTES];
        write_pull_head(&mut head, u32::MAX, u32::MAX, &outcome);
        assert_eq!(head[..8], [0, 0, 5, 36, 0, 0, 1, 56], "4 + 312 + 1000 bytes, the header has 312");
        let header = str::from_utf8(&head[8..]).unwrap();
        assert!(header.trim_end().ends_with(r#""version":479}"#), "{header}");
    }
}

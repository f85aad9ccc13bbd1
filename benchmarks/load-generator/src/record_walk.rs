//! Walking the records of a pull's body: `totalSize i32 | magic i32 | bodyCRC i32 | queueId i32 | flag i32 | queueOffset i64 | …`.

use std::io;

use crate::frame::malformed;

/// `totalSize` up to and with `queueOffset`.
pub const HEAD_BYTES: usize = 28;
/// `totalSize` up to and with the first eight bytes of the body, the broker's and the producer's addresses having 16 bytes.
pub const BODY_HEAD_BYTES: usize = 120;
/// A record with no body, no topic and no properties, and addresses of four bytes.
const RECORD_BYTES_MIN: usize = 91;

const SYS_FLAG_BORN_HOST_V6: u32 = 0x10;
const SYS_FLAG_STORE_HOST_V6: u32 = 0x20;

/// Where the walk through one body stands.
#[derive(Debug, Default)]
pub struct RecordWalk {
    /// Bytes of the record under way.
    record_left: usize,
    /// The queue offset that the next record must have.
    pub queue_offset: u64,
    pub records: u64,
    pub bytes: u64,
}

impl RecordWalk {
    pub fn new(queue_offset: u64) -> Self {
        Self { queue_offset, ..Self::default() }
    }

    /// Walks a stretch of the body, which may end with it; how many bytes are done with. So many bytes of each record's
    /// head are shown, at least [`HEAD_BYTES`].
    #[inline]
    pub fn walk(
        &mut self,
        bytes: &[u8],
        ends: bool,
        head_bytes: usize,
        mut on_record: impl FnMut(&[u8]),
    ) -> io::Result<usize> {
        let mut at = self.record_left.min(bytes.len());
        self.record_left -= at;
        while let Some(head) = bytes.get(at..at + head_bytes) {
            let total = self.begin_record(head)?;
            on_record(head);
            let present = total.min(bytes.len() - at);
            at += present;
            self.record_left = total - present;
        }
        if ends && (self.record_left > 0 || at < bytes.len()) {
            return Err(malformed("a pull's body ends within a record"));
        }
        Ok(at)
    }

    fn begin_record(&mut self, head: &[u8]) -> io::Result<usize> {
        let total = head.first_chunk().map_or(0, |total| u32::from_be_bytes(*total));
        let queue_offset =
            head.get(20..).and_then(<[u8]>::first_chunk).map_or(0, |offset| u64::from_be_bytes(*offset));
        if (total as usize) < RECORD_BYTES_MIN.max(head.len()) {
            return Err(malformed(&format!("a record of {total} bytes")));
        }
        if queue_offset != self.queue_offset {
            let expected = self.queue_offset;
            return Err(malformed(&format!("queue offset {queue_offset} came where {expected} was due")));
        }
        self.queue_offset += 1;
        self.records += 1;
        self.bytes += u64::from(total);
        Ok(total as usize)
    }
}

/// The first eight bytes of the body; `None` when it has fewer.
pub fn body_head(head: &[u8]) -> Option<[u8; 8]> {
    let word = |at: usize| head.get(at..)?.first_chunk().copied().map(u32::from_be_bytes);
    let sys_flag = word(36)?;
    let longer = |bit| if sys_flag & bit == 0 { 0 } else { 12 };
    let body_length_at = 84 + longer(SYS_FLAG_BORN_HOST_V6) + longer(SYS_FLAG_STORE_HOST_V6);
    (word(body_length_at)? >= 8).then_some(())?;
    head.get(body_length_at + 4..)?.first_chunk().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(queue_offset: u64, bytes: u32) -> Vec<u8> {
        let mut record = vec![0xff; bytes as usize];
        record[..4].copy_from_slice(&bytes.to_be_bytes());
        record[20..28].copy_from_slice(&queue_offset.to_be_bytes());
        record
    }

    /// Walks a body that arrives in pieces; the records' offsets and the walk.
    fn walk(body: &[u8], step: usize) -> io::Result<(Vec<u64>, RecordWalk)> {
        let (mut walk, mut offsets) = (RecordWalk::new(5), vec![]);
        let (mut from, mut end) = (0, 0);
        while from < body.len() {
            assert!(end < body.len(), "nothing is taken of the whole rest");
            end = (end + step).min(body.len());
            from += walk.walk(&body[from..end], end == body.len(), HEAD_BYTES, |head| {
                offsets.push(u64::from_be_bytes(head[20..28].try_into().unwrap()));
            })?;
        }
        Ok((offsets, walk))
    }

    #[test]
    fn records_are_counted_however_the_body_arrives() {
        let body = [record(5, 91), record(6, 300), record(7, 92)].concat();
        for step in 1..=body.len() {
            let (offsets, walk) = walk(&body, step).unwrap();
            assert_eq!(offsets, [5, 6, 7], "in pieces of {step} bytes");
            assert_eq!((walk.records, walk.bytes, walk.queue_offset), (3, 483, 8));
        }
    }

    #[test]
    fn a_gap_a_wrong_size_and_a_body_that_breaks_off_are_malformed() {
        let error = |body: &[u8]| walk(body, body.len()).unwrap_err().to_string();
        assert!(error(&record(6, 91)).ends_with("queue offset 6 came where 5 was due"));
        assert!(error(&[record(5, 91), record(5, 91)].concat()).ends_with("5 came where 6 was due"));
        assert!(error(&record(5, 90)).ends_with("a record of 90 bytes"));
        assert!(error(&record(5, 91)[..90]).ends_with("ends within a record"));
        assert!(error(&[record(5, 91), vec![0; 27]].concat()).ends_with("ends within a record"));
    }

    #[test]
    fn the_head_of_a_body_is_found_behind_addresses_of_either_length() {
        for (sys_flag, body_at) in [(0u32, 88), (0x10, 100), (0x20, 100), (0x30, 112)] {
            let mut head = vec![0; BODY_HEAD_BYTES];
            head[36..40].copy_from_slice(&sys_flag.to_be_bytes());
            head[body_at - 1] = 8;
            head[body_at..body_at + 8].copy_from_slice(b"01234567");
            assert_eq!(body_head(&head), Some(*b"01234567"), "sysFlag {sys_flag:x}");
            head[body_at - 1] = 7;
            assert_eq!(body_head(&head), None);
        }
    }
}

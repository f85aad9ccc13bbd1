//! The ROCKETMQ header (serialize type 1).
//!
//! ```text
//! code i16 | language u8 | version i16 | opaque i32 | flag i32 | remarkLength i32 | remark
//! | extFieldsLength i32 | { nameLength i16 | name | valueLength i32 | value } …
//! ```

use super::header_scan::{Field, HeaderKind, HeaderScan, Span};

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let taken = self.bytes.get(self.at..)?.first_chunk().copied()?;
        self.at += N;
        Some(taken)
    }

    fn int(&mut self) -> Option<i32> {
        self.take().map(i32::from_be_bytes)
    }

    fn short(&mut self) -> Option<i16> {
        self.take().map(i16::from_be_bytes)
    }

    fn span(&mut self, length: usize) -> Option<Span> {
        let end = self.at.checked_add(length).filter(|&end| end <= self.bytes.len())?;
        let span = Span { start: u32::try_from(self.at).ok()?, end: u32::try_from(end).ok()? };
        self.at = end;
        Some(span)
    }
}

/// Scans a whole header. A header that breaks off, or has bytes left over, is unclear.
pub(crate) fn scan_binary_header(header: &[u8], scan: &mut HeaderScan) -> HeaderKind {
    scan.clear();
    let mut cursor = Cursor { bytes: header, at: 0 };
    scan_prefix(&mut cursor, scan)
        .and_then(|kind| match kind {
            HeaderKind::Send | HeaderKind::Pull => scan_fields(&mut cursor, scan),
            other => Some(other),
        })
        .unwrap_or(HeaderKind::Unclear)
}

fn scan_prefix(cursor: &mut Cursor<'_>, scan: &mut HeaderScan) -> Option<HeaderKind> {
    scan.code = i32::from(cursor.short()?);
    let [_language, _version_high, _version_low] = cursor.take()?;
    scan.opaque = cursor.int()?;
    scan.flag = cursor.int()?;
    Some(scan.kind())
}

fn scan_fields(cursor: &mut Cursor<'_>, scan: &mut HeaderScan) -> Option<HeaderKind> {
    let remark_length = usize::try_from(cursor.int()?).ok()?;
    cursor.span(remark_length)?;
    let fields_length = usize::try_from(cursor.int()?).ok()?;
    if fields_length != cursor.bytes.len() - cursor.at {
        return None;
    }
    while cursor.at < cursor.bytes.len() {
        let name_length = usize::try_from(cursor.short()?).ok()?;
        let name = cursor.span(name_length)?;
        let value_length = usize::try_from(cursor.int()?).ok()?;
        let value = cursor.span(value_length)?;
        // an empty value means absent in this codec
        if value_length > 0 && !scan.push(Field { name, value, escaped: false }) {
            return None;
        }
    }
    Some(scan.kind())
}

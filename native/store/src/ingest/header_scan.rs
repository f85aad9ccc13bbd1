//! What the hot path keeps of a request's header: positions, no copies.

/// Ext fields of one header the hot path looks at; a send has 13 to 15, a pull 12 to 19.
pub(crate) const FIELD_COUNT_MAX: usize = 24;

/// A stretch of the header.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Span {
    pub start: u32,
    pub end: u32,
}

impl Span {
    pub fn of(self, header: &[u8]) -> &[u8] {
        header.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// One ext field. A value with `escaped` still has its JSON escapes.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Field {
    pub name: Span,
    pub value: Span,
    pub escaped: bool,
}

/// The parts of a header; the memory is reused from frame to frame.
#[derive(Debug, Default)]
pub(crate) struct HeaderScan {
    pub code: i32,
    pub opaque: i32,
    pub flag: i32,
    fields: [Field; FIELD_COUNT_MAX],
    field_count: usize,
}

impl HeaderScan {
    pub fn clear(&mut self) {
        self.code = 0;
        self.opaque = 0;
        self.flag = 0;
        self.field_count = 0;
    }

    /// False when there are more fields than the hot path takes.
    pub fn push(&mut self, field: Field) -> bool {
        let Some(slot) = self.fields.get_mut(self.field_count) else { return false };
        *slot = field;
        self.field_count += 1;
        true
    }

    /// What the code and the flag say.
    pub fn kind(&self) -> HeaderKind {
        if self.flag & FLAG_RESPONSE == 0 { kind_of(self.code) } else { HeaderKind::Other }
    }

    pub fn fields(&self) -> &[Field] {
        self.fields.get(..self.field_count).unwrap_or_default()
    }
}

/// What a scan learned. Only a certain `Other` may be stepped over; after `Unclear` the rest of the chunk waits for the
/// general path, which may close the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HeaderKind {
    Send,
    Pull,
    Other,
    Unclear,
}

pub(crate) const SEND_MESSAGE: i32 = 10;
pub(crate) const SEND_MESSAGE_V2: i32 = 310;
pub(crate) const SEND_BATCH_MESSAGE: i32 = 320;
pub(crate) const PULL_MESSAGE: i32 = 11;
pub(crate) const LITE_PULL_MESSAGE: i32 = 361;
const FLAG_RESPONSE: i32 = 1;

/// Of a request with this code.
pub(crate) fn kind_of(code: i32) -> HeaderKind {
    match code {
        SEND_MESSAGE | SEND_MESSAGE_V2 | SEND_BATCH_MESSAGE => HeaderKind::Send,
        PULL_MESSAGE | LITE_PULL_MESSAGE => HeaderKind::Pull,
        _ => HeaderKind::Other,
    }
}

/// An integer as JSON has it: no sign but `-`, no leading zeros, no `-0`.
pub(crate) fn json_i32(text: &[u8]) -> Option<i32> {
    match text {
        [b'0' | b'-'] | [b'0', _, ..] | [b'-', b'0', ..] if text != b"0" => None,
        _ => decimal_i32(text),
    }
}

/// The value of an ext field that is an integer: Java's `parseInt`, without a plus sign and `-0`.
pub(crate) fn decimal(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || digits.len() > 18 {
        return None;
    }
    let mut value = 0i64;
    for &digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        value = value * 10 + i64::from(digit - b'0');
    }
    match (negative, value) {
        (true, 0) => None,
        (true, value) => Some(-value),
        (false, value) => Some(value),
    }
}

pub(crate) fn decimal_i32(text: &[u8]) -> Option<i32> {
    i32::try_from(decimal(text)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_and_nothing_else() {
        for (text, value) in
            [("0", 0), ("0007", 7), ("-12", -12), ("999999999999999999", 999_999_999_999_999_999)]
        {
            assert_eq!(decimal(text.as_bytes()), Some(value));
        }
        for text in ["", "-", "-0", "+1", " 1", "1 ", "1.0", "1e3", "1234567890123456789", "٣"] {
            assert_eq!(decimal(text.as_bytes()), None, "{text:?}");
        }
        assert_eq!(decimal_i32(b"2147483648"), None);
        assert_eq!(decimal_i32(b"-2147483648"), Some(i32::MIN));
    }

    #[test]
    fn numbers_that_json_forbids_are_refused() {
        for (text, value) in
            [("0", Some(0)), ("310", Some(310)), ("-5", Some(-5)), ("00", None), ("01", None), ("-0", None)]
        {
            assert_eq!(json_i32(text.as_bytes()), value, "{text:?}");
        }
    }
}

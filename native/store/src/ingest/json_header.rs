//! The JSON header (serialize type 0), read in one pass without building anything. What is not plainly the form that
//! clients write is unclear and left to the general path: a duplicate or unknown key, a number written as a
//! string, a string written as a number.

use super::byte_search::{find_backslash, find_string_end};
use super::header_scan::{Field, HeaderKind, HeaderScan, Span, json_i32, kind_of};

/// Scans a header up to its end, or up to the code when that is neither a send's nor a pull's.
pub(crate) fn scan_json_header(header: &[u8], scan: &mut HeaderScan) -> HeaderKind {
    scan.clear();
    JsonScanner { bytes: header, at: 0 }.header(scan).unwrap_or(HeaderKind::Unclear)
}

struct JsonScanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// Bits of the keys met so far.
const CODE: u8 = 1;
const OPAQUE: u8 = 2;
const FLAG: u8 = 4;
const LANGUAGE: u8 = 8;
const VERSION: u8 = 16;
const REMARK: u8 = 32;
const EXT_FIELDS: u8 = 64;
const SERIALIZE_TYPE: u8 = 128;

impl JsonScanner<'_> {
    fn header(&mut self, scan: &mut HeaderScan) -> Option<HeaderKind> {
        let mut met = 0u8;
        self.expect(b'{')?;
        loop {
            let (key, escaped) = self.string()?;
            if escaped {
                return None;
            }
            self.expect(b':')?;
            let bit = self.member(key, scan)?;
            if met & bit != 0 {
                return None;
            }
            met |= bit;
            if bit == CODE && kind_of(scan.code) == HeaderKind::Other {
                return Some(HeaderKind::Other);
            }
            match self.next_token()? {
                b',' => {}
                b'}' => break,
                _ => return None,
            }
        }
        self.skip_space();
        if self.at != self.bytes.len() || met & (CODE | OPAQUE | FLAG) != CODE | OPAQUE | FLAG {
            return None;
        }
        Some(scan.kind())
    }

    fn member(&mut self, key: Span, scan: &mut HeaderScan) -> Option<u8> {
        match key.of(self.bytes) {
            b"code" => {
                scan.code = self.int()?;
                Some(CODE)
            }
            b"opaque" => {
                scan.opaque = self.int()?;
                Some(OPAQUE)
            }
            b"flag" => {
                scan.flag = self.int()?;
                Some(FLAG)
            }
            b"version" => self.int().map(|_| VERSION),
            b"language" => self.plain_string().map(|()| LANGUAGE),
            b"serializeTypeCurrentRPC" => self.plain_string().map(|()| SERIALIZE_TYPE),
            b"remark" => self.null_or(Self::plain_string).map(|()| REMARK),
            b"extFields" => self.null_or(|scanner| scanner.fields(scan)).map(|()| EXT_FIELDS),
            _ => None,
        }
    }

    fn fields(&mut self, scan: &mut HeaderScan) -> Option<()> {
        self.expect(b'{')?;
        self.skip_space();
        if self.bytes.get(self.at) == Some(&b'}') {
            self.at += 1;
            return Some(());
        }
        loop {
            let name = self.letter_before_text().map_or_else(|| self.name_before_text(), Some)?;
            let (value, escaped) = self.rest_of_string()?;
            if !scan.push(Field { name, value, escaped }) {
                return None;
            }
            match self.next_token()? {
                b',' => {}
                b'}' => return Some(()),
                _ => return None,
            }
        }
    }

    /// `"a":"`, the usual case, at one glance.
    #[inline]
    fn letter_before_text(&mut self) -> Option<Span> {
        let [b'"', letter, b'"', b':', b'"'] = self.bytes.get(self.at..)?.first_chunk()? else { return None };
        if !letter.is_ascii_alphabetic() {
            return None;
        }
        let start = u32::try_from(self.at + 1).ok()?;
        self.at += 5;
        Some(Span { start, end: start + 1 })
    }

    /// A name without escapes, the colon and the quote that opens its value.
    fn name_before_text(&mut self) -> Option<Span> {
        let (name, escaped) = self.string()?;
        self.expect(b':')?;
        self.expect(b'"')?;
        (!escaped).then_some(name)
    }

    fn null_or(&mut self, value: impl FnOnce(&mut Self) -> Option<()>) -> Option<()> {
        self.skip_space();
        if self.bytes.get(self.at..)?.starts_with(b"null") {
            self.at += 4;
            return Some(());
        }
        value(self)
    }

    fn plain_string(&mut self) -> Option<()> {
        self.string().and_then(|(_, escaped)| (!escaped).then_some(()))
    }

    /// The stretch between the quotes, and whether it has escapes.
    fn string(&mut self) -> Option<(Span, bool)> {
        self.expect(b'"')?;
        self.rest_of_string()
    }

    /// As [`Self::string`], behind the opening quote.
    #[inline]
    fn rest_of_string(&mut self) -> Option<(Span, bool)> {
        let start = self.at;
        let mut escaped = false;
        loop {
            let rest = self.bytes.get(self.at..)?;
            let plain = find_string_end(rest)?;
            self.at += plain + 1;
            match rest.get(plain)? {
                b'"' => break,
                b'\\' => {
                    escaped = true;
                    self.at += 1;
                }
                _ => return None,
            }
        }
        let span = Span { start: u32::try_from(start).ok()?, end: u32::try_from(self.at - 1).ok()? };
        Some((span, escaped))
    }

    fn int(&mut self) -> Option<i32> {
        self.skip_space();
        let rest = self.bytes.get(self.at..)?;
        let length = rest.iter().position(|byte| !matches!(byte, b'-' | b'0'..=b'9'))?;
        let value = json_i32(rest.get(..length)?)?;
        self.at += length;
        // `1.5` and `1e3` end here and are refused as the token that follows
        Some(value)
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.next_token()? == byte).then_some(())
    }

    fn next_token(&mut self) -> Option<u8> {
        self.skip_space();
        let byte = self.bytes.get(self.at).copied()?;
        self.at += 1;
        Some(byte)
    }

    fn skip_space(&mut self) {
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }
}

/// Appends the value of a JSON string without its escapes; false when an escape is wrong or names half of a surrogate pair.
pub(crate) fn unescape_into(escaped: &[u8], into: &mut Vec<u8>) -> bool {
    let mut rest = escaped;
    loop {
        let Some(at) = find_backslash(rest) else {
            into.extend_from_slice(rest);
            return true;
        };
        let (plain, escape) = rest.split_at(at);
        into.extend_from_slice(plain);
        let Some(after) = unescape_one(escape, into) else { return false };
        rest = after;
    }
}

/// `escape` begins with a backslash; answers what follows the escape.
fn unescape_one<'a>(escape: &'a [u8], into: &mut Vec<u8>) -> Option<&'a [u8]> {
    let (&[_, kind], rest) = escape.split_first_chunk()?;
    let byte = match kind {
        b'u' => return unescape_unicode(rest, into),
        b'"' | b'\\' | b'/' => kind,
        b'b' => 8,
        b't' => b'\t',
        b'n' => b'\n',
        b'f' => 12,
        b'r' => b'\r',
        _ => return None,
    };
    into.push(byte);
    Some(rest)
}

fn unescape_unicode<'a>(digits: &'a [u8], into: &mut Vec<u8>) -> Option<&'a [u8]> {
    // \u0001 and \u0002, which every properties string has
    if let Some((&[b'0', b'0', b'0', digit @ b'0'..=b'9'], rest)) = digits.split_first_chunk() {
        into.push(digit - b'0');
        return Some(rest);
    }
    let (first, rest) = hex_unit(digits)?;
    if first < 0x80 {
        into.push(u8::try_from(first).ok()?);
        return Some(rest);
    }
    let (scalar, rest) = if (0xd800..0xdc00).contains(&first) {
        let (second, rest) = hex_unit(rest.strip_prefix(b"\\u")?)?;
        if !(0xdc00..0xe000).contains(&second) {
            return None;
        }
        (0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00), rest)
    } else {
        (first, rest)
    };
    let mut utf8 = [0; 4];
    into.extend_from_slice(char::from_u32(scalar)?.encode_utf8(&mut utf8).as_bytes());
    Some(rest)
}

fn hex_unit(digits: &[u8]) -> Option<(u32, &[u8])> {
    let (four, rest) = digits.split_first_chunk::<4>()?;
    let mut unit = 0;
    for &digit in four {
        unit = unit << 4 | char::from(digit).to_digit(16)?;
    }
    Some((unit, rest))
}

//! Finding the byte that ends a piece of text, eight at a time: pieces are short, so a call into a vector search costs
//! more than it finds.

const LOW_BITS: u64 = 0x7f7f_7f7f_7f7f_7f7f;
const EACH: u64 = 0x0101_0101_0101_0101;

/// The high bit of each byte that is zero, and no other bit: exact, so that the first set bit is the first zero byte.
const fn zero_bytes(word: u64) -> u64 {
    !(((word & LOW_BITS) + LOW_BITS) | word | LOW_BITS)
}

const fn equal_bytes(word: u64, byte: u8) -> u64 {
    zero_bytes(word ^ (EACH * byte as u64))
}

#[inline]
fn find(text: &[u8], marks: impl Fn(u64) -> u64, is_wanted: impl Fn(u8) -> bool) -> Option<usize> {
    let mut at = 0;
    while let Some(word) = text.get(at..).and_then(|rest| rest.first_chunk()) {
        let marked = marks(u64::from_be_bytes(*word));
        if marked != 0 {
            return Some(at + marked.leading_zeros() as usize / 8);
        }
        at += 8;
    }
    let rest = text.get(at..)?;
    rest.iter().position(|&byte| is_wanted(byte)).map(|found| at + found)
}

/// The first quote, backslash or control character: what ends or interrupts a JSON string.
#[inline]
pub(super) fn find_string_end(text: &[u8]) -> Option<usize> {
    find(
        text,
        |word| equal_bytes(word, b'"') | equal_bytes(word, b'\\') | zero_bytes(word & (EACH * 0xe0)),
        |byte| byte == b'"' || byte == b'\\' || byte < 0x20,
    )
}

/// The first 0x01 or 0x02: what separates properties.
#[inline]
pub(super) fn find_separator(text: &[u8]) -> Option<usize> {
    find(text, |word| equal_bytes(word, 1) | equal_bytes(word, 2), |byte| byte == 1 || byte == 2)
}

/// The first backslash.
#[inline]
pub(super) fn find_backslash(text: &[u8]) -> Option<usize> {
    find(text, |word| equal_bytes(word, b'\\'), |byte| byte == b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    type Search = (fn(&[u8]) -> Option<usize>, fn(u8) -> bool);

    const SEARCHES: [Search; 3] = [
        (find_string_end, |byte| byte == b'"' || byte == b'\\' || byte < 0x20),
        (find_separator, |byte| byte == 1 || byte == 2),
        (find_backslash, |byte| byte == b'\\'),
    ];

    #[test]
    fn every_byte_is_told_right_at_every_place() {
        for (search, is_wanted) in SEARCHES {
            for byte in 0..=u8::MAX {
                for length in 1..=20 {
                    for at in 0..length {
                        let mut text = vec![b'x'; length];
                        text[at] = byte;
                        let expected = is_wanted(byte).then_some(at);
                        assert_eq!(search(&text), expected, "byte {byte:#04x} at {at} of {length}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_first_of_several_is_found_whatever_surrounds_it() {
        for (search, is_wanted) in SEARCHES {
            for first in 0..=u8::MAX {
                for second in 0..=u8::MAX {
                    let text = [0xff, first, second, 0x80, 0x21, 0x5b, 0x23, 0x7f, first];
                    let expected = text.iter().position(|&byte| is_wanted(byte));
                    assert_eq!(search(&text), expected, "{text:?}");
                }
            }
        }
    }
}

//! Java's `String.hashCode`, which `RocketMQ` writes into consume queues and index files.

/// Continues `h = 31 * h + c` over the UTF-16 code units of UTF-8 text. Bytes that are not UTF-8 count as U+FFFD, as Java's
/// decoder has it.
pub fn java_hash_continue(hash: i32, text: &[u8]) -> i32 {
    if text.is_ascii() {
        return hash_ascii(hash, text);
    }
    String::from_utf8_lossy(text)
        .encode_utf16()
        .fold(hash, |hash, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)))
}

/// Java's `String.hashCode` of UTF-8 text.
pub fn java_hash(text: &[u8]) -> i32 {
    java_hash_continue(0, text)
}

/// Eight characters at a time: the multiplications of one step do not wait for each other.
fn hash_ascii(mut hash: i32, text: &[u8]) -> i32 {
    const POWERS: [i32; 9] = {
        let mut powers = [1_i32; 9];
        let mut at = 1;
        #[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
        while at < 9 {
            powers[at] = powers[at - 1].wrapping_mul(31);
            at += 1;
        }
        powers
    };
    let (chunks, rest) = text.as_chunks::<8>();
    let [p0, p1, p2, p3, p4, p5, p6, p7, p8] = POWERS;
    for [a, b, c, d, e, f, g, h] in chunks {
        let left = i32::from(*a).wrapping_mul(p7).wrapping_add(i32::from(*b).wrapping_mul(p6));
        let left =
            left.wrapping_add(i32::from(*c).wrapping_mul(p5)).wrapping_add(i32::from(*d).wrapping_mul(p4));
        let right = i32::from(*e).wrapping_mul(p3).wrapping_add(i32::from(*f).wrapping_mul(p2));
        let right =
            right.wrapping_add(i32::from(*g).wrapping_mul(p1)).wrapping_add(i32::from(*h).wrapping_mul(p0));
        hash = hash.wrapping_mul(p8).wrapping_add(left).wrapping_add(right);
    }
    rest.iter().fold(hash, |hash, byte| hash.wrapping_mul(31).wrapping_add(i32::from(*byte)))
}

/// `RocketMQ`'s index hash (`IndexFile#indexKeyHashMethod`): of `topic#key`, without sign, the one value without a positive
/// counterpart becoming 0.
pub fn index_key_hash(topic: &[u8], key: &[u8]) -> u32 {
    let hash = java_hash_continue(java_hash_continue(java_hash(topic), b"#"), key);
    hash.checked_abs().unwrap_or(0).unsigned_abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_java() {
        // Known from Java: "".hashCode() = 0, "TagA".hashCode() = 2598919, "hello".hashCode() = 99162322.
        assert_eq!(java_hash(b""), 0);
        assert_eq!(java_hash(b"TagA"), 2_598_919);
        assert_eq!(java_hash(b"hello"), 99_162_322);
        assert_eq!(java_hash("中文".as_bytes()), 646_394);
        // Surrogate pairs count as two units: U+1F600 is D83D DE00.
        assert_eq!(java_hash("😀".as_bytes()), 0xD83D_i32.wrapping_mul(31).wrapping_add(0xDE00));
        let long = b"The quick brown fox jumps over the lazy dog";
        let slow = long.iter().fold(0_i32, |hash, byte| hash.wrapping_mul(31).wrapping_add(i32::from(*byte)));
        assert_eq!(java_hash(long), slow);
    }

    #[test]
    fn the_smallest_number_hashes_to_zero() {
        // "polygenelubricants".hashCode() is Integer.MIN_VALUE.
        assert_eq!(java_hash(b"polygenelubricants"), i32::MIN);
        assert_eq!(index_key_hash(b"a", b"b"), java_hash(b"a#b").unsigned_abs());
    }
}

//! The body of `SEND_BATCH_MESSAGE` (`MessageDecoder#encodeMessages`), repeated:
//! `totalSize i32 | magic i32 | bodyCRC i32 | flag i32 | bodyLength i32 | body | propertiesLength i16 | properties`.
//! Magic and checksum are 0, as clients leave them to the broker.

/// Appends one element.
pub fn append_element(out: &mut Vec<u8>, body: &[u8], properties: &[u8]) {
    let word = |length: usize| u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes();
    out.extend_from_slice(&word(22 + body.len() + properties.len()));
    out.extend_from_slice(&[0; 12]);
    out.extend_from_slice(&word(body.len()));
    out.extend_from_slice(body);
    out.extend_from_slice(&u16::try_from(properties.len()).unwrap_or(u16::MAX).to_be_bytes());
    out.extend_from_slice(properties);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_stand_one_behind_the_other() {
        let mut bytes = vec![];
        append_element(&mut bytes, b"body", b"A\x01b\x02");
        append_element(&mut bytes, b"", b"");
        let first = [
            &[0, 0, 0, 30, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4][..],
            b"body",
            &[0, 4],
            b"A\x01b\x02",
        ]
        .concat();
        let mut second = vec![0; 22];
        second[3] = 22;
        assert_eq!(bytes, [first, second].concat());
    }
}

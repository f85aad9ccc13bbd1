//! The properties string: `name 0x01 value 0x02 …`.

use crate::append_request::ParsedProperties;

pub const NAME_VALUE_SEPARATOR: u8 = 1;
pub const PROPERTY_SEPARATOR: u8 = 2;

/// Finds what the store needs, by `RocketMQ`'s rules (`MessageDecoder#string2messageProperties`): an entry shorter than three
/// bytes or without a value does not exist, a later entry of the same name wins.
pub fn parse_properties(properties: &[u8]) -> ParsedProperties<'_> {
    let mut parsed = ParsedProperties::default();
    for (name, value) in entries(properties) {
        match name {
            b"TAGS" => parsed.tags = Some(value),
            b"KEYS" => parsed.keys = Some(value),
            b"UNIQ_KEY" => parsed.unique_key = Some(value),
            _ => {}
        }
    }
    parsed
}

/// The last value of one property.
pub fn property<'a>(properties: &'a [u8], wanted: &[u8]) -> Option<&'a [u8]> {
    entries(properties).filter(|(name, _)| *name == wanted).last().map(|(_, value)| value)
}

fn entries(properties: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    properties.split(|byte| *byte == PROPERTY_SEPARATOR).filter_map(|entry| {
        if entry.len() < 3 {
            return None;
        }
        let at = entry.iter().position(|byte| *byte == NAME_VALUE_SEPARATOR)?;
        let (name, value) = entry.split_at_checked(at)?;
        let value = value.get(1..)?;
        (!value.is_empty()).then_some((name, value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_is_indexed() {
        let parsed =
            parse_properties(b"KEYS\x01k1 k2\x02UNIQ_KEY\x01ABC\x02WAIT\x01true\x02TAGS\x01TagA\x02");
        assert_eq!(parsed.keys, Some(&b"k1 k2"[..]));
        assert_eq!(parsed.unique_key, Some(&b"ABC"[..]));
        assert_eq!(parsed.tags, Some(&b"TagA"[..]));
    }

    #[test]
    fn keeps_rocketmqs_rules() {
        assert_eq!(parse_properties(b"TAGS\x01\x02").tags, None, "an empty value does not exist");
        assert_eq!(parse_properties(b"TAGS\x01a\x02TAGS\x01b").tags, Some(&b"b"[..]), "the later one wins");
        assert_eq!(
            parse_properties(b"TAGS\x01a\x01b\x02").tags,
            Some(&b"a\x01b"[..]),
            "the first 0x01 separates"
        );
        assert_eq!(parse_properties(b"TAGS").tags, None);
        assert_eq!(property(b"DELAY\x013\x02", b"DELAY"), Some(&b"3"[..]));
    }
}

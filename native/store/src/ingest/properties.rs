//! The properties string of a message: `name 0x01 value 0x02` repeated.

use super::byte_search::find_separator;
use crate::append_request::ParsedProperties;

/// What the hot path must know of a message's properties. Positions are in the properties string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PropertiesScan<'a> {
    pub parsed: ParsedProperties<'a>,
}

/// Looks through a properties string. `None` when the general path must decide: an entry is not plainly a name and a
/// value, the text is not UTF-8, or a property asks for more than to be stored.
pub(crate) fn scan_properties(properties: &[u8]) -> Option<PropertiesScan<'_>> {
    std::str::from_utf8(properties).ok()?;
    let mut parsed = ParsedProperties::default();
    let mut rest = properties;
    while !rest.is_empty() {
        let name_end = find_separator(rest)?;
        let (name, tail) = rest.split_at(name_end);
        let (&separator, tail) = tail.split_first()?;
        // the last entry of some clients has no terminator
        let value_end = find_separator(tail).unwrap_or(tail.len());
        let (value, tail) = tail.split_at(value_end);
        if separator != 1 || name.is_empty() || value.is_empty() {
            return None;
        }
        rest = match tail.split_first() {
            None => tail,
            Some((2, after)) => after,
            Some(_) => return None,
        };
        let slot = match effect_of(name) {
            Effect::None => continue,
            Effect::Wait if value == b"true" => continue,
            Effect::UniqueKey => &mut parsed.unique_key,
            Effect::Tags => &mut parsed.tags,
            Effect::Keys => &mut parsed.keys,
            Effect::Wait | Effect::NotPlain => return None,
        };
        if slot.replace(value).is_some() {
            return None;
        }
    }
    Some(PropertiesScan { parsed })
}

enum Effect {
    None,
    UniqueKey,
    Tags,
    Keys,
    Wait,
    NotPlain,
}

/// `MessageConst`'s names that change where or how a message is stored, or that the broker itself sets.
fn effect_of(name: &[u8]) -> Effect {
    match name {
        b"UNIQ_KEY" => Effect::UniqueKey,
        b"TAGS" => Effect::Tags,
        b"KEYS" => Effect::Keys,
        b"WAIT" => Effect::Wait,
        b"DELAY" | b"TRAN_MSG" | b"POP_CK" | b"MSG_REGION" | b"TRACE_ON" | b"CLUSTER" | b"RETRY_TOPIC"
        | b"__CRC32#" | b"1ST_POP_TIME" => Effect::NotPlain,
        _ if name.starts_with(b"TIMER_")
            || name.starts_with(b"INNER_")
            || name.starts_with(b"REAL_")
            || name.starts_with(b"POP_CK")
            || name.starts_with(b"__RMQ.TRANSIENT.") =>
        {
            Effect::NotPlain
        }
        _ => Effect::None,
    }
}

/// Whether a unique key stands in a JSON string as it is.
pub(crate) fn is_plain_ascii(text: &[u8]) -> bool {
    text.iter().all(|&byte| (0x20..0x7f).contains(&byte) && byte != b'"' && byte != b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_java_producers_properties_are_plain() {
        let scan =
            scan_properties(b"KEYS\x01order-1\x02UNIQ_KEY\x017F00\x02WAIT\x01true\x02TAGS\x01TagA\x02");
        let parsed =
            ParsedProperties { tags: Some(b"TagA"), keys: Some(b"order-1"), unique_key: Some(b"7F00") };
        assert_eq!(scan, Some(PropertiesScan { parsed }));
        let none = ParsedProperties::default();
        assert_eq!(scan_properties(b""), Some(PropertiesScan { parsed: none }));
        let only_key = ParsedProperties { unique_key: Some(b"A"), ..none };
        assert_eq!(scan_properties(b"UNIQ_KEY\x01A"), Some(PropertiesScan { parsed: only_key }));
    }

    #[test]
    fn what_is_not_plainly_name_and_value_is_not_taken() {
        for properties in [
            &b"A"[..],
            b"A\x02",
            b"A\x01",
            b"A\x01\x02",
            b"\x01B\x02",
            b"A\x01B\x01C\x02",
            b"\x02",
            b"A\x01B\x02\x02",
            b"A\x01\xff\x02",
            b"UNIQ_KEY\x01A\x02UNIQ_KEY\x01B\x02",
        ] {
            assert_eq!(scan_properties(properties), None, "{properties:?}");
        }
    }

    #[test]
    fn what_asks_for_more_than_storing_is_not_taken() {
        for name in [
            "DELAY",
            "TIMER_DELAY_MS",
            "TRAN_MSG",
            "POP_CK",
            "MSG_REGION",
            "TRACE_ON",
            "CLUSTER",
            "INNER_NUM",
            "REAL_TOPIC",
            "RETRY_TOPIC",
            "__CRC32#",
            "__RMQ.TRANSIENT.x",
        ] {
            assert_eq!(
                scan_properties(format!("UNIQ_KEY\x01A\x02{name}\x01true\x02").as_bytes()),
                None,
                "{name}"
            );
        }
        assert_eq!(scan_properties(b"WAIT\x01false\x02"), None);
    }
}

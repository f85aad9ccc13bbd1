//! The tag code of messages waiting in `SCHEDULE_TOPIC_XXXX` is the time of their delivery.

use crate::record::property;

const SCHEDULE_TOPIC: &[u8] = b"SCHEDULE_TOPIC_XXXX";

/// Milliseconds of the levels 1 to 18 (`messageDelayLevel`).
pub fn default_delay_level_millis() -> Vec<i64> {
    const SECOND: i64 = 1000;
    const MINUTE: i64 = 60 * SECOND;
    let seconds = [1, 5, 10, 30].map(|count| count * SECOND);
    let minutes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 30, 60, 120].map(|count| count * MINUTE);
    seconds.into_iter().chain(minutes).collect()
}

/// The delivery time of a scheduled message, when it is one.
pub fn deliver_timestamp(
    levels: &[i64],
    topic: &[u8],
    properties: &[u8],
    store_timestamp: i64,
) -> Option<i64> {
    if topic != SCHEDULE_TOPIC {
        return None;
    }
    let level: usize = str::from_utf8(property(properties, b"DELAY")?).ok()?.parse().ok()?;
    let millis = levels.get(level.min(levels.len()).checked_sub(1)?)?;
    Some(store_timestamp + millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels() {
        let levels = default_delay_level_millis();
        assert_eq!((levels.len(), levels[4], levels[17]), (18, 60_000, 7_200_000));
        let of = |topic: &[u8], properties: &[u8]| deliver_timestamp(&levels, topic, properties, 1_000);
        assert_eq!(of(SCHEDULE_TOPIC, b"DELAY\x013\x02"), Some(11_000));
        assert_eq!(
            of(SCHEDULE_TOPIC, b"DELAY\x0199\x02"),
            Some(7_201_000),
            "above the last level counts as the last"
        );
        assert_eq!(of(SCHEDULE_TOPIC, b"DELAY\x010\x02"), None);
        assert_eq!(of(b"T", b"DELAY\x013\x02"), None);
    }
}

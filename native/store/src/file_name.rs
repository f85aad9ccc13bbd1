//! Names of the files in a sequence: the offset of the first byte in 20 digits.

/// `00000000001073741824` for 1 GiB.
pub fn offset_file_name(offset: u64) -> String {
    format!("{offset:020}")
}

/// The offset in a name; None if it is no such name.
pub fn parse_offset_file_name(name: &str) -> Option<u64> {
    if name.len() != 20 || !name.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    name.parse().ok()
}

/// `yyyyMMddHHmmssSSS` in UTC, as a number; index files are named so.
pub fn calendar_number(millis: i64) -> i64 {
    let (days, in_day) = (millis.div_euclid(86_400_000), millis.rem_euclid(86_400_000));
    // Days since 1 March of year 0, so that the leap day ends the year.
    let shifted = days + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let date = (year * 100 + month) * 100 + day;
    let (hour, minute, second) = (in_day / 3_600_000, in_day / 60_000 % 60, in_day / 1_000 % 60);
    ((date * 100 + hour) * 100 + minute) * 100_000 + second * 1_000 + in_day % 1_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_twenty_digits() {
        assert_eq!(offset_file_name(1 << 30), "00000000001073741824");
        assert_eq!(parse_offset_file_name("00000000001073741824"), Some(1 << 30));
        assert_eq!(parse_offset_file_name("1073741824"), None);
        assert_eq!(parse_offset_file_name("0000000000107374182x"), None);
    }

    #[test]
    fn calendar() {
        assert_eq!(calendar_number(0), 19_700_101_000_000_000);
        assert_eq!(calendar_number(1_709_210_096_789), 20_240_229_123_456_789);
        assert_eq!(calendar_number(4_102_444_799_999), 20_991_231_235_959_999);
    }
}

//! 64-bit values as JavaScript numbers. 2^53 bytes are 9 PB: no offset of a store comes near.

/// Writes values from the start of a head; what has no room is left out.
pub fn fill(head: &mut [f64], values: &[f64]) {
    for (place, value) in head.iter_mut().zip(values) {
        *place = *value;
    }
}

#[expect(clippy::cast_precision_loss, reason = "offsets stay below 2^53")]
pub fn number(value: u64) -> f64 {
    value as f64
}

#[expect(clippy::cast_precision_loss, reason = "timestamps stay below 2^53")]
pub fn signed_number(value: i64) -> f64 {
    value as f64
}

pub fn count(value: usize) -> f64 {
    number(value as u64)
}

/// Truncates; what is not a number becomes 0 and what is too large the limit, as Rust converts floats.
#[expect(clippy::cast_possible_truncation, reason = "saturating is wanted")]
pub fn integer(value: f64) -> i64 {
    value as i64
}

/// As [`integer`], and nothing below 0.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturating is wanted")]
pub fn unsigned(value: f64) -> u64 {
    value as u64
}

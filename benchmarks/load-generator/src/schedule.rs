//! When messages are due in the open loop.

use std::time::{Duration, Instant};

pub struct Schedule {
    begin: Instant,
    interval_nanos: f64,
    begun: u64,
}

impl Schedule {
    pub fn new(begin: Instant, rate: f64) -> Self {
        Self { begin, interval_nanos: 1e9 / rate, begun: 0 }
    }

    /// When the next request should begin, if that is not after `now`.
    pub fn due(&self, now: Instant) -> Option<Instant> {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "days in nanoseconds are below 2^53, and not negative"
        )]
        let due = self.begin + Duration::from_nanos((self.begun as f64 * self.interval_nanos) as u64);
        (due <= now).then_some(due)
    }

    pub fn advance(&mut self) {
        self.begun += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_due_at_equal_distances_whatever_became_of_those_before() {
        let begin = Instant::now();
        let mut schedule = Schedule::new(begin, 3.0);
        let at = |nanos| begin + Duration::from_nanos(nanos);
        assert_eq!(schedule.due(begin), Some(begin));
        schedule.advance();
        assert_eq!(schedule.due(at(333_333_332)), None);
        assert_eq!(schedule.due(at(900_000_000)), Some(at(333_333_333)));
        (0..299).for_each(|_| schedule.advance());
        assert_eq!(schedule.due(at(200_000_000_000)), Some(at(100_000_000_000)));
    }
}

//! What was seen during the measured time.

use std::time::{Duration, Instant};

use cpu_time::ProcessTime;
use hdrhistogram::Histogram;

use crate::options::Span;

const SIGNIFICANT_DIGITS: u8 = 3;
/// Longer ones are counted as this.
const LATENCY_MAX: Duration = Duration::from_secs(60);

/// Where the run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    WarmingUp,
    Measuring,
    Over,
}

pub struct Measurement {
    phase: Phase,
    measured_from: Instant,
    measured_until: Instant,
    /// In nanoseconds.
    latencies: Histogram<u64>,
    pub messages: u64,
    pub bytes: u64,
    pub refused: u64,
    /// The first refusal, warm-up included, in the broker's words.
    pub refusal: Option<String>,
    cpu_from: ProcessTime,
    elapsed: Duration,
    cpu: Duration,
    /// Spent looking for answers when there were none.
    idle: Duration,
    idle_since: Option<Instant>,
}

impl Measurement {
    /// Of a run that begins at this moment.
    pub fn new(span: &Span, begin: Instant) -> Self {
        let measured_from = begin + Duration::from_secs_f64(span.warm_up_seconds);
        let latency_max = u64::try_from(LATENCY_MAX.as_nanos()).unwrap_or(u64::MAX);
        Self {
            phase: Phase::WarmingUp,
            measured_from,
            measured_until: measured_from + Duration::from_secs_f64(span.seconds),
            latencies: Histogram::new_with_max(latency_max, SIGNIFICANT_DIGITS)
                .unwrap_or_else(|_| unreachable!("the library takes up to five digits")),
            messages: 0,
            bytes: 0,
            refused: 0,
            refusal: None,
            cpu_from: ProcessTime::now(),
            elapsed: Duration::ZERO,
            cpu: Duration::ZERO,
            idle: Duration::ZERO,
            idle_since: None,
        }
    }

    /// Looks at the clock between two rounds of events; false when the measured time is over.
    pub fn goes_on(&mut self, now: Instant, nothing_came: bool) -> bool {
        match (nothing_came, self.idle_since) {
            (true, None) => self.idle_since = Some(now),
            (false, Some(since)) => {
                self.idle += now.saturating_duration_since(since);
                self.idle_since = None;
            }
            _ => {}
        }
        match self.phase {
            Phase::WarmingUp if now >= self.measured_from => {
                self.phase = Phase::Measuring;
                self.measured_from = now;
                self.cpu_from = ProcessTime::now();
                self.idle = Duration::ZERO;
                self.idle_since = nothing_came.then_some(now);
            }
            Phase::Measuring if now >= self.measured_until => self.finish(now),
            _ => {}
        }
        self.phase != Phase::Over
    }

    /// Ends the measured time.
    pub fn finish(&mut self, now: Instant) {
        if self.phase == Phase::Measuring {
            self.idle += self.idle_since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since));
            self.elapsed = now.saturating_duration_since(self.measured_from);
            self.cpu = self.cpu_from.elapsed();
        }
        self.phase = Phase::Over;
    }

    /// Whether something that was due at this moment belongs to the measured time, even if it is seen only later.
    pub fn covers(&self, due: Instant) -> bool {
        self.phase != Phase::WarmingUp && due >= self.measured_from && due < self.measured_until
    }

    /// Counts something by when it was due.
    pub fn due_at(&mut self, due: Instant, latency: Duration, bytes: u64) {
        if self.covers(due) {
            self.messages += 1;
            self.bytes += bytes;
            self.record(latency);
        }
    }

    pub fn latency(&mut self, latency: Duration) {
        if self.phase == Phase::Measuring {
            self.record(latency);
        }
    }

    fn record(&mut self, latency: Duration) {
        self.latencies.saturating_record(u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX).max(1));
    }

    pub fn count(&mut self, messages: u64, bytes: u64) {
        if self.phase == Phase::Measuring {
            self.messages += messages;
            self.bytes += bytes;
        }
    }

    pub fn refused(&mut self, messages: u64, words: impl FnOnce() -> String) {
        self.refusal.get_or_insert_with(words);
        if self.phase == Phase::Measuring {
            self.refused += messages;
        }
    }

    pub fn seconds(&self) -> f64 {
        self.elapsed.as_secs_f64()
    }

    /// The generator's own part of one core, without the time spent looking in vain. There are two ways to count, by
    /// processor time and by elapsed time; when others take the processor both can only be too high, so the lower counts.
    pub fn cpu_share(&self) -> f64 {
        let busy = self.cpu.min(self.elapsed.saturating_sub(self.idle));
        busy.as_secs_f64() / self.seconds()
    }

    pub fn latency_micros(&self, quantile: f64) -> f64 {
        micros(self.latencies.value_at_quantile(quantile))
    }

    pub fn latency_micros_max(&self) -> f64 {
        micros(self.latencies.max())
    }
}

/// Tenths are kept: a pull on this machine takes a few dozen microseconds.
#[expect(clippy::cast_precision_loss, reason = "a minute in nanoseconds is below 2^53")]
fn micros(nanos: u64) -> f64 {
    (nanos as f64 / 100.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPAN: Span = Span { warm_up_seconds: 1.0, seconds: 2.0, json: true };

    fn at(begin: Instant, millis: u64) -> Instant {
        begin + Duration::from_millis(millis)
    }

    #[test]
    fn only_what_is_seen_in_the_measured_time_counts() {
        let begin = Instant::now();
        let mut measurement = Measurement::new(&SPAN, begin);
        let mut see = |millis: u64| {
            let goes_on = measurement.goes_on(at(begin, millis), false);
            measurement.count(1, 100);
            measurement.latency(Duration::from_millis(millis));
            goes_on
        };
        assert!(see(999) && see(1000) && see(2999) && !see(3000));
        assert_eq!((measurement.messages, measurement.bytes), (2, 200));
        assert!((0.999e6..1.001e6).contains(&measurement.latency_micros(0.0)), "the least is a second");
        assert!((2.99e6..3.01e6).contains(&measurement.latency_micros_max()), "the most is three seconds");
        assert!((measurement.seconds() - 2.0).abs() < 1e-9);
    }

    #[test]
    fn what_was_due_in_the_measured_time_counts_also_when_it_comes_later() {
        let begin = Instant::now();
        let mut measurement = Measurement::new(&SPAN, begin);
        assert!(measurement.goes_on(at(begin, 1000), false));
        assert!(!measurement.goes_on(at(begin, 3000), false));
        for due in [999, 1000, 2999, 3000] {
            measurement.due_at(at(begin, due), Duration::from_secs(5), 100);
        }
        assert_eq!((measurement.messages, measurement.bytes), (2, 200));
    }

    #[test]
    fn the_first_refusal_is_kept_in_its_words() {
        let begin = Instant::now();
        let mut measurement = Measurement::new(&SPAN, begin);
        measurement.refused(1, || "while warming up".to_owned());
        measurement.goes_on(at(begin, 1000), false);
        measurement.refused(16, || "later".to_owned());
        assert_eq!((measurement.refused, measurement.refusal.as_deref()), (16, Some("while warming up")));
    }
}

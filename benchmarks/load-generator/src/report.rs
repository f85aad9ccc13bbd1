use std::time::{Duration, Instant};

use cpu_time::ProcessTime;
use hdrhistogram::Histogram;
use serde_json::json;

use crate::options::Options;

/// What was seen during the measured time. Latencies in microseconds, at most a minute.
pub struct Measurement {
    latencies: Histogram<u64>,
    pub accepted: u32,
    pub refused: u32,
    began: Instant,
    cpu_began: ProcessTime,
    elapsed: Duration,
    cpu: Duration,
    /// Spent looking for answers when there were none.
    spun: Duration,
    spinning_since: Option<ProcessTime>,
}

const SIGNIFICANT_DIGITS: u8 = 3;
const LATENCY_MICROS_MAX: u64 = 60_000_000;

impl Measurement {
    pub fn new() -> Self {
        Self {
            latencies: Histogram::new_with_max(LATENCY_MICROS_MAX, SIGNIFICANT_DIGITS)
                .unwrap_or_else(|_| unreachable!("the library takes up to five digits")),
            accepted: 0,
            refused: 0,
            began: Instant::now(),
            cpu_began: ProcessTime::now(),
            elapsed: Duration::ZERO,
            cpu: Duration::ZERO,
            spun: Duration::ZERO,
            spinning_since: None,
        }
    }

    pub fn begin(&mut self, now: Instant) {
        self.began = now;
        self.cpu_began = ProcessTime::now();
        self.spun = Duration::ZERO;
        self.spinning_since = None;
    }

    /// Keeps account of the time spent only looking: processor time, so that it is right on a busy machine, too.
    pub fn polled(&mut self, nothing_came: bool) {
        match (nothing_came, self.spinning_since) {
            (true, None) => self.spinning_since = Some(ProcessTime::now()),
            (false, Some(since)) => {
                self.spun += since.elapsed();
                self.spinning_since = None;
            }
            _ => {}
        }
    }

    pub fn end(&mut self, now: Instant) {
        self.elapsed = now.saturating_duration_since(self.began);
        self.cpu = self.cpu_began.elapsed();
    }

    pub fn record(&mut self, latency: Duration, accepted: bool) {
        if accepted {
            self.accepted += 1;
            let micros = u64::try_from(latency.as_micros()).unwrap_or(LATENCY_MICROS_MAX);
            self.latencies.saturating_record(micros.max(1));
        } else {
            self.refused += 1;
        }
    }

    pub fn print(&self, options: &Options) {
        let seconds = self.elapsed.as_secs_f64();
        let rate = f64::from(self.accepted) / seconds;
        let quantile = |at: f64| self.latencies.value_at_quantile(at);
        let share = self.cpu.saturating_sub(self.spun).as_secs_f64() / seconds;
        let line = if options.json {
            json!({
                "connections": options.connections, "window": options.window, "bodyBytes": options.body_bytes,
                "rate": options.rate, "seconds": seconds, "accepted": self.accepted, "refused": self.refused,
                "sendsPerSecond": rate, "generatorCpuShare": share,
                "latencyMicros": { "p50": quantile(0.5), "p99": quantile(0.99), "p99_9": quantile(0.999),
                                   "p99_99": quantile(0.9999), "max": self.latencies.max() },
            })
            .to_string()
        } else {
            format!(
                "{rate:.0} sends/s over {seconds:.1} s, {} refused; latency µs p50 {} p99 {} p99.9 {} p99.99 {} max {}; \
                 the generator used {:.0} % of a core",
                self.refused,
                quantile(0.5),
                quantile(0.99),
                quantile(0.999),
                quantile(0.9999),
                self.latencies.max(),
                share * 100.0,
            )
        };
        write_line(&line);
    }
}

fn write_line(line: &str) {
    use std::io::Write;
    // Nobody listening is no reason to fail after the work is done.
    let _ = writeln!(std::io::stdout(), "{line}");
}

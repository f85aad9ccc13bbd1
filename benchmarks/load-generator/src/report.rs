//! A measurement as one line.

use std::io::{self, Write};

use serde_json::{Value, json};

use crate::measurement::Measurement;

/// Points of the latency curve for each factor of ten towards 1.
const POINTS_PER_DECADE: u32 = 20;
const DECADES: u32 = 4;

/// How the two figures are called.
#[derive(Debug, Clone, Copy)]
pub struct Names {
    pub messages: &'static str,
    pub bytes: &'static str,
}

/// Prints the settings and what was measured.
pub fn print(measurement: &Measurement, names: Names, settings: Value, json: bool) -> io::Result<()> {
    let line =
        if json { json_line(measurement, names, settings) } else { text_line(measurement, names.messages) };
    writeln!(io::stdout(), "{line}")
}

fn json_line(measurement: &Measurement, names: Names, mut line: Value) -> String {
    let quantile = |at| measurement.latency_micros(at);
    let results = json!({
        names.messages: per_second(measurement, measurement.messages),
        names.bytes: per_second(measurement, measurement.bytes),
        "messages": measurement.messages, "seconds": measurement.seconds(),
        "refused": measurement.refused, "firstRefusal": measurement.refusal,
        "generatorCpuShare": measurement.cpu_share(),
        "latencyMicros": { "p50": quantile(0.5), "p99": quantile(0.99), "p99_9": quantile(0.999),
                           "p99_99": quantile(0.9999), "max": measurement.latency_micros_max() },
        "percentiles": quantiles().map(|at| (at, quantile(at))).collect::<Vec<_>>(),
    });
    if let (Value::Object(line), Value::Object(results)) = (&mut line, results) {
        line.extend(results);
    }
    line.to_string()
}

fn text_line(measurement: &Measurement, rate: &str) -> String {
    format!(
        "{rate} {:.0} over {:.1} s, {} refused{}; latency µs p50 {} p99 {} p99.9 {} p99.99 {} max {}; \
         the generator used {:.0} % of a core",
        per_second(measurement, measurement.messages),
        measurement.seconds(),
        measurement.refused,
        measurement.refusal.as_ref().map_or_else(String::new, |words| format!(" ({words})")),
        measurement.latency_micros(0.5),
        measurement.latency_micros(0.99),
        measurement.latency_micros(0.999),
        measurement.latency_micros(0.9999),
        measurement.latency_micros_max(),
        measurement.cpu_share() * 100.0,
    )
}

#[expect(clippy::cast_precision_loss, reason = "counts of one run are far below 2^53")]
fn per_second(measurement: &Measurement, count: u64) -> f64 {
    count as f64 / measurement.seconds()
}

/// Equal steps on the usual logarithmic axis of 1 / (1 - quantile), from 0 to 0.9999.
fn quantiles() -> impl Iterator<Item = f64> {
    (0..=DECADES * POINTS_PER_DECADE)
        .map(|step| 1.0 - 10f64.powf(-f64::from(step) / f64::from(POINTS_PER_DECADE)))
        .map(|quantile| (quantile * 1e6).round() / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_reaches_from_the_least_to_four_nines() {
        let points: Vec<f64> = quantiles().collect();
        assert_eq!(points.first(), Some(&0.0));
        assert!((points.last().unwrap() - 0.9999).abs() < 1e-9);
        assert!(points.is_sorted() && points.iter().any(|at| (at - 0.99).abs() < 1e-9));
    }
}

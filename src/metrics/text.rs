//! Readings as text: the format of Prometheus (0.0.4), and OpenMetrics 1.0.

use std::fmt::Write;

use super::histogram::Buckets;
use super::reading::{Reading, Value};
use super::table::Kind;

/// A form of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Prometheus' own.
    Prometheus,
    /// The standard that followed from it.
    OpenMetrics,
}

impl Form {
    /// The form that a scraper asks for by its `Accept`.
    pub fn asked_for(accept: &str) -> Self {
        if accept.contains("application/openmetrics-text") {
            Self::OpenMetrics
        } else {
            Self::Prometheus
        }
    }

    /// Its `Content-Type`.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// Writes all readings.
pub fn write(readings: &[Reading], form: Form) -> String {
    let mut text = String::with_capacity(readings.len() * 512);
    for reading in readings {
        let metric = reading.metric;
        let family = match (form, metric.kind) {
            (Form::OpenMetrics, Kind::Counter) => metric.name.trim_end_matches("_total"),
            _ => metric.name,
        };
        // Writing to a string does not fail.
        _ = writeln!(text, "# HELP {family} {}", metric.help);
        _ = writeln!(text, "# TYPE {family} {}", metric.kind.word());
        for (label, value) in &reading.samples {
            sample(&mut text, reading, label, value);
        }
    }
    if form == Form::OpenMetrics {
        text.push_str("# EOF\n");
    }
    text
}

fn sample(text: &mut String, reading: &Reading, label: &str, value: &Value) {
    let metric = reading.metric;
    match value {
        Value::Number(number) if metric.label.is_empty() => {
            _ = writeln!(text, "{} {number}", metric.name);
        }
        Value::Number(number) => {
            let label = escaped(label);
            _ = writeln!(text, "{}{{{}=\"{label}\"}} {number}", metric.name, metric.label);
        }
        Value::Buckets(buckets) => histogram(text, metric.name, buckets),
    }
}

fn histogram(text: &mut String, name: &str, buckets: &Buckets) {
    let Buckets { bounds, count, sum } = buckets;
    for (bound, below) in bounds {
        // OpenMetrics wants a point in it.
        _ = writeln!(text, "{name}_bucket{{le=\"{bound:?}\"}} {below}");
    }
    _ = writeln!(text, "{name}_bucket{{le=\"+Inf\"}} {count}");
    _ = writeln!(text, "{name}_sum {sum}");
    _ = writeln!(text, "{name}_count {count}");
}

fn escaped(label: &str) -> String {
    label.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::histogram::{Histogram, Of};
    use crate::metrics::table;

    fn readings() -> Vec<Reading> {
        let histogram = Histogram::new(Of::Times);
        histogram.record(30);
        vec![
            Reading::number(&table::STREAMS, 3_u64),
            Reading::labelled(&table::REFUSALS, [("A\"\\\n", 2_u64)]),
            Reading::buckets(&table::SYNC_SECONDS, &histogram),
        ]
    }

    #[test]
    fn text_is_as_prometheus_reads_it() {
        let text = write(&readings(), Form::Prometheus);
        for line in [
            "# TYPE hintwire_streams gauge\nhintwire_streams 3\n",
            "# TYPE hintwire_refusals_total counter\n",
            "hintwire_refusals_total{reason=\"A\\\"\\\\\\n\"} 2\n",
            "hintwire_log_sync_seconds_bucket{le=\"2.5e-5\"} 0\n",
            "hintwire_log_sync_seconds_bucket{le=\"1.0\"} 1\n",
            "hintwire_log_sync_seconds_bucket{le=\"+Inf\"} 1\n",
            "hintwire_log_sync_seconds_sum 0.00003\nhintwire_log_sync_seconds_count 1\n",
        ] {
            assert!(text.contains(line), "no {line:?} in {text}");
        }
    }

    #[test]
    fn open_metrics_names_counters_without_their_end_and_says_where_it_ends() {
        let text = write(&readings(), Form::OpenMetrics);
        assert!(text.contains("# TYPE hintwire_refusals counter\nhintwire_refusals_total{"));
        assert!(text.ends_with("# EOF\n"));
        let accept = "application/openmetrics-text;version=1.0.0,text/plain;q=0.5";
        assert_eq!(Form::asked_for(accept), Form::OpenMetrics);
        assert_eq!(Form::asked_for("*/*"), Form::Prometheus);
    }
}

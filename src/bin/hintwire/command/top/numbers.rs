//! What follows from two observations, and how numbers are written.

use hintwire::config::human::format_size;
use hintwire::metrics::table::Metric;

use super::observe::Observation;

/// Two observations, one after the other.
#[derive(Clone, Copy)]
pub struct Between<'o> {
    pub before: &'o Observation,
    pub now: &'o Observation,
}

impl Between<'_> {
    /// Seconds between them.
    pub fn seconds(&self) -> f64 {
        self.now.at.saturating_duration_since(self.before.at).as_secs_f64()
    }

    /// How much a counter grew a second, all labels together.
    pub fn rate(&self, metric: &Metric) -> String {
        self.per_second(self.now.all(metric) - self.before.all(metric))
    }

    /// The same with one label.
    pub fn rate_of(&self, metric: &Metric, label: &str) -> String {
        self.per_second(self.now.of(metric, label) - self.before.of(metric, label))
    }

    /// How many values a histogram got a second.
    pub fn rate_of_values(&self, metric: &Metric) -> String {
        self.per_second(self.now.count(metric) - self.before.count(metric))
    }

    /// So much more, a second. A hub that was restarted counts anew.
    pub fn per_second(&self, more: f64) -> String {
        let seconds = self.seconds();
        if seconds > 0.0 { number(more.max(0.0) / seconds) + "/s" } else { "-".to_owned() }
    }

    /// The bound below which 99 of 100 values lie that came in between; `-` if none did.
    pub fn p99(&self, metric: &Metric) -> String {
        let before = self.before.buckets(metric);
        let grown = self.now.buckets(metric).into_iter().enumerate().map(|(at, (bound, count))| {
            (bound, count - before.get(at).map_or(0.0, |(_, count)| *count))
        });
        let grown: Vec<(f64, f64)> = grown.collect();
        let all = grown.last().map_or(0.0, |(_, count)| *count);
        if all <= 0.0 {
            return "-".to_owned();
        }
        let bound = grown.iter().find(|(_, count)| *count >= 0.99 * all);
        bound.map_or("-".to_owned(), |(bound, _)| format!("≤ {}", time(*bound)))
    }
}

/// Short: 3 digits and what they stand for.
pub fn number(value: f64) -> String {
    match value {
        v if v >= 1e9 => format!("{:.2}G", v / 1e9),
        v if v >= 1e6 => format!("{:.2}M", v / 1e6),
        v if v >= 1e4 => format!("{:.1}k", v / 1e3),
        v if v >= 100.0 || v.fract() == 0.0 => format!("{v:.0}"),
        v => format!("{v:.1}"),
    }
}

/// A time in the unit that suits it.
pub fn time(seconds: f64) -> String {
    match seconds {
        s if s.is_infinite() => "more".to_owned(),
        s if s >= 86_400.0 => format!("{:.1} d", s / 86_400.0),
        s if s >= 3600.0 => format!("{:.1} h", s / 3600.0),
        s if s >= 60.0 => format!("{:.0} min", s / 60.0),
        s if s >= 1.0 => format!("{} s", number(s)),
        s if s >= 1e-3 => format!("{} ms", number(s * 1e3)),
        s => format!("{:.0} µs", s * 1e6),
    }
}

/// Bytes in the unit that suits them.
pub fn bytes(bytes: f64) -> String {
    match bytes {
        b if b >= 1e9 => format!("{:.2} GB", b / 1e9),
        b if b >= 1e6 => format!("{:.1} MB", b / 1e6),
        // Not negative, and far below 2^53.
        b => format_size(b as u64),
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use hintwire::metrics::table::{PUBLISH_EVENTS, SYNC_SECONDS};

    use super::*;

    #[test]
    fn rates_and_percentiles_are_those_of_what_came_in_between() {
        let text = |events, low, high| {
            let bucket = "hintwire_log_sync_seconds_bucket";
            format!(
                "# HELP x\nhintwire_publish_events_total {events}\n{bucket}{{le=\"0.001\"}} {low}\n\
                 {bucket}{{le=\"1.0\"}} {high}\n{bucket}{{le=\"+Inf\"}} {high}\n"
            )
        };
        let start = Instant::now();
        let before = Observation::of_text(start, &text(100, 0, 500));
        let now = Observation::of_text(start + Duration::from_secs(2), &text(1100, 99, 600));
        let between = Between { before: &before, now: &now };
        assert_eq!(between.rate(&PUBLISH_EVENTS), "500/s");
        assert_eq!(between.p99(&SYNC_SECONDS), "≤ 1 ms");
        let still = Between { before: &now, now: &now };
        assert_eq!(
            (still.p99(&SYNC_SECONDS), still.rate(&PUBLISH_EVENTS)),
            ("-".into(), "-".into())
        );
        let restarted = Between { before: &before, now: &Observation::of_text(now.at, "") };
        assert_eq!(restarted.rate(&PUBLISH_EVENTS), "0/s");
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!(
            ["0", "7.5", "1234", "12.3k", "1.50M"],
            [0.0, 7.5, 1234.0, 12_345.0, 1.5e6].map(number)[..]
        );
        assert_eq!(
            ["25 µs", "2.5 ms", "10 s", "2 min", "7.0 d"],
            [2.5e-5, 2.5e-3, 10.0, 120.0, 604_800.0].map(time)[..]
        );
    }
}

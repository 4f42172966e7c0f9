//! Whether what was seen is flat.

use std::time::Duration;

use hdrhistogram::Histogram;

use crate::hostile::report::Report;

/// Memory may grow by so much an hour.
const SLOPE: f64 = 1.0;
/// In a shorter run it may grow by so many bytes after the warm-up.
const GROWN: f64 = (24 << 20) as f64;
/// Descriptors may differ by so many: a segment and its index come and go, and a few connections at a time.
const DESCRIPTORS: f64 = 16.0;
/// p99 may grow to so many times.
const P99: f64 = 1.1;
/// The longest warm-up; a third of a shorter run.
const WARM_UP: Duration = Duration::from_secs(900);
const MIB: f64 = (1 << 20) as f64;

/// What a look at the hub showed.
pub(super) struct Sample {
    pub at: Duration,
    pub memory: u64,
    pub descriptors: usize,
    /// Since the look before, in µs.
    pub latencies: Histogram<u64>,
}

/// Judges the samples after the warm-up.
pub(super) fn judge(report: &mut Report, samples: &[Sample], time: Duration) {
    let warm_up = WARM_UP.min(time / 3);
    let warm = samples.partition_point(|sample| sample.at < warm_up);
    let (_, samples) = samples.split_at(warm);
    let (first, last) = (share(samples, 0), share(samples, 2));
    let mean = |samples: &[Sample], of: fn(&Sample) -> f64| {
        samples.iter().map(of).sum::<f64>() / samples.len().max(1) as f64
    };
    let memory = |sample: &Sample| sample.memory as f64;
    let (slope, now) = (slope(samples), mean(last, memory) / MIB);
    let text = format!("{slope:+.2} MB/h at {now:.1} MB");
    report.figure("memory grows by 1 MB an hour at most", text, slope <= SLOPE);
    let grown = mean(last, memory) - mean(first, memory);
    let text = format!("{:+.2} MB in {:.0?}", grown / MIB, (time - warm_up) * 2 / 3);
    report.fact("memory grows by 24 MB at most after the warm-up", text, grown <= GROWN);
    let descriptors = |sample: &Sample| sample.descriptors as f64;
    let (before, after) = (mean(first, descriptors), mean(last, descriptors));
    let text = format!("{before:.1} to {after:.1}");
    report.fact("descriptors are flat, within 16", text, (after - before).abs() <= DESCRIPTORS);
    let (before, after) = (p99(first), p99(last));
    let text = format!("{before:.2} to {after:.2} ms");
    report.figure("p99 from publish to fetched is flat, within 10 %", text, after <= before * P99);
}

/// One third of the samples.
fn share(samples: &[Sample], nth: usize) -> &[Sample] {
    let third = samples.len() / 3;
    samples.get(nth * third..(nth + 1) * third).unwrap_or_default()
}

fn p99(samples: &[Sample]) -> f64 {
    let mut all: Option<Histogram<u64>> = None;
    for sample in samples {
        match &mut all {
            // Both have the same digits, and grow as they must.
            Some(all) => _ = all.add(&sample.latencies),
            None => all = Some(sample.latencies.clone()),
        }
    }
    all.map_or(0.0, |all| all.value_at_quantile(0.99) as f64 / 1000.0)
}

/// Least squares, in MB an hour.
fn slope(samples: &[Sample]) -> f64 {
    let count = samples.len().max(1) as f64;
    let hours = |sample: &Sample| sample.at.as_secs_f64() / 3600.0;
    let memory = |sample: &Sample| sample.memory as f64 / MIB;
    let (x, y) = samples.iter().fold((0.0, 0.0), |(x, y), s| (x + hours(s), y + memory(s)));
    let (x, y) = (x / count, y / count);
    let (above, below) = samples.iter().fold((0.0, 0.0), |(above, below), s| {
        let dx = hours(s) - x;
        (above + dx * (memory(s) - y), below + dx * dx)
    });
    if below > 0.0 { above / below } else { 0.0 }
}

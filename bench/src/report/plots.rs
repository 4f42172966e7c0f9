//! Which plots there are.

use std::path::Path;

use super::bars::{Bar, Chart};
use crate::Result;
use crate::figures::Figures;

/// File, title, workload, metric.
const PLOTS: [(&str, &str, &str, &str); 9] = [
    (
        "publish-rate",
        "Publishing: events of 256 B a second (batches: requests × 100)",
        "publish",
        "rate",
    ),
    ("publish-cpu", "Publishing: server CPU, µs an event", "publish", "cpu"),
    ("news", "News: until the subscriber holds the event's bytes, p50, ms", "news", "p50"),
    ("hints", "Publish to hint, or to delivery by the others, p50, ms", "hints", "p50"),
    ("hints-cpu", "Publish to hint, or to delivery: server CPU, µs each", "hints", "cpu"),
    ("burst", "10,000 events to 1,000 subscribers: server CPU, s", "burst", "server CPU"),
    ("idle", "An idle subscription: server memory, B", "idle", "memory"),
    ("catch-up", "Catching up: events a second", "catch-up", "rate"),
    ("feed", "The release feed, 1,000 clients: server CPU, s", "feed", "server CPU"),
];

/// Draws those for which there are figures into a folder, and names them on the page beside it.
pub(super) fn draw(figures: &Figures, folder: &Path) -> Result<String> {
    let mut page = String::from(
        "\n### Plots\n\nBars are medians, thin lines reach from the least to the most of all rounds.\n\n",
    );
    std::fs::create_dir_all(folder)?;
    for (file, title, workload, metric) in PLOTS {
        let of = figures
            .figures
            .iter()
            .filter(|figure| figure.workload == workload && figure.metric == metric);
        let bars: Vec<Bar<'_>> = of
            .map(|figure| Bar {
                case: &figure.case,
                target: &figure.target,
                median: figure.median(),
                spread: figure.spread(),
            })
            .collect();
        if bars.is_empty() {
            continue;
        }
        std::fs::write(folder.join(format!("{file}.svg")), Chart { title, bars }.draw())?;
        page.push_str(&format!("![{title}](plots/{file}.svg)\n\n"));
    }
    Ok(page)
}

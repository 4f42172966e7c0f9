//! What the hub is to reach, most of it in relation to a peer of the same run, and whether it did.

use std::fmt::Write;

use crate::figures::{Figure, Figures, short};

/// A figure: workload, case, target, metric.
type Name = (&'static str, &'static str, &'static str, &'static str);

/// What a figure is held against.
enum Bound {
    /// At least so many times the best round of another figure.
    AtLeast(f64, Name),
    /// At most so many times the median of another figure, or of the best of several targets.
    AtMost(f64, Name, &'static [&'static str]),
    /// At least so much.
    Least(f64),
    /// At most so much.
    Most(f64),
}

use Bound::{AtLeast, AtMost, Least, Most};

const ONE: &str = "1 caller";
const MANY: &str = "256 callers";
const DEEP: &str = "4 connections × 1,024 in flight";
const SHARED: &str = "50/s × 1,000 on 10";
const APART: &str = "50/s × 1,000 on 1,000";
const BURST: &str = "10,000 events to 1,000";
const STREAMS: &str = "100,000 on 100 connections, a stream each";
const TOPICS: &str = "10,000 on 10 connections, 1,000 on one stream or connection";
const ALONE: &str = "8,000 on 8,000 connections, a connection each";
const MILLION: &str = "1,000,000 on 100 connections, a stream each, raw frames";
const ALL: &str = "1,000,000 events, one connection";
const EMPTY: &str = "empty Fetch, 64 callers, 100,000 topics";
const HINTS: &str = "hintwire-hints";
const STREAM: &str = "hintwire-stream";
const PUBSUB: &[&str] = &["redis-pubsub"];
const OTHERS: &[&str] = &["nats-core", "jetstream", "etcd", "redis-pubsub", "mercure"];

const AIMS: [(Name, Bound); 22] = [
    (("publish", ONE, "hintwire", "rate"), AtLeast(1.2, ("publish", ONE, "jetstream", "rate"))),
    (("publish", ONE, STREAM, "rate"), AtLeast(0.7, ("publish", ONE, "redis-streams", "rate"))),
    (("publish", MANY, "hintwire", "rate"), AtLeast(2.0, ("publish", MANY, "etcd", "rate"))),
    (("publish", MANY, STREAM, "rate"), AtLeast(1.0, ("publish", MANY, "redis-streams", "rate"))),
    (("publish", DEEP, STREAM, "rate"), AtLeast(1.3, ("publish", DEEP, "redis-streams", "rate"))),
    (
        ("publish", DEEP, STREAM, "rate"),
        AtLeast(3.0, ("publish", DEEP, "jetstream-default", "rate")),
    ),
    (("publish", DEEP, STREAM, "cpu"), Most(3.0)),
    (("hints", SHARED, HINTS, "p50"), Most(2.1)),
    (("hints", SHARED, HINTS, "p99"), Most(3.6)),
    (("hints", SHARED, HINTS, "cpu"), Most(2.0)),
    (("hints", APART, HINTS, "p50"), AtMost(1.0, ("hints", APART, HINTS, "p50"), PUBSUB)),
    (("hints", APART, HINTS, "p99"), AtMost(1.0, ("hints", APART, HINTS, "p99"), PUBSUB)),
    (("hints", APART, HINTS, "cpu"), AtMost(1.0, ("hints", APART, HINTS, "cpu"), PUBSUB)),
    (
        ("burst", BURST, HINTS, "server CPU"),
        AtMost(0.05, ("burst", BURST, HINTS, "server CPU"), OTHERS),
    ),
    (
        ("burst", BURST, HINTS, "all have all"),
        AtMost(1.0, ("burst", BURST, HINTS, "all have all"), OTHERS),
    ),
    (("idle", STREAMS, HINTS, "memory"), Most(2500.0)),
    (("idle", MILLION, HINTS, "memory"), Most(3000.0)),
    (("idle", TOPICS, HINTS, "memory"), Most(240.0)),
    (("idle", ALONE, HINTS, "memory"), Most(25_000.0)),
    (("catch-up", ALL, STREAM, "rate"), Least(1e6)),
    (("catch-up", ALL, STREAM, "cpu"), Most(0.7)),
    (("poll", EMPTY, "hintwire", "÷ health check"), Most(1.1)),
];

/// The table of aims. A row without a figure says so.
pub(super) fn draw(figures: &Figures) -> String {
    let mut page = String::from(
        "\n### Aims\n\nAgainst a peer's best round, or its median where less is better.\n\n\
         | workload | case | of | figure | reached | aim | |\n| --- | --- | --- | --- | ---: | ---: | --- |\n",
    );
    for (name, bound) in &AIMS {
        let (workload, case, target, metric) = name;
        let reached = find(figures, *name);
        let (least, most, aim) = limits(figures, bound);
        let verdict = match reached.map(Figure::median) {
            Some(reached) if reached >= least && reached <= most => "reached".to_owned(),
            Some(_) if aim.is_empty() => "the peer was not measured".to_owned(),
            Some(reached) if most.is_finite() => format!("{} × too much", short(reached / most)),
            Some(reached) => format!("{} of it", short(reached / least)),
            None => "not measured".to_owned(),
        };
        let value = reached.map_or("–".to_owned(), |figure| {
            format!("{} {}", short(figure.median()), figure.unit)
        });
        let _ = writeln!(
            page,
            "| {workload} | {case} | {target} | {metric} | {value} | {aim} | {verdict} |"
        );
    }
    page
}

/// Between what a figure must lie, and that in words.
fn limits(figures: &Figures, bound: &Bound) -> (f64, f64, String) {
    match bound {
        Least(least) => (*least, f64::INFINITY, format!("≥ {}", short(*least))),
        Most(most) => (f64::NEG_INFINITY, *most, format!("≤ {}", short(*most))),
        AtLeast(times, name) => match find(figures, *name) {
            None => (f64::NAN, f64::INFINITY, String::new()),
            Some(figure) => {
                let least = times * figure.spread().1;
                (least, f64::INFINITY, format!("≥ {} ({times} × {})", short(least), name.2))
            }
        },
        AtMost(times, (workload, case, _, metric), targets) => {
            let of = |target: &&'static str| {
                Some((find(figures, (workload, case, target, metric))?.median(), *target))
            };
            let best = targets.iter().filter_map(of).min_by(|a, b| a.0.total_cmp(&b.0));
            match best {
                None => (f64::NEG_INFINITY, f64::NAN, String::new()),
                Some((best, target)) => {
                    let most = times * best;
                    (f64::NEG_INFINITY, most, format!("≤ {} ({times} × {target})", short(most)))
                }
            }
        }
    }
}

fn find(figures: &Figures, (workload, case, target, metric): Name) -> Option<&Figure> {
    figures.figures.iter().find(|figure| {
        figure.workload == workload
            && figure.case == case
            && figure.target == target
            && figure.metric == metric
    })
}

//! What the metrics stand at now.

use std::time::Duration;

use super::Hub;
use crate::backlog::{Health, Status};
use crate::event::Micros;
use crate::metrics::process::{Process, seconds};
use crate::metrics::table::*;
use crate::metrics::{Fetches, LogMetrics, Message, Metrics, Reading};

impl Hub {
    /// All metrics, in the order of their table.
    pub async fn readings(&self) -> Vec<Reading> {
        let mut all: Vec<Reading> = self.own().into();
        all.extend(publishing(&self.metrics));
        all.extend(self.backlog.metrics().map(log).into_iter().flatten());
        all.extend(self.kept().await);
        all.extend(self.backlog.metrics().map(retention).into_iter().flatten());
        all.extend(self.told());
        all.extend(converging(&self.metrics));
        all.extend(fetches(&self.metrics));
        all.extend(edge(&self.metrics));
        // The directory of open files may be long.
        let process = tokio::task::spawn_blocking(Process::now).await.unwrap_or_default();
        all.extend(self.process(process));
        all
    }

    fn own(&self) -> [Reading; 4] {
        let health = self.health();
        let is = |name| match health {
            Health::Ok => name == "ok",
            Health::NoSpace => name == "no_space",
            Health::Failed(_) => name == "failed",
        };
        let states = ["ok", "no_space", "failed"].map(|name| (name, is(name)));
        let incarnation = self.lineage().current().to_string();
        [
            Reading::labelled(&BUILD, [(env!("CARGO_PKG_VERSION"), true)]),
            Reading::labelled(&INCARNATION, [(incarnation, true)]),
            Reading::labelled(&HEALTH, states),
            Reading::number(&DRAINING, self.is_draining()),
        ]
    }

    async fn kept(&self) -> Vec<Reading> {
        let Status { bytes, events, segments, .. } = self.backlog.status();
        vec![
            Reading::number(&BACKLOG_BYTES, bytes),
            Reading::number(&BACKLOG_EVENTS, events),
            Reading::number(&BACKLOG_TOPICS, self.backlog.topics().len()),
            Reading::number(&BACKLOG_SEGMENTS, segments),
            Reading::number(&BACKLOG_OLDEST, self.oldest().await.as_secs_f64()),
            Reading::known(&BACKLOG_FREE, self.backlog.free_space()),
        ]
    }

    /// Age of the oldest retained event.
    async fn oldest(&self) -> Duration {
        let extent = self.backlog.extent();
        if extent.earliest == extent.head {
            return Duration::ZERO;
        }
        let published = self.backlog.published(extent.earliest).await.ok().flatten();
        let age = published.map(|at| Micros::now().0.saturating_sub(at.0));
        Duration::from_micros(age.unwrap_or_default())
    }

    fn told(&self) -> Vec<Reading> {
        let metrics = &*self.metrics;
        let message = |(kind, label): (Message, _)| {
            (label, metrics.messages.get(kind as usize).map_or(0, |counter| counter.get()))
        };
        vec![
            Reading::number(&STREAMS, self.streams()),
            Reading::number(&STREAMS_OPENED, metrics.opened.get()),
            Reading::number(&PATTERNS, self.index.patterns()),
            Reading::labelled(&HINTS, Message::ALL.map(message)),
            Reading::number(&HINTS_CONFLATED, self.index.merged()),
            Reading::buckets(&HINT_SECONDS, &metrics.hint),
            Reading::number(&POLLS_SAVED, metrics.polls_saved.get()),
        ]
    }

    fn process(&self, process: Process) -> [Reading; 5] {
        [
            Reading::known(&RESIDENT_BYTES, process.resident),
            Reading::number(&CPU_SECONDS, process.cpu.as_secs_f64()),
            Reading::known(&OPEN_FDS, process.open_files),
            Reading::known(&MAX_FDS, process.most_files),
            Reading::number(&START_TIME, seconds(self.metrics.started)),
        ]
    }
}

fn publishing(metrics: &Metrics) -> [Reading; 4] {
    [
        Reading::buckets(&PUBLISH_SECONDS, &metrics.publish),
        Reading::buckets(&PUBLISH_BATCH, &metrics.batch),
        Reading::number(&PUBLISH_EVENTS, metrics.events.get()),
        Reading::number(&PUBLISH_DUPLICATES, metrics.duplicates.get()),
    ]
}

fn log(metrics: &LogMetrics) -> [Reading; 3] {
    [
        Reading::buckets(&SYNC_SECONDS, &metrics.sync),
        Reading::buckets(&GROUP_BATCHES, &metrics.group),
        Reading::number(&WRITTEN_BYTES, metrics.written.get()),
    ]
}

fn retention(metrics: &LogMetrics) -> [Reading; 3] {
    [
        Reading::number(&RETENTION_RUNS, metrics.retentions.get()),
        Reading::number(&RETENTION_EVENTS, metrics.retired_events.get()),
        Reading::number(&RETENTION_SEGMENTS, metrics.retired_segments.get()),
    ]
}

fn converging(metrics: &Metrics) -> [Reading; 4] {
    let behind = metrics.convergence.behind();
    let over = |seconds: u64| {
        let over = behind.iter().filter(|since| **since > Duration::from_secs(seconds));
        (seconds.to_string(), over.count())
    };
    let oldest = behind.iter().max().copied().unwrap_or_default();
    [
        Reading::buckets(&CONVERGE_SECONDS, metrics.convergence.took()),
        Reading::labelled(&BEHIND, [0, 10, 60].map(over)),
        Reading::number(&BEHIND_OLDEST, oldest.as_secs_f64()),
        Reading::number(&LEFT_BEHIND, metrics.convergence.left()),
    ]
}

fn fetches(metrics: &Metrics) -> [Reading; 4] {
    let all = || Fetches::ALL.iter().map(|(_, label)| *label).zip(&metrics.fetches);
    [
        Reading::labelled(&FETCHES, all().map(|(label, (all, _))| (label, all.get()))),
        Reading::labelled(&FETCHES_EMPTY, all().map(|(label, (_, empty))| (label, empty.get()))),
        Reading::number(&FETCH_EVENTS, metrics.fetched.get()),
        Reading::number(&NOT_MODIFIED, metrics.not_modified.get()),
    ]
}

fn edge(metrics: &Metrics) -> [Reading; 4] {
    let [http1, http2] = &metrics.connections;
    let [of_all, of_peer] = &metrics.turned_away;
    let limits = [("connections", of_all.get()), ("connections_per_peer", of_peer.get())];
    [
        Reading::labelled(&REFUSALS, metrics.refusals.all()),
        Reading::labelled(&CONNECTIONS, [("http1", http1.get()), ("http2", http2.get())]),
        Reading::number(&CONNECTIONS_OPENED, metrics.accepted.get()),
        Reading::labelled(&CONNECTIONS_REFUSED, limits),
    ]
}

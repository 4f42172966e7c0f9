//! What must hold, what was measured, and whether it is enough.

use std::fmt::Display;

use super::victim::Lap;
use crate::Scale;

/// The report of a row; it is printed line by line as it comes.
pub(crate) struct Report {
    scale: Scale,
    missed: usize,
    skipped: usize,
}

impl Report {
    pub(crate) fn new(scale: Scale) -> Self {
        Self { scale, missed: 0, skipped: 0 }
    }

    /// A promise that holds on every machine, in every build.
    pub(crate) fn fact(&mut self, promise: &str, measured: impl Display, holds: bool) {
        self.missed += usize::from(!holds);
        line(if holds { "ok" } else { "NOT REACHED" }, promise, measured);
    }

    /// A promise about time, memory or CPU: judged in the full form.
    pub(crate) fn figure(&mut self, promise: &str, measured: impl Display, holds: bool) {
        if self.scale.is_smoke() {
            line("measured", promise, measured);
        } else {
            self.fact(promise, measured, holds);
        }
    }

    /// What an attack costs others: their p99 grows to so many times at the most.
    pub(crate) fn compare(&mut self, before: &Lap, during: &Lap, most: f64) {
        let times = during.p99 / before.p99;
        let text = format!(
            "{times:.2} x (p99 {:.2} to {:.2} ms, p50 {:.2} to {:.2} ms)",
            before.p99, during.p99, before.p50, during.p50
        );
        self.figure(&format!("p99 of others at most {most} x"), text, times <= most);
        let rounds = format!("{} rounds, {} before", during.rounds, before.rounds);
        self.fact("others go on", rounds, during.rounds > 0);
    }

    /// Something worth knowing.
    pub(crate) fn note(&self, what: &str, measured: impl Display) {
        line("", what, measured);
    }

    /// A row, or a part of one, that this machine does not permit.
    pub(crate) fn skip(&mut self, what: &str, why: impl Display) {
        self.skipped += 1;
        println!("SKIPPED: {what}: {why}");
    }

    pub(crate) fn missed(&self) -> usize {
        self.missed
    }

    pub(crate) fn skipped(&self) -> usize {
        self.skipped
    }
}

fn line(verdict: &str, what: &str, measured: impl Display) {
    println!("{verdict:<12} {what:<58} {measured}");
}

//! How often a campaign reached the states that matter: one that never did has proven nothing about them.

use std::fmt;

/// Counts of a campaign.
#[derive(Debug, Clone, Default)]
pub struct Counts {
    pub seeds: u64,
    pub calls: u64,
    pub events: u64,
    pub fetches: u64,
    pub starts: u64,
    pub power_losses: u64,
    pub kills: u64,
    pub clean_stops: u64,
    pub doubtful: u64,
    pub doubtful_survived: u64,
    pub explored: u64,
    pub explored_twice: u64,
    pub repeats: u64,
    pub conflicts: u64,
    pub expectations_failed: u64,
    pub crashes_in_recovery: u64,
    pub torn_ends_cut: u64,
    pub repeats_in_flight: u64,
    pub trims_under_a_reader: u64,
    pub survivor_rewrites: u64,
    pub empty_pages_with_more: u64,
    pub trims: u64,
    pub trimmed_cursors: u64,
    pub refused_for_space: u64,
    pub failed_writes: u64,
    pub commits_under_maintenance: u64,
    pub rot_named: u64,
    pub rot_harmless: u64,
}

impl Counts {
    fn all(&mut self) -> [(&'static str, &mut u64); 28] {
        [
            ("seeds", &mut self.seeds),
            ("calls of the disk", &mut self.calls),
            ("events", &mut self.events),
            ("fetches", &mut self.fetches),
            ("starts", &mut self.starts),
            ("power losses", &mut self.power_losses),
            ("kills", &mut self.kills),
            ("clean stops", &mut self.clean_stops),
            ("batches of unknown outcome", &mut self.doubtful),
            ("of these found after the start", &mut self.doubtful_survived),
            ("recoveries crashed at each call", &mut self.explored),
            ("of these crashed twice", &mut self.explored_twice),
            ("repeats", &mut self.repeats),
            ("conflicts", &mut self.conflicts),
            ("expectations that failed", &mut self.expectations_failed),
            ("crash in recovery", &mut self.crashes_in_recovery),
            ("torn batch cut", &mut self.torn_ends_cut),
            ("repeat in flight", &mut self.repeats_in_flight),
            ("trim under a reader", &mut self.trims_under_a_reader),
            ("survivor rewrite", &mut self.survivor_rewrites),
            ("empty page with has_more", &mut self.empty_pages_with_more),
            ("trim", &mut self.trims),
            ("trimmed cursor refused", &mut self.trimmed_cursors),
            ("publish refused for space", &mut self.refused_for_space),
            ("publish refused after a failed call", &mut self.failed_writes),
            ("commit under maintenance", &mut self.commits_under_maintenance),
            ("spoiled byte that was named", &mut self.rot_named),
            ("spoiled byte that cost nothing", &mut self.rot_harmless),
        ]
    }

    /// Adds those of another seed.
    pub fn add(&mut self, mut other: Self) {
        for ((_, sum), (_, count)) in self.all().into_iter().zip(other.all()) {
            *sum += *count;
        }
    }

    /// The states that were never reached.
    pub fn unreached(&mut self) -> Vec<&'static str> {
        let all = self.all().into_iter();
        all.filter(|(_, count)| **count == 0).map(|(name, _)| name).collect()
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.clone().all().iter().try_for_each(|(name, count)| writeln!(f, "{count:>12} {name}"))
    }
}

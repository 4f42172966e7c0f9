//! About when the newest places were reached, for advice to pollers without a read.

use std::collections::VecDeque;
use std::time::Duration;

use parking_lot::RwLock;

use crate::cursor::Position;

/// One sample a second, and of so many seconds: four times the longest advice.
const SAMPLES: usize = 256;

/// Samples of head and time, in ms of a clock that may begin below zero.
#[derive(Debug, Default)]
pub struct Timeline(RwLock<VecDeque<(Position, i64)>>);

impl Timeline {
    /// The backlog has reached a place, unless it had already. Times do not decrease.
    pub fn note(&self, head: Position, now: i64) {
        let mut samples = self.0.write();
        match samples.back_mut() {
            Some((newest, _)) if head <= *newest => {}
            // One sample for all of a second: its newest place, its first time.
            Some((newest, begun)) if now < *begun + 1000 => *newest = head,
            _ => samples.push_back((head, now)),
        }
        if samples.len() > SAMPLES {
            samples.pop_front();
        }
    }

    /// How long ago about a place was reached. What is older than all samples is as old as the oldest.
    pub fn age(&self, at: Position, now: i64) -> Duration {
        let samples = self.0.read();
        let reached = samples.partition_point(|(head, _)| *head < at);
        let sample = samples.get(reached).or(samples.back());
        let since = sample.map_or(0, |(_, time)| now.saturating_sub(*time));
        Duration::from_millis(u64::try_from(since).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_age_of_a_place_is_known_to_a_second() {
        let timeline = Timeline::default();
        timeline.note(Position(5), -90_000);
        for second in 0..10 {
            timeline.note(Position(10 + 2 * second), 1000 * second.cast_signed());
            timeline.note(Position(11 + 2 * second), 1000 * second.cast_signed() + 900);
        }
        let age = |position| timeline.age(Position(position), 10_000).as_millis();
        assert_eq!(age(29), 1000);
        assert_eq!(age(10), 10_000);
        assert_eq!(age(3), 100_000);
    }

    #[test]
    fn samples_are_bounded_and_what_is_older_is_as_old_as_the_oldest() {
        let timeline = Timeline::default();
        for second in 0..1000 {
            timeline.note(Position(second), 1000 * second.cast_signed());
        }
        let oldest = timeline.age(Position(1), 1_000_000);
        assert_eq!(oldest, Duration::from_secs(SAMPLES as u64));
    }
}

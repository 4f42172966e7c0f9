//! The clock: does it run evenly, is it kept right, and is it behind what was published?

use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use super::finding::Finding;

const CHECK: &str = "clock";
/// What two readings of both clocks may differ by, with everything that comes in between.
const EVEN: Duration = Duration::from_millis(250);
/// Behind by less is what step-free correction leaves.
const BEHIND: Duration = Duration::from_secs(1);
/// Where systemd-timesyncd says that the clock was set.
const TIMESYNCD: &str = "/run/systemd/timesync/synchronized";

/// Both clocks, as they were.
#[derive(Clone, Copy)]
pub struct Clocks {
    steady: Instant,
    wall: SystemTime,
}

impl Clocks {
    pub fn now() -> Self {
        Self { steady: Instant::now(), wall: SystemTime::now() }
    }

    /// Compares them with what they were, and with the newest event, if that is known.
    pub fn look(self, newest: Option<SystemTime>) -> Finding {
        let now = Self::now();
        let jumped = apart(self.wall + (now.steady - self.steady), now.wall);
        if jumped > EVEN {
            let found = format!("it was set by {} while this looked", seconds(jumped));
            return Finding::warn(CHECK, found, "let NTP slew it; publish_time goes by this clock");
        }
        match newest.and_then(|newest| newest.duration_since(now.wall).ok()) {
            Some(ahead) if ahead > BEHIND => {
                let found = format!("the newest event was published {} from now", seconds(ahead));
                let advice = "set the clock; until then all events get that time, and age does not drop them";
                Finding::warn(CHECK, found, advice)
            }
            _ => Finding::ok(CHECK, format!("even; {}", kept())),
        }
    }
}

fn apart(one: SystemTime, other: SystemTime) -> Duration {
    other.duration_since(one).unwrap_or_else(|error| error.duration())
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

fn kept() -> &'static str {
    match Path::new(TIMESYNCD).exists() {
        true => "systemd-timesyncd keeps it",
        false => "who keeps it was not checked: see `timedatectl` or `chronyc tracking`",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::doctor::finding::Verdict;

    #[test]
    fn an_event_from_the_future_and_a_clock_that_was_set_are_warned_of() {
        let hour = Duration::from_secs(3600);
        let now = Clocks::now();
        let of = |newest| now.look(Some(newest)).verdict;
        assert_eq!((of(now.wall), of(now.wall - hour)), (Verdict::Ok, Verdict::Ok));
        let ahead = now.look(Some(now.wall + hour));
        assert!(ahead.verdict == Verdict::Warn && ahead.found.contains("from now"), "{ahead}");
        let was = Clocks { wall: now.wall - hour, ..now };
        let set = was.look(None);
        assert!(set.verdict == Verdict::Warn && set.found.contains("set by 3600"), "{set}");
    }
}

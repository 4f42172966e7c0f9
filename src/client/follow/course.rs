//! Every decision of the loop: when to fetch, what a hint means, whether a stream is wanted. It knows
//! no I/O and has no clock of its own.

use std::time::Duration;

use tokio::time::Instant;

use super::quiet::Quiet;
use super::settings::Pace;
use crate::limits::FETCH_AFTER_MAX;
use crate::v1::SubscribeResponse;
use crate::v1::subscribe_response::Kind;

/// How often a cursor is saved that moves without events: what is at stake is retention, not order.
const SAVE_QUIET: Duration = Duration::from_secs(60);

/// Where a follower stands, and what it does next.
#[derive(Debug)]
pub(super) struct Course {
    hints: bool,
    least: Duration,
    /// All before it is handled. Empty: nothing is.
    own: String,
    /// The fetch that hints, a page with more behind it, or a failure asked for.
    wanted: Option<Wanted>,
    /// No fetch starts before: back-off, probes, the least time between fetches.
    not_before: Instant,
    quiet: Quiet,
    /// Reading has reached the head, so that a stream says something new.
    caught_up: bool,
    /// The hub answers, as far as is known: the circuit breaker is closed.
    trusted: bool,
    /// Grows when the cursor is replaced; a stream of an older life is of no use.
    life: u64,
    /// Hints up to this cursor were left to the safety poll.
    left: String,
    saved: String,
    save_at: Instant,
}

/// A fetch that is due at a time, and the newest cursor that it is to reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    at: Instant,
    cursor: String,
}

/// What to do now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Fetch, from a node that has seen this cursor (empty: any).
    Fetch { at_least: String },
    /// Save this cursor.
    Save(String),
    /// Nothing, until then or until something happens.
    Wait(Option<Instant>),
}

/// What a page says besides its events.
#[derive(Debug, Clone, Default)]
pub(super) struct Page {
    pub next: String,
    pub any: bool,
    pub has_more: bool,
    pub poll_after: Option<Duration>,
}

impl Course {
    /// Starts at the stored cursor; the first fetch is due at once.
    pub(super) fn new(pace: Pace, stored: Option<String>, now: Instant) -> Self {
        let own = stored.unwrap_or_default();
        Self {
            own: own.clone(),
            wanted: Some(Wanted { at: now, cursor: String::new() }),
            not_before: now,
            caught_up: false,
            trusted: true,
            life: 0,
            left: String::new(),
            saved: own,
            save_at: now + SAVE_QUIET,
            hints: pace.hints,
            least: pace.least,
            quiet: Quiet::new(pace, now),
        }
    }

    pub(super) fn own(&self) -> &str {
        &self.own
    }

    /// A message, of any kind, of the stream that was opened in `life`: tokens of another life must not
    /// be compared with the cursor. `fetch_it` is asked about hints only.
    pub(super) fn heard(
        &mut self,
        life: u64,
        hint: &SubscribeResponse,
        fetch_it: impl FnOnce(&SubscribeResponse) -> bool,
        now: Instant,
    ) {
        if self.life != life {
            return;
        }
        if self.own >= hint.cursor {
            self.advance(&hint.head);
        } else if hint.cursor > self.left {
            if hint.kind() == Kind::Changed && !fetch_it(hint) {
                self.left.clone_from(&hint.cursor);
            } else {
                let fetch_after = duration(hint.fetch_after.as_ref()).min(FETCH_AFTER_MAX);
                self.want(now + fetch_after, &hint.cursor);
            }
        }
    }

    /// What is to be done now. A fetch is counted as begun when it is returned.
    pub(super) fn next(&mut self, now: Instant) -> Next {
        let due = self.due();
        if due.is_some_and(|due| due <= now) {
            self.not_before = now + self.least;
            let at_least = self.wanted.take().map(|wanted| wanted.cursor).unwrap_or_default();
            return Next::Fetch { at_least };
        }
        let moved = self.saved != self.own && !self.own.is_empty();
        let save_at = moved.then_some(self.save_at);
        if save_at.is_some_and(|save_at| save_at <= now) {
            return Next::Save(self.own.clone());
        }
        Next::Wait(due.into_iter().chain(save_at).min())
    }

    /// A page was fetched and its events handled.
    pub(super) fn fetched(&mut self, page: &Page, now: Instant) {
        self.advance(&page.next);
        self.quiet.fetched(page, now);
        self.caught_up |= !page.has_more;
        // Hints that came meanwhile and are answered by this page need no fetch of their own.
        if self.wanted.as_ref().is_some_and(|wanted| wanted.cursor <= self.own) {
            self.wanted = None;
        }
        if page.has_more {
            self.not_before = now;
            self.want(now, "");
        }
    }

    /// A fetch that asked for `at_least` failed and is to be repeated at `again`.
    pub(super) fn failed(&mut self, at_least: &str, again: Instant) {
        self.not_before = self.not_before.max(again);
        self.want(again, at_least);
    }

    /// Whether the hub is believed to answer; while not, no stream is opened.
    pub(super) fn trust(&mut self, trusted: bool) {
        self.trusted = trusted;
    }

    /// The cursor is replaced by another that need not be later; reading goes on from there at once.
    pub(super) fn jump(&mut self, cursor: &str, now: Instant) {
        self.own = cursor.into();
        self.left.clear();
        self.life += 1;
        self.wanted = None;
        self.look_again(now);
    }

    /// A page of a snapshot was handled; the next one is due at once.
    pub(super) fn next_page(&mut self, now: Instant) {
        self.not_before = now;
        self.look_again(now);
    }

    /// Fetch before anything else, also before a stream: the cursor is in doubt, or a
    /// snapshot under way.
    pub(super) fn look_again(&mut self, now: Instant) {
        self.caught_up = false;
        self.want(now, "");
    }

    /// Whether the cursor is to be saved at once after a page: when there were events, and when no cursor
    /// was ever saved, lest the next run start anywhere else.
    pub(super) fn saves_after(&self, page: &Page) -> bool {
        page.any || self.saved.is_empty()
    }

    /// This cursor was saved.
    pub(super) fn saved(&mut self, cursor: &str, now: Instant) {
        self.saved = cursor.into();
        self.save_at = now + SAVE_QUIET;
    }

    /// If a stream is wanted now: the life it is for, and the cursor to open it with.
    pub(super) fn wants_stream(&self) -> Option<(u64, String)> {
        let wanted = self.hints && self.caught_up && self.trusted;
        wanted.then(|| (self.life, self.own.clone()))
    }

    /// Whether the cursor still is the one of `life`, or descends from it.
    pub(super) fn is_life(&self, life: u64) -> bool {
        self.life == life
    }

    /// The stream is up, or lost; true if that is new.
    pub(super) fn stream(&mut self, up: bool, now: Instant) -> bool {
        self.quiet.stream(up, now)
    }

    fn advance(&mut self, to: &str) {
        if self.own.as_str() < to {
            self.own = to.into();
        }
    }

    /// A fetch that is due already is never postponed.
    fn want(&mut self, at: Instant, cursor: &str) {
        match &mut self.wanted {
            Some(wanted) => {
                wanted.at = wanted.at.min(at);
                if wanted.cursor.as_str() < cursor {
                    wanted.cursor = cursor.into();
                }
            }
            None => self.wanted = Some(Wanted { at, cursor: cursor.into() }),
        }
    }

    fn due(&self) -> Option<Instant> {
        let wanted_at = self.wanted.as_ref().map(|wanted| wanted.at);
        self.quiet.until().into_iter().chain(wanted_at).min().map(|due| due.max(self.not_before))
    }
}

/// What the hub states; nothing, if it is absent or negative.
pub(super) fn duration(stated: Option<&prost_types::Duration>) -> Duration {
    stated.and_then(|&stated| Duration::try_from(stated).ok()).unwrap_or_default()
}

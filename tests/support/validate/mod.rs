//! The named guarantees of the hub, each with a validator over a recorded history.
//!
//! A campaign records with a [`Recorder`] what it asked and what it was told, then hands the [`History`] to [`validate`].
//! The validators share no code with the hub: a mistake there is not repeated here.
//!
//! Mount it in a test target with `#[path = "../support/validate/mod.rs"] mod validate;`.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::indexing_slicing)]

pub mod convert;
pub mod history;

mod bounds;
mod content;
mod facts;
pub mod matching;
mod streams;

mod agreement;
mod atomic;
mod bookmarkable;
mod durable;
mod gap_free;
mod idempotent;
mod live;
mod ordered;
mod recoverable;
mod resumable;
mod unique;
mod visible;

#[allow(unused_imports)]
pub use history::{
    Entry, History, IdWindow, Kind, Message, Moment, Page, Recorder, Refusal, Seen, Start, What,
};

use std::fmt;

/// How often each guarantee was put to the test, by its name. A campaign that tested one 0 times has proven nothing
/// about it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counts(pub Vec<(&'static str, usize)>);

/// A guarantee that a history breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Its name, e.g. `Durable`.
    pub guarantee: &'static str,
    /// What broke it.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.guarantee, self.what)
    }
}

impl Counts {
    /// How often a guarantee was put to the test.
    pub fn of(&self, guarantee: &str) -> usize {
        self.0.iter().find(|(name, _)| *name == guarantee).map_or(0, |(_, count)| *count)
    }

    /// Adds those of another history.
    pub fn add(&mut self, other: &Self) {
        for (name, count) in &other.0 {
            match self.0.iter_mut().find(|(known, _)| known == name) {
                Some((_, sum)) => *sum += count,
                None => self.0.push((name, *count)),
            }
        }
    }
}

type Validator = fn(&facts::Facts<'_>) -> Result<usize, String>;

/// Every guarantee and its validator, which returns how often it was put to the test.
pub const GUARANTEES: [(&str, Validator); 12] = [
    ("Durable", durable::check),
    ("Atomic", atomic::check),
    ("Ordered", ordered::check),
    ("Unique", unique::check),
    ("Gap-free", gap_free::check),
    ("Resumable", resumable::check),
    ("Bookmarkable", bookmarkable::check),
    ("Live", live::check),
    ("Visible", visible::check),
    ("Idempotent", idempotent::check),
    ("Agreement", agreement::check),
    ("Recoverable", recoverable::check),
];

/// Holds a history to every guarantee.
///
/// # Errors
///
/// The first guarantee that it breaks.
pub fn validate(history: &History) -> Result<Counts, Violation> {
    let facts = facts::Facts::of(history);
    let check = |&(guarantee, validator): &(&'static str, Validator)| match validator(&facts) {
        Ok(count) => Ok((guarantee, count)),
        Err(what) => Err(Violation { guarantee, what }),
    };
    Ok(Counts(GUARANTEES.iter().map(check).collect::<Result<_, _>>()?))
}

/// Every guarantee that a history breaks.
pub fn violations(history: &History) -> Vec<Violation> {
    let facts = facts::Facts::of(history);
    let broken = |&(guarantee, validator): &(&'static str, Validator)| {
        validator(&facts).err().map(|what| Violation { guarantee, what })
    };
    GUARANTEES.iter().filter_map(broken).collect()
}

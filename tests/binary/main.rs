//! The real binary, in a process of its own: killed, with failing calls, without space.
//!
//! `HINTWIRE_CRASH_KILLS` and `HINTWIRE_CRASH_ACKS` are how many kills and acknowledged events there are at the least,
//! `HINTWIRE_CRASH_APART` the longest time between two kills in ms, `HINTWIRE_CRASH_SEED` repeats the choices of a run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod crash;
mod faults;
mod hub;
mod load;
mod space;
#[path = "../support/validate/mod.rs"]
mod validate;

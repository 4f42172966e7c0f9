//! Damage to the files of a backlog: the exact data or a named error, never other data.
//!
//! `HINTWIRE_DAMAGE_STRIDE` is the distance between the bytes that are spoiled; 1 spoils every one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod backlog;
mod calls;
mod contents;
mod each_case;
mod failing;
mod formats;
mod judge;
mod memory;
mod spoil;

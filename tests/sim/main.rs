//! Simulations: everything below the hub's promises that a machine can take away, from a seed, byte for byte again.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod disk;
mod net;
mod power;
#[path = "../support/validate/mod.rs"]
mod validate;

//! Each validator of a guarantee fails on a history that breaks it, and on that alone.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod recording;
#[path = "../support/validate/mod.rs"]
mod validate;

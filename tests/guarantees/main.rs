//! Each validator of a guarantee fails on a history that breaks it, and on that alone.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod doctored;
mod large;
mod recording;
mod tale;
#[path = "../support/validate/mod.rs"]
mod validate;

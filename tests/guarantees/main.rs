//! Each validator of a guarantee fails on a history that breaks it, and on that alone. Then the hub itself, against a model,
//! its history held to all of them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod doctored;
mod large;
mod model;
mod recording;
mod tale;
#[path = "../support/validate/mod.rs"]
mod validate;

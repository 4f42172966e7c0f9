//! Running a hub for years: the real binary, its files, those who follow it, and what it tells of itself.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::expect_used, clippy::panic)]

mod backup;
mod deploy;
mod metrics;
mod otlp;
mod restore;
#[path = "../cli/run.rs"]
#[allow(dead_code)] // Not every way to run the binary is needed here.
mod run;
#[path = "../support/mod.rs"]
mod support;
mod top;

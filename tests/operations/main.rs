//! Running a hub for years: the real binary, its files, and those who follow it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::expect_used, clippy::panic)]

mod backup;
mod restore;
#[path = "../cli/run.rs"]
#[allow(dead_code)] // Not every way to run the binary is needed here.
mod run;

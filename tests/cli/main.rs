//! The binary, as a shell sees it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::expect_used, clippy::panic)]

mod doctor;
mod follow;
mod jsonl;
mod publish;
mod read;
mod run;
mod serve;
mod settings;

//! The API over a real server and the generated client.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::expect_used, clippy::panic)]

#[path = "../support/mod.rs"]
mod support;

mod describe;
mod drain;
mod errors;
mod fetch;
mod fetch_stream;
mod health;
mod publish;
mod publish_stream;
mod subscribe;

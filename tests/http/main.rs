//! The API over plain HTTP, with a client that is not ours.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::expect_used, clippy::panic)]

#[path = "../support/mod.rs"]
mod support;

mod ask;
mod browsers;
mod cloudevents;
mod describe;
mod events;
mod feed;
mod grpc_web;
mod hints;
mod hints_ends;
mod hints_events;
mod many;
mod openapi;
mod publish;
mod round_trip;
mod shared;
mod snapshot;
mod sse;
mod tags;
mod topics;
mod waits;

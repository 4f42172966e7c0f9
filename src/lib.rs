//! Hintwire: a notification hub for the push-to-poll pattern.
//!
//! A producer publishes an event into a durable backlog; subscribers get a tiny hint, "something you asked for has changed;
//! the backlog now reaches this cursor", and fetch what they miss. A hint carries no payload, may be merged or repeated,
//! and is never needed for correctness, so the hub keeps no queue for any client.
//!
//! # The way of the data
//!
//! ```text
//!            publish                                              subscribe, long poll, fetch
//!               |                                                        ^        ^
//!   [service]   | parse                          encode: hints, pages    |        |
//!   [hub]       | check, encode once                     subscription, fetch      |
//!               v                                                ^                |
//!   [backlog]  append -> write, sync -> topic table -> head -> answer             | read
//!               |                                                |                |
//!               |                                                v tail           |
//!   [index]     |                                  fan-out: groups -> slots       |
//!               +---------------------- the same bytes ---------------------------+
//! ```
//!
//! An event is encoded [where it comes in](event) and kept, sent and counted in that form. The [hub] checks it and hands it
//! to the [backlog], which answers when it is durable and then tells the fan-out; that finds in the [index] whom it
//! concerns, and touches one slot for each. A subscription makes its hint when it is read; a fetch reads the backlog for
//! itself. Who asks and what they may do is found out [where they come in](identity), and the hub executes what was
//! [granted](access) alone. gRPC begins and ends in [service], HTTP in [http], and [server] puts the pieces together.
//!
//! # The modules, in that order
//!
//! What everything speaks of: [cursor] and [lineage] (places and the lives they belong to), [topic] (topics, patterns, and
//! the table of all topics), [event] (and its [json]), [error], [limits] (every limit there is, in one place), [metrics]
//! (every metric there is).

pub mod cursor;
pub mod error;
pub mod event;
pub mod json;
pub mod limits;
pub mod lineage;
pub mod metrics;
pub mod planted;
mod sync;
pub mod topic;
pub mod trace_context;
mod wake;

// What is kept, who wants to know, and where both meet.
pub mod backlog;
pub mod hub;
pub mod index;

// The way in and out.
pub mod access;
pub mod audit;
pub mod config;
pub mod http;
pub mod identity;
pub mod server;
pub mod service;

// The other side.
pub mod client;

/// The generated API: messages, and the client's half of the calls.
#[allow(missing_docs, clippy::all)]
pub mod v1 {
    tonic::include_proto!("hintwire.v1");
}

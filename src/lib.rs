//! Hintwire
#![allow(missing_docs)]
pub mod backlog;
pub mod client;
pub mod config;
pub mod cursor;
pub mod error;
pub mod event;
pub mod hub;
pub mod index;
pub mod limits;
pub mod lineage;
pub mod server;
pub mod service;
pub mod topic;
/// The generated API.
pub mod v1 {
    tonic::include_proto!("hintwire.v1");
}

//! The gRPC edge: a request is parsed, becomes one call of the hub, and its answer a reply.
//!
//! Here and in the client alone are generated types and `tonic::Status`.

pub mod codec;
mod parse;
pub mod status;

//! What each command does.

pub mod backup;
pub mod check;
pub mod completions;
pub mod configuration;
pub mod cursor;
pub mod doctor;
pub mod fetch;
pub mod follow;
pub mod get;
pub mod hub;
pub mod publish;
pub mod restore;
pub mod serve;
pub mod snapshot;
pub mod subscribe;
pub mod topics;

use std::time::Duration;

use hintwire::client::Client;
use tonic::Code;

use crate::failure::{Exit, Failure};
use crate::typed::At;

async fn connect(at: &At) -> Result<Client, Failure> {
    Client::connect(&at.url).await.map_err(|error| match error.code() {
        Code::InvalidArgument => Failure::new(Exit::Usage, error.message()),
        _ => Failure::from(error).context(&at.url),
    })
}

/// A duration for the wire.
fn wire(duration: Duration) -> Result<prost_types::Duration, Failure> {
    duration.try_into().map_err(|_| Failure::error("a duration is too long"))
}

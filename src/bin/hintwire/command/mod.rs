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
pub mod token;
pub mod top;
pub mod topics;

use std::fs;
use std::future::ready;
use std::io;
use std::path::Path;
use std::time::Duration;

use hintwire::client::{Client, Options};
use tonic::Code;

use crate::failure::{Exit, Failure};
use crate::typed::At;

async fn connect(at: &At) -> Result<Client, Failure> {
    let options = options(at)?;
    Client::connect_with(&at.url, &options).await.map_err(|error| match error.code() {
        Code::InvalidArgument => Failure::new(Exit::Usage, error.message()),
        _ => Failure::from(error).context(&at.url),
    })
}

/// Whom to trust, and what to show.
fn options(at: &At) -> Result<Options, Failure> {
    let mut options = Options::default();
    if let Some(ca) = &at.ca {
        options = options.authorities(read(ca)?);
    }
    if let (Some(cert), Some(key)) = (&at.cert, &at.cert_key) {
        options = options.certificate(read(cert)?, read(key)?);
    }
    let (token, file) = (at.token.clone(), at.token_file.clone());
    Ok(match (token, file) {
        (Some(token), _) => options.token(move || ready(Ok::<_, io::Error>(token.clone()))),
        (None, Some(file)) => options.token(move || tokio::fs::read_to_string(file.clone())),
        (None, None) => options,
    })
}

fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(file).map_err(|error| Failure::new(Exit::Usage, error).context(file.display()))
}

/// A duration for the wire.
fn wire(duration: Duration) -> Result<prost_types::Duration, Failure> {
    duration.try_into().map_err(|_| Failure::error("a duration is too long"))
}

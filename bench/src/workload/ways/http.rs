//! A connection of HTTP/1.1 whose bytes are counted.

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;

use crate::Result;
use crate::hub::Hub;
use crate::traffic;

pub(super) struct Http {
    sender: SendRequest<Empty<Bytes>>,
    host: String,
}

impl Http {
    pub(super) async fn open(hub: &Hub) -> Result<Self> {
        let io = traffic::connect(hub.address(), hub.traffic().clone()).await?;
        let (sender, connection) = handshake(TokioIo::new(io)).await?;
        tokio::spawn(connection);
        Ok(Self { sender, host: hub.address().to_string() })
    }

    /// Asks, if need be on condition that it has changed.
    pub(super) async fn get(&mut self, path: &str, tag: &str) -> Result<Response<Incoming>> {
        let mut request = Request::get(path).header("host", &self.host);
        if !tag.is_empty() {
            request = request.header("if-none-match", tag);
        }
        self.sender.ready().await?;
        let answer = self.sender.send_request(request.body(Empty::new())?).await?;
        if answer.status().is_client_error() || answer.status().is_server_error() {
            return Err(format!("{path}: {}", answer.status()).into());
        }
        Ok(answer)
    }
}

/// A header of an answer; empty if it is not there.
pub(super) fn header(answer: &Response<Incoming>, name: &str) -> String {
    let value = answer.headers().get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().to_owned()
}

/// The whole body of an answer.
pub(super) async fn body(answer: Response<Incoming>) -> Result<Bytes> {
    Ok(answer.into_body().collect().await?.to_bytes())
}

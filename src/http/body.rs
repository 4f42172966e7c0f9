//! The body of a request: no larger than allowed, come in time, and counted among what is unfinished until it is whole.

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::Body as _;
use tokio::time::timeout;

use super::Refusal;
use crate::error::Error;
use crate::limits::BODY;
use crate::service::{Held, Service};

/// Reads a body to its end.
///
/// What is refused is read as well, up to twice the limit: so its connection stays in order, and its sender, who may not
/// listen before all is said, hears why.
///
/// # Errors
/// It is larger than `request_bytes`, or finds no room among the unfinished, or does not come within [`BODY`], or ends
/// early.
pub async fn whole(service: &Service, body: Body) -> Result<Bytes, Refusal> {
    in_time(service.limits.request_bytes, service, body).await
}

/// Reads the body of a call over gRPC-Web, which may be Base64. It may be larger than a request, so that the call can
/// refuse it with gRPC's reason; else as [`whole`].
///
/// # Errors
/// As [`whole`].
pub async fn of_grpc_web(service: &Service, body: Body) -> Result<Bytes, Refusal> {
    in_time(2 * service.limits.request_bytes, service, body).await
}

/// A body as the text that JSON is.
///
/// # Errors
/// [`Error::InvalidField`].
pub fn text(body: &[u8]) -> Result<&str, Error> {
    std::str::from_utf8(body)
        .map_err(|error| Error::invalid("body", format!("is not UTF-8: {error}")))
}

async fn in_time(most: usize, service: &Service, body: Body) -> Result<Bytes, Refusal> {
    timeout(BODY, read(most, service, body)).await.map_err(|_| Refusal::Timeout)?
}

async fn read(most: usize, service: &Service, mut body: Body) -> Result<Bytes, Refusal> {
    let mut come = Come::new(most, service);
    if body.size_hint().lower() > come.patience() {
        return Err(come.too_large().into());
    }
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Refusal::Cut)?.into_data() else { continue };
        if come.is_whole(&data, &body) {
            return Ok(data);
        }
        come.more(&data);
        if come.bytes as u64 > come.patience() {
            return Err(come.too_large().into());
        }
    }
    Ok(come.end()?)
}

/// What has come.
struct Come {
    /// The limit to name.
    limit: usize,
    /// What may come.
    most: usize,
    bytes: usize,
    kept: BytesMut,
    held: Held,
    refused: Option<Error>,
}

impl Come {
    fn new(most: usize, service: &Service) -> Self {
        let (limit, held) = (service.limits.request_bytes, Held::new(service));
        Self { limit, most, bytes: 0, kept: BytesMut::new(), held, refused: None }
    }

    fn too_large(&self) -> Error {
        Error::too_large("request", self.limit)
    }

    /// What is read of a body that is refused.
    fn patience(&self) -> u64 {
        2 * self.most as u64
    }

    /// Whether it came in one piece, which needs no copy.
    fn is_whole(&self, data: &Bytes, body: &Body) -> bool {
        self.bytes == 0 && data.len() <= self.most && body.is_end_stream()
    }

    fn more(&mut self, data: &[u8]) {
        self.bytes += data.len();
        if self.refused.is_some() {
            return;
        }
        match self.room() {
            Ok(()) => self.kept.extend_from_slice(data),
            Err(refused) => {
                self.refused = Some(refused);
                self.kept = BytesMut::new();
                self.held.let_go();
            }
        }
    }

    fn room(&mut self) -> Result<(), Error> {
        if self.bytes > self.most { Err(self.too_large()) } else { self.held.hold(self.bytes) }
    }

    fn end(self) -> Result<Bytes, Error> {
        self.refused.map_or(Ok(self.kept.freeze()), Err)
    }
}

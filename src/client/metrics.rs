//! `GET /metrics`, over the connection that calls use.

use http_body_util::BodyExt;
use tonic::body::Body;
use tonic::{Code, Status};
use tower::ServiceExt;

use super::{AUTHORIZATION, Client, Error};

impl Client {
    /// The hub's metrics as Prometheus reads them; `docs/metrics.md` says what each means.
    ///
    /// # Errors
    /// The hub refuses, or is not reached.
    pub async fn metrics(&self) -> Result<String, Error> {
        let (signed, _) = self.signed(()).await?;
        let mut request = http::Request::new(Body::empty());
        *request.uri_mut() = http::Uri::from_static("/metrics");
        let headers = signed.into_parts().0.into_headers();
        if let Some(token) = headers.get(AUTHORIZATION) {
            request.headers_mut().insert(AUTHORIZATION, token.clone());
        }
        let answer = self.channel.clone().oneshot(request).await?;
        let status = answer.status();
        let body = answer.into_body().collect().await?.to_bytes();
        let text = String::from_utf8_lossy(&body).into_owned();
        match status.as_u16() {
            200 => Ok(text),
            401 => Err(Status::new(Code::Unauthenticated, text).into()),
            403 => Err(Status::new(Code::PermissionDenied, text).into()),
            _ => Err(Status::new(Code::Unavailable, text).into()),
        }
    }
}

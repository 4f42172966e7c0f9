//! Asks who sends a request, before any route that is not open to all.

use std::sync::Arc;

use axum::Extension;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;

use super::{Refusal, caching};
use crate::access::Senders;
use crate::service::Service;

/// Gives the route the service as its sender may use it, or refuses credentials that do not hold.
pub async fn identify(
    Extension(senders): Extension<Arc<Senders>>,
    Extension(service): Extension<Service>,
    mut request: Request,
    next: Next,
) -> Result<Response, Refusal> {
    let access = senders.access(request.headers(), request.uri().path()).await?;
    let of_one_alone = access.is_restricted();
    request.extensions_mut().insert(Service { access, ..service });
    let mut response = next.run(request).await;
    if of_one_alone {
        caching::of_one_alone(response.headers_mut());
    }
    Ok(response)
}

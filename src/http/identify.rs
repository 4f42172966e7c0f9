//! Asks who sends a request, before any route that is not open to all.

use std::sync::Arc;

use axum::Extension;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;

use super::Refusal;
use crate::access::Senders;
use crate::service::Service;

/// Gives the route the service as its sender may use it, or refuses credentials that do not hold.
pub async fn identify(
    Extension(senders): Extension<Arc<Senders>>,
    Extension(service): Extension<Service>,
    mut request: Request,
    next: Next,
) -> Result<Response, Refusal> {
    let access = senders.access(request.headers()).await?;
    request.extensions_mut().insert(Service { access, ..service });
    Ok(next.run(request).await)
}

//! Whether the hub lives, and whether it takes calls: for balancers and orchestrators.

use axum::Extension;
use http::StatusCode;

use super::Refusal;
use crate::backlog::Health;
use crate::error::{Error, WriteOutcome};
use crate::limits::RETRY_LATER;
use crate::service::Service;

/// The process answers.
#[utoipa::path(get, path = "/healthz", responses((status = 204, description = "It does.")))]
pub async fn alive() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// The hub takes calls, and the backlog events.
#[utoipa::path(get, path = "/readyz", responses(
    (status = 204, description = "It does."),
    (status = 429, description = "There is no space: it reads, and does not publish.", body = super::problem::Problem,
        content_type = "application/problem+json"),
    (status = 503, description = "It stops, or a write failed: it reads, and does not publish.",
        body = super::problem::Problem, content_type = "application/problem+json"),
))]
pub async fn ready(Extension(service): Extension<Service>) -> Result<StatusCode, Refusal> {
    service.hub.refuse_if_draining()?;
    match service.hub.health() {
        Health::Ok => Ok(StatusCode::NO_CONTENT),
        Health::NoSpace => Err(Error::NoSpace { retry_after: RETRY_LATER }.into()),
        Health::Failed(_) => Err(Error::BacklogFailed { outcome: WriteOutcome::NotWritten }.into()),
    }
}

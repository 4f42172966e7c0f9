//! `GET /metrics`: for Prometheus, and whoever reads its formats.

use axum::Extension;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE};

use super::Refusal;
use super::caching::Caching;
use super::params::{Nothing, Params};
use crate::metrics::text::{self, Form};
use crate::service::Service;

/// Tells what the hub counts and measures of itself; docs/metrics.md says what each number means.
///
/// The text is Prometheus' (0.0.4), or OpenMetrics 1.0 for who accepts `application/openmetrics-text`.
#[utoipa::path(get, path = "/metrics", operation_id = "metrics", responses(
    (status = 200, body = String, content_type = "text/plain", description = "How the metrics stand now."),
))]
pub async fn scrape(
    Extension(service): Extension<Service>,
    headers: HeaderMap,
    params: Params<Nothing>,
) -> Result<Response, Refusal> {
    params.without_attributes()?;
    service.access.admin()?;
    let accept = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let form = Form::asked_for(accept);
    let text = text::write(&service.hub.readings().await, form);
    let headers = [
        (CONTENT_TYPE, form.content_type().parse()),
        (CACHE_CONTROL, Ok(Caching::Nothing.header())),
    ];
    let headers = headers.into_iter().filter_map(|(name, value)| Some((name, value.ok()?)));
    Ok((headers.collect::<HeaderMap>(), text).into_response())
}

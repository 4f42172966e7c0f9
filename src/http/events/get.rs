//! `GET /v1/events`.

use std::sync::Arc;

use axum::Extension;
use axum::response::Response;
use http::HeaderMap;

use super::page::Page;
use super::pages::Pages;
use super::poll::Poll;
use super::query::Query;
use crate::http::Refusal;
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::service::Service;

/// Lists the events after a cursor, in order; with `wait`, waits for one if there is none.
///
/// Send the `ETag` of the last answer as `If-None-Match`, and nothing new costs a 304 from memory. `Hintwire-Next-Cursor`
/// is on every answer but refusals: take it as the next `since`, also from a 204 or a 304. HEAD answers alike, without
/// the body.
#[utoipa::path(get, path = "/v1/events", params(
    Query,
    ("If-None-Match" = Option<String>, Header, description = "The `ETag` of an answer before."),
), responses(
    (status = 200, description = "What is there now.", body = Page, headers(
        ("ETag" = String, description = "Stands for the events up to now, as asked for."),
        ("Hintwire-Next-Cursor" = String, description = "`next_cursor`."),
        ("Hintwire-Poll-After-Ms" = u64, description = "`poll_after_ms`."),
    )),
    (status = 204, description = "With `wait`: nothing came. Headers as with 200."),
    (status = 304, description = "There is nothing that the `If-None-Match` does not stand for; with `wait`, nothing came either. \
        Headers as with 200."),
    (status = 409, description = "`CURSOR_FOREIGN`, `CURSOR_AHEAD`.", body = Problem, content_type = "application/problem+json"),
    (status = 410, description = "`CURSOR_TRIMMED`.", body = Problem, content_type = "application/problem+json"),
    (status = "5XX", description = "`DRAINING`, `NODE_BEHIND`, `BACKLOG_DAMAGED`.", body = Problem, content_type = "application/problem+json"),
))]
pub async fn events(
    Extension(service): Extension<Service>,
    Extension(pages): Extension<Arc<Pages>>,
    headers: HeaderMap,
    params: Params<Query>,
) -> Result<Response, Refusal> {
    let fetch = Query::fetch(params, &service.limits, &service.access)?;
    let poll = Poll { service: &service, pages: &pages, fetch: &fetch, headers: &headers };
    Ok(poll.answer().await?.to(&service.connection))
}

//! `GET /v1/snapshot`: the newest event of each key.

use axum::Extension;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::answer::Now;
use super::params::Params;
use super::{Refusal, kept};
use crate::error::Error;
use crate::json::Event;
use crate::service::{Service, snapshot};
use crate::v1;

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Query {
    /// Patterns, one or more.
    topic: Vec<String>,
    /// Only these keys; at most 1,000.
    key: Vec<String>,
    /// Most events of the page. Default 100, at most 1,000.
    page_size: i32,
    /// Most bytes of the page's events, as kept. Default 1 MiB, at most 3 MiB.
    max_bytes: i32,
    /// Leave the data of the events out.
    omit_data: bool,
    /// `next_page_token` of the page before.
    page_token: String,
}

/// A page of newest events, by topic and key; no tombstones.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SnapshotPage)]
pub struct Page<'a> {
    events: Vec<Event<'a>>,
    /// Asks for the next page; empty after the last. A page may be empty and yet not the last.
    next_page_token: String,
    /// Go on from here after the last page.
    cursor: String,
}

/// Lists the newest event of each key that matches.
#[utoipa::path(get, path = "/v1/snapshot", operation_id = "snapshot", params(Query), responses(
    (status = 200, body = Page, description = "A page; the next one if it has a token, else go on from its cursor."),
))]
pub async fn page(
    Extension(service): Extension<Service>,
    params: Params<Query>,
) -> Result<Response, Refusal> {
    let Query { topic, key, page_size, max_bytes, omit_data, page_token } =
        params.without_attributes()?;
    let request = v1::SnapshotRequest {
        topics: topic,
        keys: key,
        page_size,
        max_bytes,
        omit_data,
        page_token,
    };
    let page = snapshot::call(&service, request).await?;
    let json = |event| kept::event(event, page.hub.lineage(), omit_data);
    let body = Page {
        events: page.events.iter().map(json).collect::<Result<_, Error>>()?,
        next_page_token: page.rest.next_page_token,
        cursor: page.rest.cursor,
    };
    Ok(Now(body).into_response())
}

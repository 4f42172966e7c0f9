//! `GET /v1/feed`: the events as an HTTP Feed (http-feeds.org); `docs/http-feeds.md` has it point by point.

mod query;

use axum::Extension;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION};
use http::{StatusCode, Uri};

use self::query::Query;
use super::Refusal;
use super::answer::NEXT_CURSOR;
use super::caching::Caching;
use super::kept::cloud_event;
use super::params::Params;
use super::problem::Problem;
use crate::error::Error;
use crate::hub::{Fetch, Start};
use crate::json::CloudEvent;
use crate::limits::FEED_FETCHES;
use crate::metrics::Fetches;
use crate::service::{FetchPage, Service, fetch, parse};

/// Lists the events after a place as CloudEvents, oldest first; an empty list is the end.
///
/// `Hintwire-Next-Cursor` is a `lastEventId` too: it moves on where no event matches.
#[utoipa::path(get, path = "/v1/feed", params(Query), responses(
    (status = 200, description = "What is there now.", body = Vec<CloudEvent>,
        content_type = "application/cloudevents-batch+json", headers(
        ("Hintwire-Next-Cursor" = String, description = "The place up to which everything was looked at."),
    )),
    (status = 307, description = "Much was looked at and nothing matched: the `Location` goes on from there."),
    (status = 409, description = "`CURSOR_FOREIGN`, `CURSOR_AHEAD`.", body = Problem, content_type = "application/problem+json"),
    (status = 410, description = "`CURSOR_TRIMMED`.", body = Problem, content_type = "application/problem+json"),
    (status = "4XX", description = "Another refusal.", body = Problem, content_type = "application/problem+json"),
    (status = "5XX", description = "`DRAINING`, `BACKLOG_DAMAGED`.", body = Problem, content_type = "application/problem+json"),
))]
pub async fn feed(
    Extension(service): Extension<Service>,
    uri: Uri,
    params: Params<Query>,
) -> Result<Response, Refusal> {
    service.hub.refuse_if_draining()?;
    let request = Query::request(params)?;
    let from_a_place = !request.cursor.is_empty();
    let fetch = fetch::parse(request, &service.limits, &service.access)?;
    let page = search(&service, fetch, FEED_FETCHES).await?;
    if page.events.is_empty() && page.rest.has_more {
        return Ok(send_on(&uri, page.rest.next_cursor));
    }
    // Whatever is appended later, a page that others follow stays what it is; but what comes first changes.
    let full = page.rest.has_more && from_a_place;
    let caching = if full { Caching::Keep } else { Caching::Ask };
    let body = written(&page)?;
    let kind = [(CONTENT_TYPE, "application/cloudevents-batch+json")];
    let caching = [(CACHE_CONTROL, caching.header())];
    Ok((kind, caching, [(NEXT_CURSOR, page.rest.next_cursor)], body).into_response())
}

/// The first page with an event, or the last one; or, after so many, where it has come to.
async fn search(
    service: &Service,
    mut fetch: Fetch,
    mut fetches: usize,
) -> Result<FetchPage, Error> {
    loop {
        let page = fetch::answer(service, fetch.clone(), Fetches::Feed).await?;
        fetches = fetches.saturating_sub(1);
        if !page.events.is_empty() || !page.rest.has_more || fetches == 0 {
            return Ok(page);
        }
        fetch.start = Start::Cursor(parse::cursor(&page.rest.next_cursor, "lastEventId")?);
    }
}

fn written(page: &FetchPage) -> Result<Body, Error> {
    let lineage = page.hub.lineage();
    let events = page.events.iter().map(|event| cloud_event(event, lineage));
    let events = events.collect::<Result<Vec<_>, _>>()?;
    // Nothing of it can fail to be written: its keys are text.
    Ok(serde_json::to_vec(&events).unwrap_or_default().into())
}

/// The same request from another place: an empty page would look like the end, and the reader would start over.
fn send_on(uri: &Uri, cursor: String) -> Response {
    let query = query::after(uri.query().unwrap_or_default(), &cursor);
    let headers = [
        (LOCATION, format!("?{query}")),
        (CACHE_CONTROL, "no-store".to_owned()),
        (NEXT_CURSOR, cursor),
    ];
    (StatusCode::TEMPORARY_REDIRECT, headers).into_response()
}

#[cfg(test)]
mod tests;

//! Fetch: the events after a start.

use std::sync::Arc;

use super::page::{FetchPage, Page};
use super::{Service, parse, reply};
use crate::access::{Access, Cost};
use crate::error::Error;
use crate::hub::{Fetch, Fetched, Start};
use crate::limits::{
    Limits, PAGE_BYTES, PAGE_BYTES_DEFAULT, PAGE_EVENTS, PAGE_EVENTS_DEFAULT, WAIT,
};
use crate::metrics::Fetches;
use crate::trace_context;
use crate::v1;
use crate::v1::fetch_request::Seek;

pub async fn call(
    service: &Service,
    request: v1::FetchRequest,
    kind: Fetches,
) -> Result<FetchPage, Error> {
    let fetch = parse(request, &service.limits, &service.access)?;
    answer(service, fetch, kind).await
}

/// The page that was asked for.
pub async fn answer(service: &Service, fetch: Fetch, kind: Fetches) -> Result<FetchPage, Error> {
    let (omit_data, kind) = (fetch.omit_data, kind.waiting(fetch.wait));
    let fetched = fetched(service, fetch).await?;
    service.fetched(kind, fetched.events.len(), fetched.next.position);
    trace_context::link(fetched.events.iter());
    let rest = v1::FetchResponse {
        events: Vec::new(),
        next_cursor: reply::token(fetched.next),
        head: reply::token(fetched.head),
        has_more: fetched.has_more,
        poll_after: reply::duration(fetched.poll_after),
    };
    Ok(Page { hub: Arc::clone(&service.hub), events: fetched.events, omit_data, rest })
}

/// A page, once the connection has room for one. A page for which there is none is not kept while it waits: there may be
/// one for each of many calls.
async fn fetched(service: &Service, fetch: Fetch) -> Result<Fetched, Error> {
    loop {
        let fetched = service.hub.fetch(fetch.clone()).await?;
        if fetched.events.is_empty() || service.connection.has_room() {
            return Ok(fetched);
        }
        drop(fetched);
        service.connection.room().await?;
    }
}

/// The fetch that a request asks for, which costs its sender one.
///
/// # Errors
/// [`Error::InvalidField`], [`Error::TooLarge`], [`Error::Cursor`], each with its field; as [`Access::grant`].
pub fn parse(request: v1::FetchRequest, limits: &Limits, access: &Access) -> Result<Fetch, Error> {
    let selection = parse::selection(&request.topics, request.types, request.attributes, limits)?;
    let selection = access.grant(selection)?;
    access.spend(Cost::Fetch)?;
    Ok(Fetch {
        selection,
        start: start(&request.cursor, request.seek)?,
        events: parse::count(request.limit, PAGE_EVENTS_DEFAULT, PAGE_EVENTS, "limit")?,
        bytes: parse::count(request.max_bytes, PAGE_BYTES_DEFAULT, PAGE_BYTES, "max_bytes")?,
        omit_data: request.omit_data,
        wait: parse::duration(request.wait, "wait")?.min(WAIT),
        at_least: parse::cursor(&request.at_least, "at_least")?,
    })
}

fn start(cursor: &str, seek: Option<Seek>) -> Result<Start, Error> {
    let Some(seek) = seek else {
        return Ok(Start::Cursor(parse::cursor(cursor, "cursor")?));
    };
    if !cursor.is_empty() {
        return Err(Error::invalid("cursor", "and a seek exclude each other"));
    }
    match seek {
        Seek::FromTime(time) => Ok(Start::Time(parse::time(time, "from_time")?)),
        Seek::FromStart(start) => match v1::fetch_request::Start::try_from(start) {
            Ok(v1::fetch_request::Start::Earliest) => Ok(Start::Earliest),
            Ok(v1::fetch_request::Start::Latest) => Ok(Start::Latest),
            Ok(v1::fetch_request::Start::Unspecified) | Err(_) => {
                Err(Error::invalid("from_start", "is neither START_EARLIEST nor START_LATEST"))
            }
        },
    }
}

//! The query of a poll, as the request that gRPC would bring.

use prost_types::Timestamp;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::access::Access;
use crate::error::{CursorError, Error};
use crate::http::params::{Params, duration};
use crate::hub::Fetch;
use crate::limits::Limits;
use crate::service::fetch;
use crate::v1;
use crate::v1::fetch_request::{Seek, Start};

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Query {
    /// Patterns, one or more.
    topic: Vec<String>,
    /// Only events of one of these types. `attribute.NAME=VALUE`, once or more, asks for attributes likewise.
    r#type: Vec<String>,
    /// Events after this cursor. Empty: from the earliest that is retained.
    since: String,
    /// Instead of `since`: events published at or after this time (RFC 3339).
    from_time: String,
    /// Instead of `since`: `earliest` or `latest`.
    from_start: String,
    /// Most events of the page. Default 100, at most 1,000.
    limit: i32,
    /// Most bytes of the page's events, as kept. Default 1 MiB, at most 3 MiB.
    max_bytes: i32,
    /// Leave the data of the events out; `data_size` says how large it is.
    omit_data: bool,
    /// How long to wait for an event if there is none, e.g. `30s`. At most 60 s.
    wait: String,
    /// Answer only once the hub has seen this cursor.
    at_least: String,
}

impl Query {
    /// The fetch that a query asks for.
    ///
    /// # Errors
    /// [`Error::InvalidField`], [`Error::TooLarge`], [`Error::Cursor`], each with the name of its parameter.
    pub fn fetch(params: Params<Self>, limits: &Limits, access: &Access) -> Result<Fetch, Error> {
        let Params { known, attributes } = params;
        let request = v1::FetchRequest {
            seek: seek(&known.from_time, &known.from_start)?,
            wait: duration(&known.wait, "wait")?.try_into().ok(),
            topics: known.topic,
            types: known.r#type,
            attributes,
            cursor: known.since,
            limit: known.limit,
            max_bytes: known.max_bytes,
            omit_data: known.omit_data,
            at_least: known.at_least,
        };
        fetch::parse(request, limits, access).map_err(named)
    }
}

/// The seek that a start names, if it names one.
pub fn seek(from_time: &str, from_start: &str) -> Result<Option<Seek>, Error> {
    match (from_time, from_start) {
        ("", "") => Ok(None),
        (time, "") => Ok(Some(Seek::FromTime(instant(time)?))),
        ("", start) => Ok(Some(Seek::FromStart(edge(start).into()))),
        _ => Err(Error::invalid("from_start", "and from_time exclude each other")),
    }
}

fn instant(text: &str) -> Result<Timestamp, Error> {
    let why = "is no time of RFC 3339, such as 2026-01-31T12:00:00Z";
    text.parse().map_err(|_| Error::invalid("from_time", why))
}

fn edge(text: &str) -> Start {
    if text.eq_ignore_ascii_case("earliest") {
        Start::Earliest
    } else if text.eq_ignore_ascii_case("latest") {
        Start::Latest
    } else {
        Start::Unspecified
    }
}

/// What gRPC calls `cursor` is `since` here.
pub fn named(error: Error) -> Error {
    let name = |field: String| if field == "cursor" { "since".to_owned() } else { field };
    match error {
        Error::InvalidField { field, why } => Error::InvalidField { field: name(field), why },
        Error::Cursor(error) => Error::Cursor(match *error {
            CursorError::Malformed { field } => {
                Box::new(CursorError::Malformed { field: name(field) })
            }
            other => Box::new(other),
        }),
        other => other,
    }
}

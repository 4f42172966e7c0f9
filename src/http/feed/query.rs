//! The query of a feed, as the request that gRPC would bring.

use std::time::Duration;

use form_urlencoded::Serializer;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::error::Error;
use crate::http::params::Params;
use crate::limits::WAIT;
use crate::service::parse;
use crate::v1::FetchRequest;

const LAST_EVENT_ID: &str = "lastEventId";

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Query {
    /// Patterns, one or more.
    topic: Vec<String>,
    /// Only events of one of these types. `attribute.NAME=VALUE`, once or more, asks for attributes likewise.
    r#type: Vec<String>,
    /// Events after the one with this id; any cursor will do. Absent, empty or `null`: from the earliest that is retained.
    #[serde(rename = "lastEventId")]
    last_event_id: String,
    /// How long to wait for an event if there is none, in milliseconds. At most 60,000.
    timeout: u64,
    /// Most events of the page. Default 100, at most 1,000.
    limit: i32,
    /// Most bytes of the page's events, as kept. Default 1 MiB, at most 3 MiB.
    max_bytes: i32,
}

impl Query {
    /// The fetch that a query asks for.
    ///
    /// # Errors
    /// [`Error::Cursor`] for a `lastEventId` that is none. The rest is checked with the fetch.
    pub fn request(params: Params<Self>) -> Result<FetchRequest, Error> {
        let Params { known, attributes } = params;
        // What clients make of an id that they do not have yet.
        let cursor = Some(known.last_event_id).filter(|id| id != "null").unwrap_or_default();
        parse::cursor(&cursor, LAST_EVENT_ID)?;
        let wait = Duration::from_millis(known.timeout).min(WAIT);
        Ok(FetchRequest {
            topics: known.topic,
            types: known.r#type,
            attributes,
            cursor,
            wait: wait.try_into().ok(),
            limit: known.limit,
            max_bytes: known.max_bytes,
            ..FetchRequest::default()
        })
    }
}

/// The same query from another place.
pub fn after(query: &str, cursor: &str) -> String {
    let rest = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != LAST_EVENT_ID);
    Serializer::new(String::new()).extend_pairs(rest).append_pair(LAST_EVENT_ID, cursor).finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_is_sent_on_with_all_else_that_it_asked_for() {
        let query = "topic=a%2F**&lastEventId=x&topic=b&attribute.k=%26&timeout=5";
        let expected = "topic=a%2F**&topic=b&attribute.k=%26&timeout=5&lastEventId=y";
        assert_eq!(after(query, "y"), expected);
        assert_eq!(after("", "y"), "lastEventId=y");
    }
}

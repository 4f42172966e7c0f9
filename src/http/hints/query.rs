//! What is asked of a stream.

use http::HeaderMap;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::access::Access;
use crate::cursor::Cursor;
use crate::error::{CursorError, Error};
use crate::http::params::{Params, duration, flag};
use crate::hub::Subscribe;
use crate::limits::Limits;
use crate::service::parse;

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Query {
    /// Patterns, one or more.
    topic: Vec<String>,
    /// Only events of one of these types. `attribute.NAME=VALUE`, once or more, asks for attributes likewise.
    r#type: Vec<String>,
    /// The place that the reader has come to; `Last-Event-ID` goes before it. Empty: news alone with `mode=hints`, all that
    /// is retained with `mode=events`.
    since: String,
    /// With `mode=events`, instead of `since`: `earliest` or `latest`.
    from_start: String,
    /// `hints` (the default): that there is news. `events`: the events themselves.
    #[param(inline)]
    mode: Mode,
    /// With `mode=events`, instead of `since`: `1` sends the newest event of each key first. That is not filtered.
    #[serde(deserialize_with = "flag")]
    snapshot: bool,
    /// With `mode=events`: leave the data of the events out; `data_size` says how large it is.
    #[serde(deserialize_with = "flag")]
    omit_data: bool,
    /// `1` ends the answer after the first news: a long poll, for proxies that keep an answer until it is whole.
    #[serde(deserialize_with = "flag")]
    closeafter: bool,
    /// Least time between two hints, e.g. `1s`. Default 10 ms, at most 60 s.
    min_interval: String,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Mode {
    #[default]
    Hints,
    Events,
}

/// A stream, as asked for.
#[derive(Debug)]
pub struct Asked {
    /// Whom the hub shall tell of what; its cursor is the reader's place, if it named one.
    pub subscribe: Subscribe,
    /// What it shall be sent.
    pub what: What,
    /// Nothing after the first news.
    pub once: bool,
    /// The place is what the stream before has left with the reader.
    pub resumed: bool,
}

/// What a stream sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// That there is news.
    Hints,
    /// The events.
    Events {
        /// From where on.
        from: From,
        /// Without their data.
        omit_data: bool,
    },
}

/// Where events begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// After the reader's place; without one, at the earliest.
    Place,
    /// After the head.
    Latest,
    /// With the newest of each key.
    Snapshot,
}

impl Asked {
    /// Reads a query and the header that browsers bring back.
    ///
    /// # Errors
    /// [`Error::InvalidField`], [`Error::TooLarge`], [`Error::Cursor`].
    pub fn of(
        params: Params<Query>,
        headers: &HeaderMap,
        limits: &Limits,
        access: &Access,
    ) -> Result<Self, Error> {
        let Params { known: query, attributes } = params;
        let from = query.from()?;
        let resumed = last_event_id(headers)?;
        let selection = parse::selection(&query.topic, query.r#type, attributes, limits)?;
        let subscribe = Subscribe {
            cursor: resumed.or(parse::cursor(&query.since, "since")?),
            selection: access.grant(selection)?,
            min_interval: duration(&query.min_interval, "min_interval")?,
        };
        let from = if resumed.is_some() { From::Place } else { from };
        let what = match query.mode {
            Mode::Hints => What::Hints,
            Mode::Events => What::Events { from, omit_data: query.omit_data },
        };
        Ok(Self { subscribe, what, once: query.closeafter, resumed: resumed.is_some() })
    }
}

impl Query {
    /// One start at most, and none but a place for hints.
    fn from(&self) -> Result<From, Error> {
        let starts = [
            ("since", !self.since.is_empty()),
            ("from_start", !self.from_start.is_empty()),
            ("snapshot", self.snapshot),
        ];
        let mut named = starts.iter().filter(|(_, named)| *named).map(|(name, _)| *name);
        if let (Some(one), Some(other)) = (named.next(), named.next()) {
            return Err(Error::invalid(other, format!("and {one} exclude each other")));
        }
        if self.mode == Mode::Hints {
            let others = [("omit_data", self.omit_data)];
            let of_events = starts.iter().skip(1).chain(&others).find(|(_, named)| *named);
            if let Some((name, _)) = of_events {
                return Err(Error::invalid(*name, "is for mode=events alone"));
            }
        }
        match self.from_start.as_str() {
            _ if self.snapshot => Ok(From::Snapshot),
            "" | "earliest" => Ok(From::Place),
            "latest" => Ok(From::Latest),
            _ => Err(Error::invalid("from_start", "is neither earliest nor latest")),
        }
    }
}

/// Browsers send no header while they have no ID.
fn last_event_id(headers: &HeaderMap) -> Result<Option<Cursor>, Error> {
    const NAME: &str = "last-event-id";
    let Some(id) = headers.get(NAME) else {
        return Ok(None);
    };
    let text = id.to_str().map_err(|_| CursorError::Malformed { field: NAME.to_owned() });
    parse::cursor(text.map_err(Box::new)?, NAME)
}

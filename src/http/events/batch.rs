//! The body of `POST /v1/events:fetch`: many polls in one.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, SeqAccess, Visitor};
use utoipa::ToSchema;

use super::query::{named, seek};
use crate::access::Access;
use crate::error::Error;
use crate::http::body;
use crate::http::params::duration;
use crate::hub::Fetch;
use crate::json::{Object, read};
use crate::limits::{Limits, PAGE_BYTES, PAGE_BYTES_DEFAULT, POLLS, WAIT};
use crate::service::{fetch, parse};
use crate::v1;

/// Polls that are answered together.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Batch {
    /// 1 to 1,000 polls, with 1,000 topics in all.
    #[serde(deserialize_with = "few")]
    #[schema(value_type = Vec<One>)]
    requests: Vec<Object<One>>,
    /// Most bytes of all pages together, as JSON, but for the first. Default 1 MiB, at most 3 MiB.
    #[serde(default)]
    max_bytes: i32,
    /// How long to wait for an event if none of them has any, e.g. `30s`. At most 60 s.
    #[serde(default)]
    wait: String,
}

/// One poll, with the names of `GET /v1/events`.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct One {
    /// Patterns, one or more.
    topics: Vec<String>,
    /// Only events of one of these types.
    types: Vec<String>,
    /// Only events that carry all of these attributes.
    attributes: HashMap<String, String>,
    /// Events after this cursor. Empty: from the earliest that is retained.
    since: String,
    /// Instead of `since`: events published at or after this time (RFC 3339).
    from_time: String,
    /// Instead of `since`: `earliest` or `latest`.
    from_start: String,
    /// Most events of the page. Default 100, at most 1,000.
    limit: i32,
    /// Leave the data of the events out.
    omit_data: bool,
}

/// A batch that was checked.
pub struct Polls {
    /// What each asks for; what is wrong with one concerns it alone.
    pub fetches: Vec<Result<Fetch, Error>>,
    /// Most bytes of all pages together.
    pub bytes: usize,
    /// How long to wait.
    pub wait: Duration,
}

impl Batch {
    /// Reads a body.
    ///
    /// # Errors
    /// [`Error::InvalidField`] with the path of what is wrong, [`Error::TooLarge`] for polls and topics.
    pub fn read(body: &[u8], limits: &Limits, access: &Access) -> Result<Polls, Error> {
        let Object(batch) = read::<Object<Self>>(body::text(body)?, "")?;
        batch.check(limits, access)
    }

    fn check(self, limits: &Limits, access: &Access) -> Result<Polls, Error> {
        if self.requests.is_empty() {
            return Err(Error::invalid("requests", "is empty"));
        }
        // Together they may ask no more than one could.
        let topics = self.requests.iter().map(|Object(one)| one.topics.len()).sum();
        parse::at_most(topics, limits.patterns, "requests.topics")?;
        let bytes = parse::count(self.max_bytes, PAGE_BYTES_DEFAULT, PAGE_BYTES, "max_bytes")?;
        let wait = duration(&self.wait, "wait")?.min(WAIT);
        let fetch =
            |Object(one): Object<One>| one.fetch(self.max_bytes, limits, access).map_err(named);
        Ok(Polls { fetches: self.requests.into_iter().map(fetch).collect(), bytes, wait })
    }
}

impl One {
    fn fetch(self, max_bytes: i32, limits: &Limits, access: &Access) -> Result<Fetch, Error> {
        let request = v1::FetchRequest {
            seek: seek(&self.from_time, &self.from_start)?,
            topics: self.topics,
            types: self.types,
            attributes: self.attributes,
            cursor: self.since,
            limit: self.limit,
            max_bytes,
            omit_data: self.omit_data,
            wait: None,
            at_least: String::new(),
        };
        fetch::parse(request, limits, access)
    }
}

/// Stops at the first that is too many, before there is memory for all of them.
fn few<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Object<One>>, D::Error> {
    struct Few;

    impl<'de> Visitor<'de> for Few {
        type Value = Vec<Object<One>>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "an array of at most {POLLS} requests")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Vec<Object<One>>, A::Error> {
            let mut all = Vec::new();
            while let Some(one) = from.next_element()? {
                if all.len() == POLLS {
                    return Err(A::Error::invalid_length(POLLS + 1, &self));
                }
                all.push(one);
            }
            Ok(all)
        }
    }

    from.deserialize_seq(Few)
}

//! The answer to many polls.

use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::page::{Page, Written};
use super::query::named;
use crate::error::Error;
use crate::http::Refusal;
use crate::http::problem::Problem;

/// What there is for many polls.
#[derive(Debug, Serialize, ToSchema)]
pub struct Answers<'a> {
    /// Those that have something to be told, by their index among the requests.
    pub changed: Vec<Entry<'a>>,
    /// Where all others go on.
    pub next_cursor: String,
    /// Without a stream or a `wait`, ask again after so many milliseconds.
    pub poll_after_ms: u64,
}

/// One of them: a page or an error.
#[derive(Debug, Serialize, ToSchema)]
pub struct Entry<'a> {
    index: usize,
    /// As `GET /v1/events` answers it. With `has_more` and no events, it found no room: ask again at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Page>)]
    page: Option<&'a RawValue>,
    /// Why this one is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Problem>,
}

impl<'a> Entry<'a> {
    /// What is said of one.
    pub fn of(index: usize, page: &'a Result<Written, Error>) -> Self {
        match page {
            // It was written as JSON.
            Ok(page) => Self { index, page: serde_json::from_slice(&page.json).ok(), error: None },
            Err(error) => {
                let refusal = Refusal::from(named(error.clone()));
                Self { index, page: None, error: Some(refusal.problem()) }
            }
        }
    }
}

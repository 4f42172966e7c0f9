//! `GET /v1/cursor/{token}`: what a cursor is worth.

use axum::Extension;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use serde::Serialize;
use utoipa::ToSchema;

use super::Refusal;
use super::answer::Now;
use super::params::{Nothing, Params};
use crate::service::{Service, describe};

/// What a cursor is worth.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CursorDescription)]
pub struct Description {
    /// `VALID`, `TRIMMED`, `FOREIGN`, `AHEAD` or `MALFORMED`.
    #[schema(example = "VALID")]
    state: &'static str,
    /// When the event just before it was published, if that is known.
    publish_time: Option<String>,
    /// The life of the backlog that it names; empty if it is malformed.
    incarnation: String,
    /// What to do: `NONE`, `SNAPSHOT`, `EARLIEST` or `FAIL`.
    #[schema(example = "NONE")]
    action: String,
    /// What to do, in a sentence.
    advice: String,
    /// The place from which nothing is missing.
    earliest: String,
    /// The place after the newest event.
    head: String,
}

/// Says what a cursor is worth, whatever it is.
#[utoipa::path(get, path = "/v1/cursor/{token}", operation_id = "cursor",
    params(("token" = String, Path, description = "The cursor; any text.")),
    responses(
        (status = 200, body = Description, description = "Whatever the token is."),
    ))]
pub async fn describe(
    Extension(service): Extension<Service>,
    token: Result<Path<String>, PathRejection>,
    params: Params<Nothing>,
) -> Result<Now<Description>, Refusal> {
    params.without_attributes()?;
    // What is not even text is no token either.
    let token = token.map_or_else(|not_text| not_text.to_string(), |Path(token)| token);
    let found = describe::cursor(&service, &token).await?;
    Ok(Now(Description {
        state: found.state().as_str_name().trim_start_matches("STATE_"),
        publish_time: found.publish_time.map(|time| time.to_string()),
        incarnation: found.incarnation,
        action: found.action,
        advice: found.advice,
        earliest: found.earliest,
        head: found.head,
    }))
}

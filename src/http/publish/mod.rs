//! `POST /v1/events`: publishes a batch, all or none.

mod form;

use axum::Extension;
use axum::body::Body;
use http::HeaderMap;
use serde::Serialize;
use utoipa::ToSchema;

use self::form::{Batch, Form};
use super::answer::Now;
use super::params::{Nothing, Params};
use super::problem::Problem;
use super::{Refusal, body};
use crate::json::NewEvent;
use crate::service::{Service, publish};

/// What became of each event, in the order of the request.
#[derive(Debug, Serialize, ToSchema)]
pub struct Published {
    results: Vec<Placed>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Placed {
    /// The place just after the event, or, for a repeat, just after its first publication.
    cursor: String,
    /// It had been published before, with the same topic, id and content.
    duplicate: bool,
}

/// Publishes a batch.
#[utoipa::path(
    post,
    path = "/v1/events",
    request_body(
        description = "One event a line is one batch too.",
        content((Batch = "application/json"), (NewEvent = "application/x-ndjson"))
    ),
    responses(
        (status = 200, body = Published, description = "The batch is durable."),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn call(
    Extension(service): Extension<Service>,
    params: Params<Nothing>,
    headers: HeaderMap,
    body: Body,
) -> Result<Now<Published>, Refusal> {
    let form = Form::of(&headers)?;
    let Nothing {} = params.without_attributes()?;
    let body = body::whole(&service, body).await?;
    let answer = publish::call(&service, form.read(&body)?).await?;
    let placed = answer
        .results
        .into_iter()
        .map(|result| Placed { cursor: result.cursor, duplicate: result.duplicate });
    Ok(Now(Published { results: placed.collect() }))
}

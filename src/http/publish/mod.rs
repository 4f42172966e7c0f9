//! `POST /v1/events`: publishes a batch, all or none.

mod form;

use axum::Extension;
use axum::body::Body;
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use self::form::{Batch, Form};
use super::answer::Now;
use super::params::Params;
use super::{Refusal, body};
use crate::json::{CloudEvent, NewEvent};
use crate::service::{Service, publish};

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Query {
    /// The topic of all CloudEvents of the batch; without it, each one's source is `/` and its topic. Events in the
    /// hub's own form name theirs.
    topic: Option<String>,
}

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
    operation_id = "publish",
    params(Query),
    request_body(
        description = "One event a line is one batch too, and so are CloudEvents, alone or in a list.",
        content(
            (Batch = "application/json"),
            (NewEvent = "application/x-ndjson"),
            (CloudEvent = "application/cloudevents+json"),
            (Vec<CloudEvent> = "application/cloudevents-batch+json"),
        )
    ),
    responses(
        (status = 200, body = Published, description = "The batch is durable."),
    )
)]
pub async fn call(
    Extension(service): Extension<Service>,
    params: Params<Query>,
    headers: HeaderMap,
    body: Body,
) -> Result<Now<Published>, Refusal> {
    let form = Form::of(&headers)?;
    let Query { topic } = params.without_attributes()?;
    let body = body::whole(&service, body).await?;
    let answer = publish::call(&service, form.read(&body, topic.as_deref())?).await?;
    let placed = answer
        .results
        .into_iter()
        .map(|result| Placed { cursor: result.cursor, duplicate: result.duplicate });
    Ok(Now(Published { results: placed.collect() }))
}

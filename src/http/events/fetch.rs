//! `POST /v1/events:fetch`.

use std::sync::Arc;

use axum::Extension;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

use super::answers::Answers;
use super::batch::Batch;
use super::many::Many;
use super::pages::Pages;
use crate::http::caching::Caching;
use crate::http::params::{Nothing, Params};
use crate::http::problem::Problem;
use crate::http::{Refusal, body, unread};
use crate::service::Service;

const JSON: &str = "application/json";

/// Answers many polls at once, each with its own cursor: those that have news.
///
/// What is wrong with one poll, such as a cursor that was trimmed, is said in its place and concerns it alone. Those that
/// are not listed go on from `next_cursor`.
#[utoipa::path(post, path = "/v1/events:fetch", operation_id = "fetch", request_body = Batch, responses(
    (status = 200, body = Answers, description = "The polls that have news."),
    (status = 413, description = "The body is over `request_bytes`.", body = Problem, content_type = "application/problem+json"),
    (status = 415, description = "The body is not `application/json`.", body = Problem, content_type = "application/problem+json"),
    (status = "5XX", description = "`DRAINING`.", body = Problem, content_type = "application/problem+json"),
))]
pub async fn events(
    Extension(service): Extension<Service>,
    Extension(pages): Extension<Arc<Pages>>,
    _: Params<Nothing>,
    request: Request,
) -> Result<Response, Refusal> {
    if !is_json(request.headers().get(CONTENT_TYPE)) {
        return Err(Refusal::MediaType(JSON));
    }
    let body = body::whole(&service, request.into_body()).await?;
    let polls = Batch::read(&body, &service.limits, &service.access)?;
    let many = Many { service: &service, pages: &pages };
    let json = many.answer(polls).await?;
    let headers = [
        (CACHE_CONTROL, Caching::Nothing.header()),
        (CONTENT_TYPE, HeaderValue::from_static(JSON)),
    ];
    Ok((headers, unread::body(json.into(), &service.connection)).into_response())
}

fn is_json(content_type: Option<&HeaderValue>) -> bool {
    let text = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media = text.split(';').next().unwrap_or_default().trim();
    media.eq_ignore_ascii_case(JSON)
}

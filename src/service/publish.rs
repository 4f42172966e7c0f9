//! Publish: one atomic batch.

use prost::Message;

use super::{Service, parse, reply};
use crate::access::Cost;
use crate::error::Error;
use crate::hub::{Published, Publishing};
use crate::v1;
use crate::v1::publish_response;

pub async fn call(
    service: &Service,
    request: v1::PublishRequest,
) -> Result<v1::PublishResponse, Error> {
    let bytes = request.encoded_len();
    Ok(response(submit(service, request, bytes)?.await?))
}

/// Hands a batch to the hub, in call order. The answer comes when it is durable.
pub fn submit(
    service: &Service,
    request: v1::PublishRequest,
    bytes: usize,
) -> Result<Publishing, Error> {
    parse::at_most(bytes, service.limits.request_bytes, "request")?;
    let expected = request.expected_cursor;
    let expected = expected.map(|token| parse::cursor(&token, "expected_cursor")).transpose()?;
    let events = service.access.grant(parse::events(request.events)?)?;
    service.access.spend(Cost::Publish { events: events.len(), bytes })?;
    service.hub.publish(events, expected)
}

/// The answer for a batch that is durable.
pub fn response(published: Vec<Published>) -> v1::PublishResponse {
    let result = |event: Published| publish_response::Result {
        cursor: reply::token(event.cursor),
        duplicate: event.duplicate,
    };
    v1::PublishResponse { results: published.into_iter().map(result).collect() }
}

//! The answer to a poll: status, headers and body.

use std::sync::Arc;
use std::time::Duration;

use axum::response::Response;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG};
use http::{HeaderName, HeaderValue, StatusCode};

use super::page::Written;
use super::tag::Tag;
use crate::cursor::Cursor;
use crate::http::answer::NEXT_CURSOR;
use crate::http::caching::Caching;
use crate::http::unread;
use crate::index::clock::millis;
use crate::service::Connection;

/// When to poll again, in milliseconds, likewise.
const POLL_AFTER: HeaderName = HeaderName::from_static("hintwire-poll-after-ms");

/// An answer.
pub struct Answer {
    pub body: Body,
    pub caching: Caching,
    pub tag: Tag,
    pub next: Cursor,
    pub poll_after: Duration,
}

/// What an answer brings.
pub enum Body {
    /// A page.
    Page(Written),
    /// What its sender has already.
    NotModified,
    /// Nothing came.
    Nothing,
}

impl Body {
    /// Events that it brings.
    pub fn events(&self) -> usize {
        match self {
            Self::Page(page) => page.events,
            Self::NotModified | Self::Nothing => 0,
        }
    }
}

impl Answer {
    /// The answer to a peer.
    pub fn to(self, connection: &Arc<Connection>) -> Response {
        let mut response = Response::default();
        let (status, poll_after, json) = match self.body {
            Body::Page(page) if page.has_more => (StatusCode::OK, Duration::ZERO, Some(page.json)),
            Body::Page(page) => (StatusCode::OK, self.poll_after, Some(page.json)),
            Body::NotModified => (StatusCode::NOT_MODIFIED, self.poll_after, None),
            Body::Nothing => (StatusCode::NO_CONTENT, self.poll_after, None),
        };
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, self.caching.header());
        headers.insert(ETAG, self.tag.into_header());
        headers.insert(POLL_AFTER, HeaderValue::from(millis(poll_after)));
        if let Ok(next) = HeaderValue::from_bytes(&self.next.token()) {
            headers.insert(NEXT_CURSOR, next);
        }
        if let Some(json) = json {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            *response.body_mut() = unread::body(json, connection);
        }
        response
    }
}

//! What pages of allowed origins may send and read (CORS).

use std::time::Duration;

use http::header::{
    AUTHORIZATION, CONTENT_TYPE, ETAG, IF_NONE_MATCH, ORIGIN, RETRY_AFTER, WWW_AUTHENTICATE,
};
use http::{HeaderName, HeaderValue, Method};
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::answer::NEXT_CURSOR;
use crate::config::Origin;

/// How long a browser need not ask again; none remembers longer.
const REMEMBERED: Duration = Duration::from_secs(7200);

/// Beside what every page may send. The last three are gRPC-Web's.
const SENT: [HeaderName; 7] = [
    AUTHORIZATION,
    CONTENT_TYPE,
    IF_NONE_MATCH,
    HeaderName::from_static("last-event-id"),
    HeaderName::from_static("grpc-timeout"),
    HeaderName::from_static("x-grpc-web"),
    HeaderName::from_static("x-user-agent"),
];

/// Beside what every page may read. The last three are gRPC-Web's.
const READ: [HeaderName; 8] = [
    ETAG,
    RETRY_AFTER,
    WWW_AUTHENTICATE,
    NEXT_CURSOR,
    HeaderName::from_static("hintwire-poll-after-ms"),
    HeaderName::from_static("grpc-status"),
    HeaderName::from_static("grpc-message"),
    HeaderName::from_static("grpc-status-details-bin"),
];

/// Allows these origins, if there are any.
pub fn layer(origins: &[Origin]) -> Option<CorsLayer> {
    let origins: Vec<HeaderValue> =
        origins.iter().filter_map(|origin| origin.to_string().try_into().ok()).collect();
    (!origins.is_empty()).then(|| {
        CorsLayer::new()
            .allow_origin(AllowOrigin::list(origins))
            .allow_methods([Method::GET, Method::HEAD, Method::POST])
            .allow_headers(SENT)
            .expose_headers(READ)
            .max_age(REMEMBERED)
            .vary([ORIGIN])
    })
}

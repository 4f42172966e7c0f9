//! What answers have in common.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::HeaderName;
use http::header::CACHE_CONTROL;
use serde::Serialize;

use super::caching::Caching;

/// Where a reader goes on, also where there is no body, or no event in it, that could say it.
pub const NEXT_CURSOR: HeaderName = HeaderName::from_static("hintwire-next-cursor");

/// JSON that is true at the moment alone: nobody may store it, and whoever asks again is told how it stands then.
pub struct Now<T>(pub T);

impl<T: Serialize> IntoResponse for Now<T> {
    fn into_response(self) -> Response {
        ([(CACHE_CONTROL, Caching::Nothing.header())], Json(self.0)).into_response()
    }
}

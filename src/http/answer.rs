//! Answers that say how it stands now.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header::CACHE_CONTROL;
use serde::Serialize;

use super::caching::Caching;

/// JSON that is true at the moment alone: nobody may store it, and whoever asks again is told how it stands then.
pub struct Now<T>(pub T);

impl<T: Serialize> IntoResponse for Now<T> {
    fn into_response(self) -> Response {
        ([(CACHE_CONTROL, Caching::Nothing.header())], Json(self.0)).into_response()
    }
}

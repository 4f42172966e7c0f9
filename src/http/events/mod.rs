//! `GET /v1/events` and `POST /v1/events:fetch`: polling over HTTP.
//!
//! A poll of which nothing is new is answered from memory: its [tag](tag) says what the reader has seen. What is new is read
//! and written as JSON once for all who ask the same at the same time ([pages]).

mod answer;
mod answers;
mod batch;
mod fetch;
mod get;
mod many;
mod page;
mod pages;
mod poll;
mod query;
mod tag;

use std::sync::Arc;

use axum::Extension;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use pages::Pages;

/// The routes, with the pages that they share.
pub fn routes() -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(get::events))
        .routes(routes!(fetch::events))
        .layer(Extension(Arc::new(Pages::new())))
}

//! The HTTP edge: the same hub, the same patterns and the same cursors for curl, browsers and pollers.
//!
//! A request passes the guard, becomes a call of the hub, and its answer JSON. Requests are brought into the words of the
//! API (`v1`) and checked where gRPC's are, so that both ways in refuse the same with the same reasons; `problem` says
//! them over HTTP.

mod answer;
pub mod body;
mod caching;
mod cors;
mod cursor;
mod events;
mod feed;
mod guard;
mod health;
mod hints;
mod hub;
mod identify;
mod kept;
mod metrics;
mod openapi;
mod params;
mod problem;
mod publish;
mod snapshot;
mod topics;
mod unread;

use axum::Router;
use axum::middleware;
use axum::routing::get;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use guard::HttpSettings;
pub use problem::{Reason, Refusal};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Hintwire",
        license(name = "Apache-2.0 OR MIT", identifier = "Apache-2.0 OR MIT")
    ),
    components(schemas(problem::Problem))
)]
struct Description;

/// All routes, and gRPC-Web's beside them. Each request brings the [`Service`](crate::service::Service) of its connection as
/// an extension, without any access, and the [`Senders`](crate::access::Senders) from whom its access is learned.
pub fn router(settings: &HttpSettings, grpc_web: Router) -> Router {
    let open = OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(health::alive))
        .routes(routes!(health::ready));
    let asked = OpenApiRouter::new()
        .routes(routes!(metrics::scrape))
        .routes(routes!(topics::list))
        .merge(events::routes())
        .routes(routes!(snapshot::page))
        .routes(routes!(cursor::describe))
        .routes(routes!(hub::describe))
        .routes(routes!(publish::call))
        .routes(routes!(hints::stream))
        .routes(routes!(feed::feed))
        .route_layer(middleware::from_fn(identify::identify));
    let (routes, mut description) = open.merge(asked).split_for_parts();
    openapi::complete(&mut description);
    let description = axum::body::Bytes::from(description.to_json().unwrap_or_default());
    let describe = get(async move || ([("content-type", "application/json")], description));
    let routes =
        if settings.described { routes.route("/v1/openapi.json", describe) } else { routes };
    let routes = routes
        .merge(grpc_web)
        .fallback(async || Refusal::NotFound)
        .method_not_allowed_fallback(async || Refusal::Method);
    guard::guarded(routes, settings)
}

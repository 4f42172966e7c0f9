//! gRPC-Web: the same calls for pages, which cannot speak gRPC, over HTTP/1.1 and HTTP/2.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Extension, Router};
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use tonic_web::GrpcWebLayer;
use tower::{Layer, ServiceExt, service_fn};

use super::front::Caller;
use crate::http::{HttpSettings, Refusal, body};
use crate::service::{SERVICE_NAME, Service};

/// The media types of gRPC-Web.
const KINDS: &str = "application/grpc-web, application/grpc-web+proto, application/grpc-web-text, \
application/grpc-web-text+proto";

/// The routes of all calls, and of health. They are off unless the operator lists an origin whose pages may call.
pub fn routes(settings: &HttpSettings) -> Router {
    let on = !settings.origins.is_empty();
    Router::new()
        .route(&format!("/{SERVICE_NAME}/{{call}}"), post(call))
        .route("/grpc.health.v1.Health/{call}", post(call))
        .with_state(on)
}

fn is_grpc_web(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| KINDS.split(", ").any(|known| known == kind))
}

/// A call. Its request has no more to say than one body, so that is read first, as any body over HTTP.
async fn call(
    State(on): State<bool>,
    Extension(service): Extension<Service>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Response, Refusal> {
    if !is_grpc_web(request.headers()) {
        return Err(Refusal::MediaType(KINDS));
    }
    if !on {
        return Err(Refusal::GrpcWebOff);
    }
    let (head, body) = request.into_parts();
    let body = body::of_grpc_web(&service, body).await?;
    let grpc = service_fn(|request| async { Ok::<_, Refusal>(caller.clone().grpc(request).await) });
    let request = Request::from_parts(head, Body::from(body));
    Ok(GrpcWebLayer::new().layer(grpc).oneshot(request).await?.into_response())
}

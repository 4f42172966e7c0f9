//! What every call passes first: it is traced, and led to its service.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::response::IntoResponse;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, DATE};
use http::{HeaderMap, Request, Response, Version};
use hyper::body::Incoming;
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tonic::codegen::Service as _;
use tonic::service::Routes;
use tonic::{Code, Status};

use super::part::{Asked, Failure};
use super::trace::{Call, Traced};
use super::trust::Trust;
use crate::access::{Access, Senders};
use crate::error::Error;
use crate::http::Refusal;
use crate::hub::Hub;
use crate::limits::Limits;
use crate::service::{Connection, Held, HubServiceServer, Parts, SERVICE_NAME, Service};

/// The services of a server.
pub struct Front {
    /// The hub, to ask whether it takes calls.
    pub hub: Arc<Hub>,
    /// What callers may ask.
    pub limits: Limits,
    /// What GetHub tells of the backlog's id window.
    pub id_window: Duration,
    /// Tells streams of requests to end.
    pub draining: CancellationToken,
    /// Health and reflection.
    pub others: Routes,
    /// Plain HTTP, and gRPC-Web.
    pub http: Router,
    /// Whom the hub believes.
    pub trust: Arc<Trust>,
    /// What unfinished requests hold, of all connections.
    pub parts: Arc<Parts>,
}

fn is_the_hubs(path: &str) -> bool {
    let method = path.strip_prefix('/').and_then(|path| path.strip_prefix(SERVICE_NAME));
    method.is_some_and(|method| method.starts_with('/'))
}

/// Whether a request is gRPC's: all else is HTTP's, gRPC-Web too.
fn is_grpc(headers: &HeaderMap) -> bool {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.as_bytes().strip_prefix(b"application/grpc"));
    kind.is_some_and(|rest| !rest.starts_with(b"-web"))
}

/// tonic's own limit answers OUT_OF_RANGE without a reason; every error of the hub has one.
fn is_too_large<B>(response: &Response<B>) -> bool {
    let headers = response.headers();
    let code = headers.get(Status::GRPC_STATUS).map(|code| Code::from_bytes(code.as_bytes()));
    code == Some(Code::OutOfRange) && !headers.contains_key(Status::GRPC_STATUS_DETAILS)
}

/// What tonic reads of a request's headers.
const ENCODING: &str = "grpc-encoding";

/// Forgets what nobody reads: a call may be open for long, and its headers are the peer's to choose.
fn without_headers<B>(mut request: Request<B>) -> Request<B> {
    let mut headers = std::mem::take(request.headers_mut());
    if let Some(encoding) = headers.remove(ENCODING) {
        request.headers_mut().insert(ENCODING, encoding);
    }
    request
}

/// The services, as called on one connection.
#[derive(Clone)]
pub struct Caller {
    front: Arc<Front>,
    connection: Arc<Connection>,
    senders: Arc<Senders>,
}

impl Caller {
    /// The peer of a connection, before `front`.
    pub fn new(front: Arc<Front>, connection: Arc<Connection>) -> Self {
        let (authorizer, certificate) =
            (Arc::clone(&front.trust.authorizer), connection.certificate.clone());
        let senders = Arc::new(Senders::new(authorizer, certificate, connection.peer));
        Self { front, connection, senders }
    }

    /// The service, for somebody with this access.
    fn service(&self, access: Access) -> Service {
        Service {
            hub: Arc::clone(&self.front.hub),
            limits: self.front.limits.clone(),
            id_window: self.front.id_window,
            draining: self.front.draining.clone(),
            connection: Arc::clone(&self.connection),
            access,
        }
    }

    /// The service for the sender of these headers, who calls this path.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`].
    pub async fn service_for(&self, headers: &HeaderMap, path: &str) -> Result<Service, Error> {
        Ok(self.service(self.senders.access(headers, path).await?))
    }

    /// Most calls that a connection may have open.
    pub fn calls(&self) -> usize {
        self.front.limits.connection_calls
    }

    async fn answer(self, request: Request<Incoming>) -> Response<Body> {
        if !is_grpc(request.headers()) {
            return self.http(request).await;
        }
        if request.version() < Version::HTTP_2 {
            return Refusal::GrpcNeedsHttp2.into_response().map(Body::new);
        }
        self.grpc(request).await
    }

    async fn http(self, mut request: Request<Incoming>) -> Response<Body> {
        if let Err(too_many) = self.connection.refuse_over(self.calls()) {
            return Refusal::from(too_many).into_response().map(Body::new);
        }
        let (mut routes, dated) = (self.front.http.clone(), request.version() < Version::HTTP_2);
        // Routes that are not open to all ask the senders.
        request.extensions_mut().insert(Arc::clone(&self.senders));
        request.extensions_mut().insert(self.service(Access::nothing()));
        request.extensions_mut().insert(self);
        let Ok(mut response) = routes.call(request).await;
        if !dated && let Ok(now) = httpdate::fmt_http_date(SystemTime::now()).try_into() {
            response.headers_mut().insert(DATE, now);
        }
        response.map(Body::new)
    }

    /// A call of gRPC, by its own name or within gRPC-Web.
    pub async fn grpc<B>(self, request: Request<B>) -> Response<Body>
    where
        B: hyper::body::Body<Data = Bytes, Error: Into<Failure>> + Send + Unpin + 'static,
    {
        if let Err(too_many) = self.connection.refuse_over(self.calls()) {
            return Status::from(too_many).into_http();
        }
        // The hub's calls take the short way: the router costs more than many of them.
        if !is_the_hubs(request.uri().path()) {
            let Ok(response) = self.front.others.clone().call(request).await;
            return response;
        }
        if let Err(draining) = self.front.hub.refuse_if_draining() {
            return Status::from(draining).into_http();
        }
        let service = match self.service_for(request.headers(), request.uri().path()).await {
            Ok(service) => service,
            Err(refused) => return Status::from(refused).into_http(),
        };
        let held = Held::new(&service);
        // Twice ours, so that a request over the limit is told our reason; what is over that, below.
        let mut grpc = HubServiceServer::new(service)
            .max_decoding_message_size(2 * self.front.limits.request_bytes);
        let request = without_headers(request).map(|body| Asked::new(body, held));
        let Ok(response) = grpc.call(request).await;
        if is_too_large(&response) {
            let limit = self.front.limits.request_bytes;
            return Status::from(Error::too_large("request", limit)).into_http();
        }
        response
    }
}

impl hyper::service::Service<Request<Incoming>> for Caller {
    type Response = Response<Traced>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let connection = Arc::clone(&self.connection);
        let call = Call::new(request.uri(), request.headers(), connection);
        let answer = self.clone().answer(request);
        Box::pin(async move { Ok(call.trace(answer).await) })
    }
}

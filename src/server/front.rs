//! What every call passes first: it is traced, and led to its service.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use http::{Request, Response};
use hyper::body::Incoming;
use tonic::body::Body;
use tonic::codegen::Service as _;
use tonic::service::Routes;
use tonic::{Code, Status};

use super::trace::{Call, Traced};
use crate::error::Error;
use crate::hub::Hub;
use crate::service::{HubServiceServer, SERVICE_NAME, Service};

/// The services of a server.
pub struct Front {
    /// The hub, to ask whether it takes calls.
    pub hub: Arc<Hub>,
    /// The hub's calls.
    pub service: HubServiceServer<Service>,
    /// Health and reflection.
    pub others: Routes,
    /// The limit that a too large request is told.
    pub request_bytes: usize,
}

impl Front {
    async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        // The hub's calls take the short way: the router costs more than many of them.
        if !is_the_hubs(request.uri().path()) {
            let Ok(response) = self.others.clone().call(request).await;
            return response;
        }
        if let Err(draining) = self.hub.refuse_if_draining() {
            return Status::from(draining).into_http();
        }
        let Ok(response) = self.service.clone().call(request).await;
        if is_too_large(&response) {
            return Status::from(Error::too_large("request", self.request_bytes)).into_http();
        }
        response
    }
}

fn is_the_hubs(path: &str) -> bool {
    let method = path.strip_prefix('/').and_then(|path| path.strip_prefix(SERVICE_NAME));
    method.is_some_and(|method| method.starts_with('/'))
}

/// tonic's own limit answers OUT_OF_RANGE without a reason; every error of the hub has one.
fn is_too_large<B>(response: &Response<B>) -> bool {
    let headers = response.headers();
    let code = headers.get(Status::GRPC_STATUS).map(|code| Code::from_bytes(code.as_bytes()));
    code == Some(Code::OutOfRange) && !headers.contains_key(Status::GRPC_STATUS_DETAILS)
}

/// The services, as called by one peer.
#[derive(Clone)]
pub struct Caller {
    front: Arc<Front>,
    peer: SocketAddr,
}

impl Caller {
    /// A peer of `front`.
    pub fn new(front: Arc<Front>, peer: SocketAddr) -> Self {
        Self { front, peer }
    }
}

impl hyper::service::Service<Request<Incoming>> for Caller {
    type Response = Response<Traced>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let call = Call::new(request.uri(), self.peer);
        let front = Arc::clone(&self.front);
        Box::pin(async move { Ok(call.trace(front.answer(request)).await) })
    }
}

//! The requests of a stream of them, read until its peer has said all, breaks a rule or loses its credentials, or a drain
//! begins.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::Stream;
use tokio_util::sync::WaitForCancellationFutureOwned;
use tonic::{Code, Status};

use super::Service;
use crate::access::Lease;
use crate::error::Error;

/// What is still to come of a stream of requests.
pub struct Incoming<R> {
    /// `None` once nothing more is read.
    requests: Option<R>,
    draining: Pin<Box<WaitForCancellationFutureOwned>>,
    /// It ends with the credentials of its sender.
    lease: Lease,
    /// The limit to name to whom tonic refuses for theirs.
    request_bytes: usize,
    /// Why no more can be read, if that is an error; told after all answers.
    broken: Option<Status>,
}

impl<T, R> Incoming<R>
where
    R: Stream<Item = Result<T, Status>> + Unpin,
{
    /// The requests of one stream.
    ///
    /// # Errors
    /// [`Error::QuotaExceeded`] for open streams.
    pub fn new(requests: R, service: &Service) -> Result<Self, Error> {
        Ok(Self {
            requests: Some(requests),
            draining: Box::pin(service.draining.clone().cancelled_owned()),
            lease: service.access.lease()?,
            request_bytes: service.limits.request_bytes,
            broken: None,
        })
    }

    /// The next request; `None` if nothing more is read. A drain does not keep from reading what is there already; the end
    /// of the credentials does.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let Some(requests) = &mut self.requests else { return Poll::Ready(None) };
        if self.lease.poll(cx.waker()).is_some() {
            self.stop();
            return Poll::Ready(None);
        }
        match Pin::new(requests).poll_next(cx) {
            Poll::Ready(Some(Ok(request))) => return Poll::Ready(Some(request)),
            Poll::Ready(Some(Err(status))) => self.broken = Some(self.read_error(status)),
            Poll::Ready(None) => {}
            Poll::Pending if self.draining.as_mut().poll(cx).is_ready() => {}
            Poll::Pending => return Poll::Pending,
        }
        self.stop();
        Poll::Ready(None)
    }

    /// Reads nothing more.
    pub fn stop(&mut self) {
        self.requests = None;
    }

    /// Whether nothing more is read.
    pub fn is_over(&self) -> bool {
        self.requests.is_none()
    }

    /// What the stream ends with, if not with OK.
    pub fn end(&mut self) -> Option<Status> {
        self.broken.take()
    }

    /// tonic's own limit, which stands above ours, has no reason of ours.
    fn read_error(&self, status: Status) -> Status {
        if status.code() == Code::OutOfRange {
            return Error::too_large("request", self.request_bytes).into();
        }
        status
    }
}

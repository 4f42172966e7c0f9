//! A stream of answers, with errors of ours.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::Stream;
use tonic::Streaming;

use super::Error;

/// The answers of a streaming call. After an error, or its end, it yields nothing more. Dropping it
/// ends the call.
#[derive(Debug)]
pub struct Responses<T>(Streaming<T>);

impl<T> From<Streaming<T>> for Responses<T> {
    fn from(streaming: Streaming<T>) -> Self {
        Self(streaming)
    }
}

impl<T> Stream for Responses<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut self.0).poll_next(cx).map_err(Error::from)
    }
}

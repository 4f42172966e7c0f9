//! A stream of answers, with errors of ours.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_util::Stream;
use tonic::Streaming;

use super::Error;
use super::token::Tokens;
use crate::v1::SubscribeResponse;
use crate::v1::subscribe_response::ReconnectReason;

/// The answers of a streaming call. After an error, or its end, it yields nothing more. Dropping it
/// ends the call.
#[derive(Debug)]
pub struct Responses<T> {
    streaming: Streaming<T>,
    watched: Option<Watched<T>>,
}

/// The tokens of which one is over once an answer says so.
#[derive(Debug)]
struct Watched<T> {
    tokens: Arc<Tokens>,
    says_so: fn(&T) -> bool,
}

impl<T> From<Streaming<T>> for Responses<T> {
    fn from(streaming: Streaming<T>) -> Self {
        Self { streaming, watched: None }
    }
}

impl Responses<SubscribeResponse> {
    /// Has a token be gotten anew once the hub says that it ends the stream with its credentials.
    pub(super) fn watched(self, tokens: Option<Arc<Tokens>>) -> Self {
        let says_so =
            |hint: &SubscribeResponse| hint.reconnect_reason() == ReconnectReason::Credentials;
        Self { watched: tokens.map(|tokens| Watched { tokens, says_so }), ..self }
    }
}

impl<T> Stream for Responses<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = ready!(Pin::new(&mut self.streaming).poll_next(cx));
        if let (Some(Ok(answer)), Some(watched)) = (&next, &self.watched)
            && (watched.says_so)(answer)
        {
            watched.tokens.expire();
        }
        Poll::Ready(next.map(|answer| answer.map_err(Error::from)))
    }
}

//! The streams of one connection, driven by the connection's own task.
//!
//! hyper gives each stream to an executor, which usually spawns a task for it. Then news for a hundred streams of one
//! connection wakes a hundred tasks, which contend for the connection and have it write a few frames at a time. Here the
//! connection wakes once, lets each stream that has something to say put its frame into the connection's buffer, and
//! writes them all together.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::Stream;
use futures_util::stream::FuturesUnordered;
use hyper::rt::Executor;
use parking_lot::Mutex;

type BoxStream = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Takes the streams that begin.
#[derive(Clone, Default)]
pub struct Begun(Arc<Mutex<Vec<BoxStream>>>);

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Begun {
    fn execute(&self, stream: F) {
        self.0.lock().push(Box::pin(stream));
    }
}

/// A connection together with its streams.
pub struct Driven<C> {
    connection: C,
    begun: Begun,
    streams: FuturesUnordered<BoxStream>,
}

impl<C> Driven<C> {
    /// A connection that gives its streams to `begun`.
    pub fn new(connection: C, begun: Begun) -> Self {
        Self { connection, begun, streams: FuturesUnordered::new() }
    }

    /// The connection.
    pub fn connection(&mut self) -> Pin<&mut C>
    where
        C: Unpin,
    {
        Pin::new(&mut self.connection)
    }
}

impl<C: Future + Unpin> Future for Driven<C> {
    type Output = C::Output;

    /// The connection reads, the streams speak, the connection writes: until there is nothing new to begin.
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<C::Output> {
        let driven = &mut *self;
        loop {
            while let Poll::Ready(Some(())) = Pin::new(&mut driven.streams).poll_next(cx) {}
            if let Poll::Ready(ended) = Pin::new(&mut driven.connection).poll(cx) {
                return Poll::Ready(ended);
            }
            let begun = std::mem::take(&mut *driven.begun.0.lock());
            if begun.is_empty() {
                return Poll::Pending;
            }
            driven.streams.extend(begun);
        }
    }
}

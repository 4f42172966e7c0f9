//! Publishing over PublishStream: a window of requests in flight, or one by one.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};
use std::time::Instant;

use atomic_waker::AtomicWaker;
use futures_util::stream;
use hintwire::v1;
use hintwire::v1::publish_stream_response::Outcome;
use tokio::sync::mpsc::UnboundedSender;
use tonic::Streaming;

use super::publish::request;
use crate::Result;
use crate::hub::Client;
use crate::load::Load;
use crate::seen::Watch;
use crate::target::{Doing, Publisher};

/// Publishes until there is nothing left.
pub(super) async fn publish(mut client: Client, load: Load, taken: Watch) -> Result<()> {
    let window = Arc::new(Window::default());
    let (sending, in_flight, mut sent) = (Arc::clone(&window), load.window(), 0);
    let requests = stream::poll_fn(move |cx| {
        ready!(sending.poll_room(sent, in_flight, cx));
        let Some(events) = load.numbers.take(load.batch) else { return Poll::Ready(None) };
        sent += 1;
        sending.send();
        Poll::Ready(Some(numbered(sent, request(events, load.topics))))
    });
    let mut answers = client.publish_stream(requests).await?.into_inner();
    while let Some(answer) = answers.message().await? {
        accepted(answer)?;
        taken.took(window.answer()?);
    }
    if window.sent.lock().is_ok_and(|sent| sent.is_empty()) {
        return Ok(());
    }
    Err("a stream that ends before all was answered".into())
}

fn numbered(sequence: usize, request: v1::PublishRequest) -> v1::PublishStreamRequest {
    v1::PublishStreamRequest { sequence: sequence as i64, request: Some(request) }
}

fn accepted(answer: v1::PublishStreamResponse) -> Result<()> {
    match answer.outcome {
        Some(Outcome::Response(_)) => Ok(()),
        refused => Err(format!("refused: {refused:?}").into()),
    }
}

/// How much of a stream was answered, and who waits for that.
#[derive(Default)]
struct Window {
    answered: AtomicUsize,
    sender: AtomicWaker,
    /// When each unanswered request was sent.
    sent: Mutex<VecDeque<Instant>>,
}

impl Window {
    fn poll_room(&self, sent: usize, in_flight: usize, cx: &mut Context<'_>) -> Poll<()> {
        let has_room = || sent - self.answered.load(Ordering::Acquire) < in_flight;
        if has_room() {
            return Poll::Ready(());
        }
        self.sender.register(cx.waker());
        if has_room() { Poll::Ready(()) } else { Poll::Pending }
    }

    fn send(&self) {
        if let Ok(mut sent) = self.sent.lock() {
            sent.push_back(Instant::now());
        }
    }

    /// The next answer is there; when its request was sent.
    fn answer(&self) -> Result<Instant> {
        let sent = self.sent.lock().map_err(|_| "the sender failed")?.pop_front();
        self.answered.fetch_add(1, Ordering::Release);
        self.sender.wake();
        Ok(sent.ok_or("an answer to nothing")?)
    }
}

/// A stream that is used for one event at a time.
pub(super) struct OneByOne {
    pub sender: UnboundedSender<v1::PublishStreamRequest>,
    pub answers: Streaming<v1::PublishStreamResponse>,
}

impl Publisher for OneByOne {
    fn publish(&mut self, number: usize) -> Doing<'_, ()> {
        Box::pin(async move {
            self.sender.send(numbered(number + 1, request(number..number + 1, usize::MAX)))?;
            accepted(self.answers.message().await?.ok_or("the stream has ended")?)
        })
    }
}

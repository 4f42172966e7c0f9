//! PublishStream: batches in stream order, answers in the same order.
//!
//! One state machine without a task of its own. A request is handed to the hub the moment it is read, which fixes its
//! place; what is read and not yet answered waits in one queue.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use futures_util::Stream;
use prost::Message;
use tonic::{Status, Streaming};

use super::incoming::Incoming;
use super::status::rpc_status;
use super::{Service, publish};
use crate::error::{Error, WriteOutcome};
use crate::hub::{Published, Publishing};
use crate::limits::{STREAM_UNANSWERED, STREAM_UNANSWERED_BYTES};
use crate::v1;
use crate::v1::publish_stream_response::Outcome;

/// What became of a batch.
type Answer = Result<Vec<Published>, Error>;

/// The answers of one stream.
pub struct Answers<R = Streaming<v1::PublishStreamRequest>> {
    service: Service,
    requests: Incoming<R>,
    unanswered: VecDeque<Unanswered>,
    unanswered_bytes: usize,
    last_sequence: Option<i64>,
    /// The refusal that ended the stream.
    refusal: Option<Error>,
}

struct Unanswered {
    sequence: i64,
    bytes: usize,
    batch: Batch,
}

enum Batch {
    Publishing(Publishing),
    Answered(Answer),
}

impl<R> Answers<R>
where
    R: Stream<Item = Result<v1::PublishStreamRequest, Status>> + Unpin,
{
    /// The answers to the requests of one stream.
    ///
    /// # Errors
    /// [`Error::QuotaExceeded`] for open streams.
    pub fn new(service: Service, requests: R) -> Result<Self, Error> {
        Ok(Self {
            requests: Incoming::new(requests, &service)?,
            service,
            unanswered: VecDeque::new(),
            unanswered_bytes: 0,
            last_sequence: None,
            refusal: None,
        })
    }

    /// The next answer in order; `None` if nothing waits for one.
    fn poll_answer(&mut self, cx: &mut Context<'_>) -> Poll<Option<v1::PublishStreamResponse>> {
        let Some(front) = self.unanswered.front_mut() else { return Poll::Ready(None) };
        if let Batch::Publishing(publishing) = &mut front.batch {
            front.batch = Batch::Answered(ready!(Pin::new(publishing).poll(cx)));
        }
        let front = self.unanswered.pop_front();
        Poll::Ready(front.and_then(|front| self.answer(front)))
    }

    fn answer(&mut self, front: Unanswered) -> Option<v1::PublishStreamResponse> {
        let Batch::Answered(answer) = front.batch else { return None };
        self.unanswered_bytes -= front.bytes;
        let outcome = match answer {
            Ok(published) => Outcome::Response(publish::response(published)),
            Err(error) => {
                let error = self.refuse(error);
                self.service.refused(&error);
                Outcome::Error(rpc_status(&error))
            }
        };
        Some(v1::PublishStreamResponse { sequence: front.sequence, outcome: Some(outcome) })
    }

    /// The error to answer with. One that is not final ends the stream, and what was refused behind it was refused for
    /// its sake.
    fn refuse(&mut self, error: Error) -> Error {
        match (&self.refusal, error) {
            (Some(_), error @ Error::BacklogFailed { .. }) => error,
            (Some(refusal), _) => not_written(refusal.clone()),
            (None, error) => {
                if !error.is_final() {
                    self.requests.stop();
                    self.refusal = Some(error.clone());
                }
                error
            }
        }
    }

    /// Reads what is there. Ready if that leaves something to do at once; what was unanswered before wakes by itself.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let idle = self.unanswered.is_empty();
        while self.has_room() {
            match self.requests.poll_next(cx) {
                Poll::Ready(Some(request)) => self.take(request),
                Poll::Ready(None) | Poll::Pending => break,
            }
        }
        let ready = idle && (self.requests.is_over() || !self.unanswered.is_empty());
        if ready { Poll::Ready(()) } else { Poll::Pending }
    }

    fn has_room(&self) -> bool {
        self.unanswered.len() < STREAM_UNANSWERED && self.unanswered_bytes < STREAM_UNANSWERED_BYTES
    }

    fn take(&mut self, request: v1::PublishStreamRequest) {
        let sequence = request.sequence;
        let bytes = request.encoded_len();
        let batch = match self.submit(request, bytes) {
            Ok(publishing) => now(publishing),
            Err(error) => Batch::Answered(Err(error)),
        };
        if matches!(&batch, Batch::Answered(Err(error)) if !error.is_final()) {
            self.requests.stop();
        }
        self.unanswered_bytes += bytes;
        self.unanswered.push_back(Unanswered { sequence, bytes, batch });
    }

    fn submit(
        &mut self,
        request: v1::PublishStreamRequest,
        bytes: usize,
    ) -> Result<Publishing, Error> {
        let sequence = request.sequence;
        if let Some(last) = self.last_sequence.filter(|last| sequence <= *last) {
            return Err(Error::Sequence { sequence, last });
        }
        self.last_sequence = Some(sequence);
        let batch = request.request.ok_or_else(|| Error::invalid("request", "is missing"))?;
        publish::submit(&self.service, batch, bytes)
    }
}

impl<R> Stream for Answers<R>
where
    R: Stream<Item = Result<v1::PublishStreamRequest, Status>> + Unpin,
{
    type Item = Result<v1::PublishStreamResponse, Status>;

    /// Answers first: so a refusal is seen before anything is read, and appended, behind it.
    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match self.poll_answer(cx) {
                Poll::Ready(Some(answer)) => return Poll::Ready(Some(Ok(answer))),
                Poll::Ready(None) if self.requests.is_over() => {
                    return Poll::Ready(self.requests.end().map(Err));
                }
                Poll::Ready(None) | Poll::Pending => ready!(self.poll_read(cx)),
            }
        }
    }
}

/// A batch that was refused on the spot, as when the queue is full, must be known before the next one is handed over.
fn now(mut publishing: Publishing) -> Batch {
    match Pin::new(&mut publishing).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => Batch::Answered(answer),
        Poll::Pending => Batch::Publishing(publishing),
    }
}

/// The reason for a batch that was not in the write that failed.
fn not_written(error: Error) -> Error {
    match error {
        Error::BacklogFailed { .. } => Error::BacklogFailed { outcome: WriteOutcome::NotWritten },
        other => other,
    }
}

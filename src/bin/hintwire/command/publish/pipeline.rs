//! Batches through PublishStream: many on their way at once, and sent again from the first that was not taken.

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::TryStreamExt;
use hintwire::client::{self, Client, Responses};
use hintwire::limits::{STREAM_UNANSWERED, STREAM_UNANSWERED_BYTES};
use hintwire::v1::publish_stream_response::Outcome;
use hintwire::v1::{PublishRequest, PublishResponse, PublishStreamRequest, PublishStreamResponse};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status};

use super::batches::{BadLine, Batch};
use super::tally::Tally;
use crate::failure::Failure;

/// Bounds of the wait between two attempts.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(3));

/// What comes from the input.
pub type Input = mpsc::Receiver<Result<Batch, BadLine>>;

/// Publishes an input.
pub struct Pipeline<F> {
    client: Client,
    input: Input,
    input_ended: bool,
    bad: Option<BadLine>,
    sequence: i64,
    /// What was sent and has no answer, or a refusal that a retry can mend; oldest first.
    unanswered: VecDeque<(i64, Batch)>,
    unanswered_bytes: usize,
    tally: Tally,
    patience: Duration,
    progress: F,
}

/// How a stream ended before the input did.
enum Break {
    /// The hub ended it; what was not answered was not written.
    Reopen,
    /// The hub refuses for now.
    Refused { error: client::Error, unknown: bool },
    /// It was lost; what was not answered may be written.
    Lost(client::Error),
}

impl<F: FnMut(&Tally)> Pipeline<F> {
    /// `patience` is how long to go on trying while the hub takes nothing.
    pub fn new(client: Client, input: Input, patience: Duration, progress: F) -> Self {
        Self {
            client,
            input,
            input_ended: false,
            bad: None,
            sequence: 0,
            unanswered: VecDeque::new(),
            unanswered_bytes: 0,
            tally: Tally::default(),
            patience,
            progress,
        }
    }

    /// Publishes all; returns what to say of it.
    pub async fn run(mut self) -> Result<String, Failure> {
        let (mut wait, mut since, mut taken) = (BACKOFF.0, Instant::now(), 0);
        while let Err(end) = self.stream().await {
            if self.tally.is_refused() {
                break;
            }
            if self.tally.batches != taken {
                (wait, since, taken) = (BACKOFF.0, Instant::now(), self.tally.batches);
            }
            let asked = self.judge(end, since.elapsed() > self.patience)?;
            tokio::time::sleep(asked.unwrap_or(wait.mul_f64(0.5 + fastrand::f64() / 2.0))).await;
            wait = (wait * 2).min(BACKOFF.1);
        }
        self.tally.end(self.bad)
    }

    /// Whether to go on after a break; if so, how long the hub asks to wait.
    fn judge(&self, end: Break, impatient: bool) -> Result<Option<Duration>, Failure> {
        let (error, unknown) = match end {
            Break::Reopen => return Ok(None),
            Break::Refused { error, unknown } => (error, unknown),
            Break::Lost(error) => (error, true),
        };
        let mut events = self.unanswered.iter().flat_map(|(_, batch)| &batch.events);
        let repeatable = !unknown || events.all(|event| !event.id.is_empty());
        if !impatient && repeatable && error.is_transient() {
            return Ok(error.retry_after());
        }
        let first = self.unanswered.front().filter(|_| unknown).map(|(_, batch)| batch.span().0);
        let last = self.unanswered.back().map(|(_, batch)| batch.span().1);
        Err(self.tally.interrupted(error.into(), first.zip(last)))
    }

    /// One stream: sends again what is unanswered, then goes on with the input, to its end.
    async fn stream(&mut self) -> Result<(), Break> {
        let (requests, stream) = mpsc::channel(STREAM_UNANSWERED);
        let opened = self.client.publish_stream(ReceiverStream::new(stream)).await;
        // Nothing is sent before the stream is open, so what does not open leaves nothing unknown.
        let answers = opened.map_err(|error| Break::Refused { error, unknown: false })?;
        for (sequence, batch) in &self.unanswered {
            _ = requests.try_send(request(*sequence, batch));
        }
        self.converse(requests, answers).await
    }

    async fn converse(
        &mut self,
        requests: mpsc::Sender<PublishStreamRequest>,
        mut answers: Responses<PublishStreamResponse>,
    ) -> Result<(), Break> {
        let mut refused: Option<(client::Error, bool)> = None;
        while !self.is_done() {
            let more = self.wants_more() && refused.is_none();
            tokio::select! {
                answer = answers.try_next() => match answer.map_err(Break::Lost)? {
                    Some(answer) => refused = self.answered(answer)?.or(refused),
                    None => return Err(ended(refused)),
                },
                next = self.input.recv(), if more => self.send(next, &requests),
            }
        }
        Ok(())
    }

    fn is_done(&self) -> bool {
        (self.input_ended || self.tally.is_refused()) && self.unanswered.is_empty()
    }

    fn wants_more(&self) -> bool {
        !self.input_ended
            && !self.tally.is_refused()
            && self.unanswered.len() < STREAM_UNANSWERED
            && self.unanswered_bytes < STREAM_UNANSWERED_BYTES
    }

    fn send(
        &mut self,
        next: Option<Result<Batch, BadLine>>,
        requests: &mpsc::Sender<PublishStreamRequest>,
    ) {
        match next {
            Some(Ok(batch)) => {
                self.sequence += 1;
                // There is room: the channel holds as many as may be unanswered. If the stream has ended, the
                // answers will say so.
                _ = requests.try_send(request(self.sequence, &batch));
                self.unanswered_bytes += batch.bytes;
                self.unanswered.push_back((self.sequence, batch));
            }
            Some(Err(bad)) => (self.bad, self.input_ended) = (Some(bad), true),
            None => self.input_ended = true,
        }
    }

    /// Takes an answer; returns a refusal that a retry can mend, and whether its batch may have been written.
    fn answered(
        &mut self,
        answer: PublishStreamResponse,
    ) -> Result<Option<(client::Error, bool)>, Break> {
        match answer.outcome {
            Some(Outcome::Response(response)) => self.published(answer.sequence, &response)?,
            Some(Outcome::Error(status)) => {
                let error = client::Error::from(status);
                if is_mendable(&error) {
                    let unknown = error.metadata().get("outcome").is_some_and(|o| o == "unknown");
                    return Ok(Some((error, unknown)));
                }
                let batch = self.take(answer.sequence)?;
                self.tally.refused(&batch, &error);
            }
            None => return Err(disorder("an answer without an outcome")),
        }
        Ok(None)
    }

    fn published(&mut self, sequence: i64, response: &PublishResponse) -> Result<(), Break> {
        let batch = self.take(sequence)?;
        self.tally.published(&batch, response);
        (self.progress)(&self.tally);
        Ok(())
    }

    /// The batch that an answer is about: always the oldest.
    fn take(&mut self, sequence: i64) -> Result<Batch, Break> {
        match self.unanswered.pop_front() {
            Some((oldest, batch)) if oldest == sequence => {
                self.unanswered_bytes -= batch.bytes;
                Ok(batch)
            }
            _ => Err(disorder("an answer out of order")),
        }
    }
}

fn request(sequence: i64, batch: &Batch) -> PublishStreamRequest {
    let request = PublishRequest { events: batch.events.clone(), expected_cursor: None };
    PublishStreamRequest { sequence, request: Some(request) }
}

/// Whether the stream ends after this refusal, and a later one may succeed.
fn is_mendable(error: &client::Error) -> bool {
    matches!(error.code(), Code::ResourceExhausted | Code::Unavailable)
}

fn ended(refused: Option<(client::Error, bool)>) -> Break {
    match refused {
        Some((error, unknown)) => Break::Refused { error, unknown },
        None => Break::Reopen,
    }
}

fn disorder(what: &str) -> Break {
    Break::Lost(Status::internal(format!("the hub sent {what}")).into())
}

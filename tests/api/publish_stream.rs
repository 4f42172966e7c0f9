use std::sync::Arc;

use hintwire::backlog::Outcome;
use hintwire::config::Config;
use hintwire::error::WriteOutcome;
use hintwire::v1;
use hintwire::v1::publish_stream_response::Outcome as Answer;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;
use tonic_types::pb;

use crate::support::gate::Gate;
use crate::support::{Server, batch, event, fetch};

struct Stream {
    requests: Option<mpsc::Sender<v1::PublishStreamRequest>>,
    answers: Streaming<v1::PublishStreamResponse>,
}

impl Stream {
    async fn open(server: &Server) -> Self {
        let (requests, outgoing) = mpsc::channel(4096);
        let outgoing = ReceiverStream::new(outgoing);
        let answers = server.client().await.publish_stream(outgoing).await.unwrap().into_inner();
        Self { requests: Some(requests), answers }
    }

    async fn send(&self, sequence: i64, topic: &str) {
        let request = Some(batch(vec![event(topic, "x")]));
        let request = v1::PublishStreamRequest { sequence, request };
        let _ = self.requests.as_ref().unwrap().send(request).await;
    }

    fn close(&mut self) {
        self.requests = None;
    }

    /// Sequence and reason of the next answer, `OK` for none; `None` at the end, which must be OK.
    async fn answer(&mut self) -> Option<(i64, String)> {
        let answer = self.answers.message().await.unwrap()?;
        let reason = match answer.outcome.unwrap() {
            Answer::Response(_) => "OK".to_owned(),
            Answer::Error(status) => reason(&status),
        };
        Some((answer.sequence, reason))
    }
}

fn reason(status: &pb::Status) -> String {
    let info = status.details.iter().find(|any| any.type_url.ends_with("ErrorInfo")).unwrap();
    let info: pb::ErrorInfo = prost::Message::decode(&*info.value).unwrap();
    let outcome = info.metadata.get("outcome").map(|outcome| format!(" {outcome}"));
    info.reason + &outcome.unwrap_or_default()
}

fn said(sequence: i64, reason: &str) -> Option<(i64, String)> {
    Some((sequence, reason.to_owned()))
}

#[tokio::test]
async fn answers_come_in_stream_order_and_the_stream_ends_with_ok() {
    let server = Server::start().await;
    let mut stream = Stream::open(&server).await;
    for sequence in 0..2000 {
        stream.send(sequence, &format!("t/{sequence}")).await;
    }
    stream.close();
    for sequence in 0..2000 {
        assert_eq!(stream.answer().await, said(sequence, "OK"));
    }
    assert_eq!(stream.answer().await, None);
    let page = v1::FetchRequest { limit: 1000, ..fetch("t/*", "") };
    let page = server.client().await.fetch(page).await.unwrap().into_inner();
    let topics = page.events.into_iter().map(|stored| stored.event.unwrap().topic);
    assert!(topics.eq((0..1000).map(|sequence| format!("t/{sequence}"))));
}

#[tokio::test]
async fn a_refusal_that_no_retry_mends_concerns_its_request_alone() {
    let server = Server::start().await;
    let mut stream = Stream::open(&server).await;
    stream.send(5, "a").await;
    stream.send(6, "not//a/topic").await;
    stream.send(6, "b").await;
    stream.send(4, "c").await;
    stream.send(7, "d").await;
    let empty = v1::PublishStreamRequest { sequence: 8, request: None };
    stream.requests.as_ref().unwrap().send(empty).await.unwrap();
    stream.send(9, "e").await;
    for (sequence, reason) in [
        (5, "OK"),
        (6, "INVALID_FIELD"),
        (6, "SEQUENCE"),
        (4, "SEQUENCE"),
        (7, "OK"),
        (8, "INVALID_FIELD"),
        (9, "OK"),
    ] {
        assert_eq!(stream.answer().await, said(sequence, reason));
    }
    stream.close();
    assert_eq!(stream.answer().await, None);
}

#[tokio::test]
async fn after_a_refusal_that_a_retry_may_mend_nothing_more_is_appended() {
    let (gate, mut arrived) = Gate::new();
    let server = Server::on(gate.clone(), Config::default()).await;
    let mut stream = Stream::open(&server).await;
    for sequence in 1..=4 {
        stream.send(sequence, "a").await;
    }
    let mut waiting = Vec::new();
    for _ in 0..4 {
        waiting.push(arrived.recv().await.unwrap());
    }
    let mut waiting = waiting.into_iter();
    waiting.next().unwrap().pass(&gate).await;
    waiting.next().unwrap().answer(Outcome::NoSpace);
    waiting.next().unwrap().answer(Outcome::NoSpace);
    waiting.next().unwrap().answer(Outcome::Conflict { index: 0 });
    assert_eq!(stream.answer().await, said(1, "OK"));
    stream.send(5, "a").await;
    for sequence in 2..=4 {
        assert_eq!(stream.answer().await, said(sequence, "NO_SPACE"));
    }
    assert_eq!(stream.answer().await, None);
    assert!(arrived.try_recv().is_err(), "the fifth was appended");
}

#[tokio::test]
async fn a_full_queue_stops_the_stream_at_the_request_it_refused() {
    let (gate, mut arrived) = Gate::new();
    let server = Server::on(gate.clone(), Config::default()).await;
    let mut stream = Stream::open(&server).await;
    stream.send(1, "a").await;
    let first = arrived.recv().await.unwrap();
    gate.refuse(Outcome::Busy);
    stream.send(2, "a").await;
    stream.send(3, "a").await;
    first.pass(&gate).await;
    assert_eq!(stream.answer().await, said(1, "OK"));
    assert_eq!(stream.answer().await, said(2, "OVERLOADED"));
    assert_eq!(stream.answer().await, None);
}

#[tokio::test]
async fn a_failed_write_tells_who_was_in_it_from_who_was_not() {
    let (gate, mut arrived) = Gate::new();
    let server = Server::on(gate, Config::default()).await;
    let mut stream = Stream::open(&server).await;
    for sequence in 1..=3 {
        stream.send(sequence, "a").await;
    }
    stream.send(4, "not//a/topic").await;
    for outcome in [WriteOutcome::Unknown, WriteOutcome::Unknown, WriteOutcome::NotWritten] {
        arrived.recv().await.unwrap().answer(Outcome::Failed(outcome));
    }
    assert_eq!(stream.answer().await, said(1, "BACKLOG_FAILED unknown"));
    assert_eq!(stream.answer().await, said(2, "BACKLOG_FAILED unknown"));
    assert_eq!(stream.answer().await, said(3, "BACKLOG_FAILED not_written"));
    // The fourth may or may not have been read by then.
    if let Some(answer) = stream.answer().await {
        assert_eq!(answer, (4, "BACKLOG_FAILED not_written".to_owned()));
        assert_eq!(stream.answer().await, None);
    }
}

#[tokio::test]
async fn no_more_than_1024_requests_are_unanswered() {
    let (gate, mut arrived) = Gate::new();
    let server = Server::on(Arc::clone(&gate) as _, Config::default()).await;
    let mut stream = Stream::open(&server).await;
    for sequence in 0..1500 {
        stream.send(sequence, "a").await;
    }
    let mut waiting = std::collections::VecDeque::new();
    let (mut answered, mut most) = (0, 0);
    while answered < 1500 {
        while waiting.len() < 1024.min(1500 - answered) {
            waiting.push_back(arrived.recv().await.unwrap());
        }
        while let Ok(more) = arrived.try_recv() {
            waiting.push_back(more);
        }
        most = most.max(waiting.len());
        waiting.pop_front().unwrap().pass(&gate).await;
        assert_eq!(stream.answer().await, said(answered as i64, "OK"));
        answered += 1;
    }
    assert_eq!(most, 1024);
}

#[tokio::test]
async fn a_drain_answers_what_was_read_and_ends_with_ok() {
    let (gate, mut arrived) = Gate::new();
    let server = Server::on(gate.clone(), Config::default()).await;
    let mut busy = Stream::open(&server).await;
    let mut idle = Stream::open(&server).await;
    busy.send(1, "a").await;
    let waiting = arrived.recv().await.unwrap();
    server.shut_down();
    assert_eq!(idle.answer().await, None);
    waiting.pass(&gate).await;
    assert_eq!(busy.answer().await, said(1, "OK"));
    assert_eq!(busy.answer().await, None);
    server.stopped().await.unwrap();
}

//! Publishers: one call after another, or a stream of them; calls are given up, repeated, and repeated by mistake.

use std::sync::Arc;
use std::time::Duration;

use hintwire::client::{self, Client};
use hintwire::event::Event;
use hintwire::v1;
use parking_lot::Mutex;
use tokio::time::timeout;

use super::interest::{JOINED, event};
use super::port;
use super::scene::{Act, Scene, chance, pass, up_to};
use crate::validate::convert::{cursor, event_on_wire};
use crate::validate::{Moment, Recorder, Refusal, What};

/// Longest pause between two calls.
const PAUSE: Duration = Duration::from_millis(160);
/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(4);
/// How often a batch of which nothing is known is sent again.
const REPEATS: usize = 3;

/// One publisher.
pub struct Publisher {
    scene: Scene,
    client: Client,
    name: String,
    sent: usize,
    /// A batch that was answered, to be sent again by mistake, and a cursor to expect.
    old: Option<(Vec<v1::Event>, String)>,
}

impl Publisher {
    /// A publisher whose events bear its name.
    pub fn new(scene: &Scene, nth: usize) -> Self {
        let (scene, client) = (scene.clone(), port::client("hub"));
        Self { scene, client, name: format!("p{nth}"), sent: 0, old: None }
    }

    /// Publishes as long as there is chaos, then once a round.
    pub async fn run(mut self, done: Arc<Mutex<Vec<u32>>>, nth: usize) {
        loop {
            let now = self.scene.act();
            match now {
                Act::Chaos if chance(20) => self.pipeline().await,
                Act::Chaos => self.some_batch().await,
                Act::Calm(round) => {
                    let events = self.batch();
                    self.until_written(events).await;
                    if nth == 0 {
                        let last = self.last_of(round);
                        self.until_written(vec![last]).await;
                    }
                    done.lock()[nth] = round;
                    self.scene.after(now).await;
                }
                Act::Over => return,
            }
            if now == Act::Chaos {
                pass(up_to(PAUSE)).await;
            }
        }
    }

    fn batch(&mut self) -> Vec<v1::Event> {
        let count = if chance(60) { 1 } else { fastrand::usize(2..7) };
        (0..count).map(|_| self.next()).collect()
    }

    fn next(&mut self) -> v1::Event {
        self.sent += 1;
        event(&format!("{}-{}", self.name, self.sent))
    }

    /// The one event that those want who join in a round.
    fn last_of(&mut self, round: u32) -> v1::Event {
        let [topic] = JOINED[round as usize - 1].patterns else { panic!("one topic a round") };
        v1::Event { topic: topic.to_string(), ..self.next() }
    }

    /// One call, which may be given up, repeat an old one, or expect something.
    async fn some_batch(&mut self) {
        let (mut events, mut expected_cursor) = (self.batch(), None);
        if let Some((old, newest)) = &self.old {
            match fastrand::u32(0..100) {
                0..8 => events = old.clone(),
                8..12 => events.extend(old.iter().filter(|event| !event.id.is_empty()).cloned()),
                12..20 => expected_cursor = Some(newest.clone()),
                _ => {}
            }
        }
        let patience = if chance(8) { up_to(Duration::from_millis(60)) } else { PATIENCE };
        for _ in 0..REPEATS {
            let request = v1::PublishRequest { events: events.clone(), expected_cursor };
            match self.publish(request, patience).await {
                Ok(()) => return,
                // What may have been written comes again only if it can be told apart.
                Err(true) if events.iter().any(|event| event.id.is_empty()) => return,
                Err(true) => expected_cursor = None,
                Err(false) => return,
            }
            pass(up_to(PAUSE)).await;
        }
    }

    /// A call that is made until it succeeds.
    async fn until_written(&mut self, mut events: Vec<v1::Event>) {
        // Each can be told apart, so that it may be sent again.
        events.iter_mut().for_each(|event| event.id.clone_from(&event.content_type));
        let request = || v1::PublishRequest { events: events.clone(), expected_cursor: None };
        while self.publish(request(), PATIENCE).await.is_err() {
            pass(PAUSE + up_to(PAUSE)).await;
        }
    }

    /// One call; an error tells whether it may have been written.
    async fn publish(
        &mut self,
        request: v1::PublishRequest,
        patience: Duration,
    ) -> Result<(), bool> {
        let attempt = Attempt::begin(&self.scene, &request.events);
        let events = request.events.clone();
        let answer = match timeout(patience, self.client.publish(request)).await {
            Ok(answer) => answer,
            Err(_) => return Err(true),
        };
        self.note(&answer);
        let newest = answer.as_ref().ok().and_then(|answer| answer.results.last());
        if let Some(newest) = newest {
            self.old = Some((events, newest.cursor.clone()));
        }
        attempt.end(answer.map_err(|error| Refusal::from(&error)))
    }

    fn note(&self, answer: &Result<v1::PublishResponse, client::Error>) {
        match answer {
            Ok(answer) if answer.results.iter().any(|result| result.duplicate) => {
                self.scene.saw("repeat answered");
            }
            Err(error) if error.reason() == "BACKLOG_FAILED" => {
                self.scene.saw("backlog failed seen");
            }
            Err(error) if error.reason() == "NO_SPACE" => self.scene.saw("no space seen"),
            Err(error) if error.reason() == "EXPECTATION_FAILED" => {
                self.scene.saw("expectation failed");
            }
            _ => {}
        }
    }

    /// Several calls in flight on one stream.
    async fn pipeline(&mut self) {
        let batches: Vec<Vec<v1::Event>> =
            (0..fastrand::usize(2..9)).map(|_| self.batch()).collect();
        let mut attempts: std::collections::VecDeque<Attempt> =
            batches.iter().map(|events| Attempt::begin(&self.scene, events)).collect();
        let requests: Vec<v1::PublishStreamRequest> = (1..)
            .zip(batches)
            .map(|(sequence, events)| v1::PublishStreamRequest {
                sequence,
                request: Some(v1::PublishRequest { events, expected_cursor: None }),
            })
            .collect();
        let answered = timeout(PATIENCE, self.answers(requests, &mut attempts)).await;
        if answered.is_ok() && attempts.is_empty() {
            self.scene.saw("pipeline answered");
        }
    }

    /// What is left in `attempts` was not answered.
    async fn answers(
        &mut self,
        requests: Vec<v1::PublishStreamRequest>,
        attempts: &mut std::collections::VecDeque<Attempt>,
    ) {
        use v1::publish_stream_response::Outcome;
        let requests = tokio_stream::iter(requests);
        let Ok(mut answers) = self.client.publish_stream(requests).await else { return };
        while let Ok(Some(answer)) = tokio_stream::StreamExt::try_next(&mut answers).await {
            let Some(attempt) = attempts.pop_front() else { return };
            let _ = match answer.outcome.expect("each answer has an outcome") {
                Outcome::Response(response) => attempt.end(Ok(response)),
                Outcome::Error(status) => attempt.end(Err((&client::Error::from(status)).into())),
            };
        }
    }
}

/// A publish on its way. Dropped before its end, it may have been written.
struct Attempt {
    recorder: Recorder,
    scene: Scene,
    began: Moment,
    events: Vec<Arc<Event>>,
}

impl Attempt {
    fn begin(scene: &Scene, events: &[v1::Event]) -> Self {
        let events = events.iter().map(|event| Arc::new(event_on_wire(event))).collect();
        let recorder = scene.recorder.clone();
        Self { began: recorder.began(), recorder, scene: scene.clone(), events }
    }

    fn end(mut self, answer: Result<v1::PublishResponse, Refusal>) -> Result<(), bool> {
        let events = std::mem::take(&mut self.events);
        let unknown = answer.as_ref().err().map(|refusal| refusal.unknown);
        let result = answer.map(|answer| {
            let placed = answer.results.iter();
            placed.map(|result| (cursor(&result.cursor), result.duplicate)).collect::<Vec<_>>()
        });
        if let Ok(placed) = &result {
            self.scene.acked(placed, &events);
        }
        self.recorder.record(self.began, What::Publish { events, result });
        unknown.map_or(Ok(()), Err)
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        if !self.events.is_empty() {
            let events = std::mem::take(&mut self.events);
            let refusal = Refusal { reason: "given up".into(), unknown: true };
            self.recorder.record(self.began, What::Publish { events, result: Err(refusal) });
        }
    }
}

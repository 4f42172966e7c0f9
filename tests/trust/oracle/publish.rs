//! Publishes in every form.

use std::collections::BTreeSet;

use fastrand::Rng;
use hintwire::v1;
use serde_json::{Value, json};
use tonic::Status;

use super::case::{Case, Outcome, Refused};
use super::grpc::refused;
use super::http::answered;
use super::world::{Client, World, authorized, event};

/// How to publish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Publish,
    PublishStream,
    WebPublish,
    Json,
    Lines,
    CloudEvent,
    CloudEvents,
    /// With the topic in the query.
    CloudEventTo,
}

pub const WAYS: [Way; 8] = {
    use Way::*;
    [Publish, PublishStream, WebPublish, Json, Lines, CloudEvent, CloudEvents, CloudEventTo]
};

impl Way {
    /// How many events it takes.
    pub fn most(self) -> usize {
        if matches!(self, Self::CloudEvent | Self::CloudEventTo) { 1 } else { 3 }
    }
}

impl World {
    /// Publishes an event with this id to each of the topics that the case names.
    pub async fn publish(&self, case: &Case<'_>, way: Way, id: &str) -> Outcome {
        let topics = &case.patterns;
        let done = match way {
            Way::Publish => self.call(self.grpc.clone(), case, id).await,
            Way::WebPublish => self.call(self.web.clone(), case, id).await,
            Way::PublishStream => self.stream(case, id).await,
            Way::Json => {
                let events: Vec<_> = topics.iter().map(|topic| own(topic, id)).collect();
                self.post(case, "application/json", "", json!({"events": events}).to_string()).await
            }
            Way::Lines => {
                let lines: String =
                    topics.iter().map(|topic| format!("{}\n", own(topic, id))).collect();
                self.post(case, "application/x-ndjson", "", lines).await
            }
            Way::CloudEvent => {
                let event = cloud(&format!("/{}", topics[0]), id).to_string();
                self.post(case, "application/cloudevents+json", "", event).await
            }
            Way::CloudEventTo => {
                let query = format!("?topic={}", topics[0]);
                let event = cloud("https://elsewhere.example/x", id).to_string();
                self.post(case, "application/cloudevents+json", &query, event).await
            }
            Way::CloudEvents => {
                let events: Vec<_> =
                    topics.iter().map(|topic| cloud(&format!("/{topic}"), id)).collect();
                self.post(case, "application/cloudevents-batch+json", "", json!(events).to_string())
                    .await
            }
        };
        done.map_or_else(Outcome::Refused, |()| Outcome::Answer(BTreeSet::new()))
    }

    async fn call(&self, mut client: Client, case: &Case<'_>, id: &str) -> Result<(), Refused> {
        let request = self.shown(case, batch(case, id));
        client.publish(request).await.map(drop).map_err(|status| refused(&status))
    }

    async fn stream(&self, case: &Case<'_>, id: &str) -> Result<(), Refused> {
        let one = v1::PublishStreamRequest { sequence: 1, request: Some(batch(case, id)) };
        let request = self.shown(case, tokio_stream::once(one));
        let mut answers = match self.grpc.clone().publish_stream(request).await {
            Ok(answers) => answers.into_inner(),
            Err(status) => return Err(refused(&status)),
        };
        match answers.message().await.unwrap().unwrap().outcome.unwrap() {
            v1::publish_stream_response::Outcome::Response(_) => Ok(()),
            v1::publish_stream_response::Outcome::Error(status) => {
                let details = prost::Message::encode_to_vec(&status).into();
                Err(refused(&Status::with_details(status.code.into(), status.message, details)))
            }
        }
    }

    async fn post(
        &self,
        case: &Case<'_>,
        kind: &str,
        query: &str,
        body: String,
    ) -> Result<(), Refused> {
        let request = self.http.post(self.url(&format!("/v1/events{query}")));
        let request = self.by(case, request.header("content-type", kind).body(body));
        answered(request.send().await.unwrap()).await.map(drop)
    }

    /// The topics of all events with an id, which nobody but the publishers of the test gives, and their ids.
    pub async fn published(&self, topics: &[String]) -> BTreeSet<(String, String)> {
        let mut found = BTreeSet::new();
        let mut cursor = self.cursors.last().unwrap().clone();
        loop {
            let request = v1::FetchRequest {
                topics: topics.to_vec(),
                cursor,
                limit: 1000,
                ..Default::default()
            };
            let request = authorized(&self.root.token, request);
            let page = self.grpc.clone().fetch(request).await.unwrap().into_inner();
            let events = page.events.into_iter().map(|stored| stored.event.unwrap());
            found.extend(events.map(|event| (event.topic, event.id)));
            cursor = page.next_cursor;
            if !page.has_more {
                return found;
            }
        }
    }
}

fn batch(case: &Case<'_>, id: &str) -> v1::PublishRequest {
    crate::support::batch(case.patterns.iter().map(|topic| event(topic, id)).collect())
}

fn own(topic: &str, id: &str) -> Value {
    json!({"topic": topic, "key": topic, "id": id})
}

fn cloud(source: &str, id: &str) -> Value {
    json!({"specversion": "1.0", "type": "t", "source": source, "id": id})
}

/// The topics of a batch by chance.
pub fn few(way: Way, mut topic: impl FnMut(&mut Rng) -> String, rng: &mut Rng) -> Vec<String> {
    let count = rng.choice([1, 1, 2, 3]).unwrap().min(way.most());
    let mut topics: Vec<_> = (0..count).map(|_| topic(rng)).collect();
    topics.sort();
    topics.dedup();
    topics
}

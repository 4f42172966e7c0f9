//! What comes to those who wait when something is published to every topic.

use std::collections::BTreeSet;

use fastrand::Rng;
use hintwire::v1;
use reqwest::Response;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tonic::Streaming;

use super::case::{Case, FORMS, Outcome};
use super::grpc::topics_of;
use super::http::{answered, topics};
use super::world::World;
use super::{Counts, Scene, generate};

/// How somebody waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Waits {
    Subscribe,
    WebSubscribe,
    Hints,
    HintsEvents,
    Fetch,
    Events,
    EventsFetch,
    Feed,
}

const WAYS: [Waits; 8] = {
    use Waits::*;
    [Subscribe, WebSubscribe, Hints, HintsEvents, Fetch, Events, EventsFetch, Feed]
};

/// What is open.
enum Open {
    Grpc(Streaming<v1::SubscribeResponse>),
    Sse(Response),
    Poll(JoinHandle<BTreeSet<String>>),
}

/// Opens a stream or a long poll of each kind for everybody, publishes, and compares what they are told.
pub async fn told(scene: &Scene, world: &World, rng: &mut Rng, counts: &mut Counts) {
    let head = world.publish_all(&scene.all.topics).await.pop().unwrap();
    let mut waiting = Vec::new();
    for (who, rights) in scene.principals.iter().zip(&scene.rights) {
        for way in WAYS.repeat(3) {
            let patterns = generate::asked(who, &scene.rules, rng);
            let case = Case { who, forged: false, form: FORMS[0], patterns, since: None };
            if case.patterns.iter().all(|pattern| rights.read.permits(pattern, &scene.all)) {
                let open = world.wait(&case, way, &head).await;
                waiting.push((case, way, open));
            }
        }
    }
    let news = world.publish_all(&scene.all.topics).await;
    for (case, way, open) in waiting {
        let due = scene.all.of_all(&case.patterns);
        let newest = &news[*due.last().unwrap()];
        let due: BTreeSet<_> = due.into_iter().map(|at| scene.all.topics[at].clone()).collect();
        let heard = open.told(newest).await;
        // Hints name a few of the topics, and long polls answer with what comes first.
        let whole = way == Waits::HintsEvents;
        let right = !heard.is_empty() && heard.is_subset(&due) && (!whole || heard == due);
        assert!(right, "{way:?} of {:?} by {}: {heard:?}", case.patterns, case.who.name);
        let told = Outcome::Answer(heard);
        counts.compare(&("live", way), &case, &told, &told);
    }
}

impl World {
    /// Opens it, after what is published already.
    async fn wait(&self, case: &Case<'_>, way: Waits, head: &str) -> Open {
        let topics: Vec<_> =
            case.patterns.iter().map(|pattern| format!("topic={pattern}")).collect();
        let query = topics.join("&");
        let poll = |path: &str, after: &str| {
            let path = format!("/v1/{path}?{query}&limit=1000&{after}={head}");
            self.polled(self.by(case, self.http.get(self.url(&path))))
        };
        match way {
            Waits::Subscribe => self.subscribed(self.grpc.clone(), case).await,
            Waits::WebSubscribe => self.subscribed(self.web.clone(), case).await,
            Waits::Hints => self.streamed(case, &format!("{query}&since={head}")).await,
            Waits::HintsEvents => {
                self.streamed(case, &format!("{query}&mode=events&since={head}")).await
            }
            Waits::Fetch => self.fetching(case, head),
            Waits::Events => poll("events", "wait=60s&since"),
            Waits::Feed => poll("feed", "timeout=60000&lastEventId"),
            Waits::EventsFetch => {
                let one = json!({"topics": case.patterns, "since": head, "limit": 1000});
                let request = self.http.post(self.url("/v1/events:fetch"));
                self.polled(self.by(case, request.json(&json!({"requests": [one], "wait": "60s"}))))
            }
        }
    }

    async fn subscribed(&self, mut client: super::world::Client, case: &Case<'_>) -> Open {
        let request = v1::SubscribeRequest { topics: case.patterns.clone(), ..Default::default() };
        let mut hints = client.subscribe(self.shown(case, request)).await.unwrap().into_inner();
        hints.message().await.unwrap().unwrap();
        Open::Grpc(hints)
    }

    async fn streamed(&self, case: &Case<'_>, query: &str) -> Open {
        let request = self.by(case, self.http.get(self.url(&format!("/v1/hints?{query}"))));
        let mut response = answered(request.send().await.unwrap()).await.unwrap();
        response.chunk().await.unwrap().unwrap();
        Open::Sse(response)
    }

    fn fetching(&self, case: &Case<'_>, head: &str) -> Open {
        let (wait, limit) = (Some(prost_types::Duration { seconds: 60, nanos: 0 }), 1000);
        let (topics, cursor) = (case.patterns.clone(), head.to_owned());
        let request = v1::FetchRequest { topics, cursor, wait, limit, ..Default::default() };
        let (mut client, request) = (self.grpc.clone(), self.shown(case, request));
        Open::Poll(tokio::spawn(async move {
            topics_of(client.fetch(request).await.unwrap().into_inner().events)
        }))
    }

    fn polled(&self, request: reqwest::RequestBuilder) -> Open {
        Open::Poll(tokio::spawn(async move {
            let response = answered(request.send().await.unwrap()).await.unwrap();
            topics(&response.json().await.unwrap())
        }))
    }
}

impl Open {
    /// The topics of all that comes up to a cursor.
    async fn told(self, newest: &str) -> BTreeSet<String> {
        let mut heard = BTreeSet::new();
        match self {
            Self::Poll(answer) => answer.await.unwrap(),
            Self::Grpc(mut hints) => loop {
                let hint = hints.message().await.unwrap().unwrap();
                heard.extend(hint.topics);
                if hint.cursor == newest {
                    return heard;
                }
            },
            Self::Sse(mut response) => {
                let mut text = String::new();
                // A hint says it, or the id of the event itself.
                let said = [format!("\"cursor\":\"{newest}\""), format!("id: {newest}\n")];
                while !(text.ends_with("\n\n") && said.iter().any(|said| text.contains(said))) {
                    text += std::str::from_utf8(&response.chunk().await.unwrap().unwrap()).unwrap();
                }
                let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
                data.flat_map(|json| topics(&serde_json::from_str::<Value>(json).unwrap()))
                    .collect()
            }
        }
    }
}

//! Asks over gRPC, and over gRPC-Web.

use std::collections::BTreeSet;

use hintwire::v1;
use prost::Message;
use prost_types::Duration;
use tokio_stream::StreamExt;
use tonic::{Request, Status};

use super::case::{Case, Form, Outcome, Refused};
use super::world::{Client, World, authorized};

/// A pattern that nobody may ask for: no pattern names this segment, and wildcards do not stand for it.
pub const FORBIDDEN: &str = "~y/*";

impl World {
    /// Asks, and says what came.
    pub async fn ask(&self, case: &Case<'_>) -> Outcome {
        if case.form.is_grpc() { self.over_grpc(case).await } else { self.over_http(case).await }
    }

    async fn over_grpc(&self, case: &Case<'_>) -> Outcome {
        use Form::*;
        let client = match case.form {
            WebFetch | WebSubscribe | WebSnapshot | WebListTopics | WebDescribeCursor
            | WebGetHub => &self.web,
            _ => &self.grpc,
        };
        let ask = Ask { world: self, case, client: client.clone() };
        let asked = match case.form {
            Fetch | FetchWait | WebFetch => ask.fetch().await,
            FetchStream => ask.fetch_stream().await,
            Subscribe | WebSubscribe => ask.subscribe().await,
            Snapshot | SnapshotToken | WebSnapshot => ask.snapshot().await,
            ListTopics | ListTopicsToken | WebListTopics => ask.list_topics().await,
            DescribeCursor | WebDescribeCursor => ask.describe_cursor().await,
            _ => ask.get_hub().await,
        };
        asked.map_or_else(|status| Outcome::Refused(refused(&status)), Outcome::Answer)
    }
}

type Topics = Result<BTreeSet<String>, Status>;

struct Ask<'a> {
    world: &'a World,
    case: &'a Case<'a>,
    client: Client,
}

impl Ask<'_> {
    fn by<T>(&self, message: T) -> Request<T> {
        self.world.shown(self.case, message)
    }

    fn request(&self) -> v1::FetchRequest {
        let wait = (self.case.form == Form::FetchWait).then_some(Duration { seconds: 0, nanos: 1 });
        let (topics, cursor) = (self.case.patterns.clone(), self.world.since(self.case));
        v1::FetchRequest {
            topics,
            cursor,
            wait,
            limit: 1000,
            omit_data: true,
            ..Default::default()
        }
    }

    async fn fetch(mut self) -> Topics {
        let page = self.client.fetch(self.by(self.request())).await?.into_inner();
        assert!(!page.has_more);
        Ok(topics_of(page.events))
    }

    /// Asks for what nobody may besides, which is refused and changes nothing.
    async fn fetch_stream(mut self) -> Topics {
        let forbidden = v1::FetchRequest { topics: vec![FORBIDDEN.into()], ..Default::default() };
        let requests = [forbidden, self.request()];
        let requests = requests.map(|request| v1::FetchStreamRequest { request: Some(request) });
        let request = self.by(tokio_stream::iter(requests));
        let mut answers = self.client.fetch_stream(request).await?.into_inner();
        let first = answers.message().await?.unwrap().outcome.unwrap();
        assert!(matches!(first, v1::fetch_stream_response::Outcome::Error(_)), "{first:?}");
        match answers.message().await?.unwrap().outcome.unwrap() {
            v1::fetch_stream_response::Outcome::Response(page) => Ok(topics_of(page.events)),
            v1::fetch_stream_response::Outcome::Error(status) => {
                let details = status.encode_to_vec().into();
                Err(Status::with_details(status.code.into(), status.message, details))
            }
        }
    }

    /// The first message; it names no topic.
    async fn subscribe(mut self) -> Topics {
        let (topics, cursor) = (self.case.patterns.clone(), self.world.since(self.case));
        let request = v1::SubscribeRequest { topics, cursor, ..Default::default() };
        let mut hints = self.client.subscribe(self.by(request)).await?.into_inner();
        Ok(hints.next().await.unwrap()?.topics.into_iter().collect())
    }

    async fn snapshot(mut self) -> Topics {
        let request = |page_token, page_size| v1::SnapshotRequest {
            topics: self.case.patterns.clone(),
            page_token,
            page_size,
            ..Default::default()
        };
        let mut token = String::new();
        let mut known = BTreeSet::new();
        if self.case.form == Form::SnapshotToken {
            let ask = authorized(&self.world.root.token, request(String::new(), 1));
            let page = self.world.grpc.clone().snapshot(ask).await?.into_inner();
            (token, known) = (page.next_page_token, topics_of(page.events));
        }
        let ask = self.by(request(token, 1000));
        known.extend(topics_of(self.client.snapshot(ask).await?.into_inner().events));
        Ok(known)
    }

    async fn list_topics(mut self) -> Topics {
        let request = |page_token, page_size| v1::ListTopicsRequest {
            topics: self.case.patterns.clone(),
            page_token,
            page_size,
        };
        let mut token = String::new();
        let mut known = BTreeSet::new();
        if self.case.form == Form::ListTopicsToken {
            let ask = authorized(&self.world.root.token, request(String::new(), 1));
            let page = self.world.grpc.clone().list_topics(ask).await?.into_inner();
            token = page.next_page_token;
            known.extend(page.topics.into_iter().map(|topic| topic.topic));
        }
        let ask = self.by(request(token, 1000));
        let page = self.client.list_topics(ask).await?.into_inner();
        known.extend(page.topics.into_iter().map(|topic| topic.topic));
        Ok(known)
    }

    async fn describe_cursor(mut self) -> Topics {
        let request = v1::DescribeCursorRequest { cursor: self.world.since(self.case) };
        self.client.describe_cursor(self.by(request)).await?;
        Ok(BTreeSet::new())
    }

    async fn get_hub(mut self) -> Topics {
        self.client.get_hub(self.by(v1::GetHubRequest {})).await?;
        Ok(BTreeSet::new())
    }
}

/// The topics of events.
pub fn topics_of(events: Vec<v1::StoredEvent>) -> BTreeSet<String> {
    let event = |stored: v1::StoredEvent| stored.event.unwrap();
    events
        .into_iter()
        .map(event)
        .inspect(|event| assert_eq!(event.topic, event.key))
        .map(|event| event.topic)
        .collect()
}

/// All that a status says.
pub fn refused(status: &Status) -> Refused {
    for name in status.metadata().keys() {
        let name = format!("{name:?}");
        let usual = ["content-type", "date", "content-length", "vary", "access-control"];
        assert!(usual.iter().any(|known| name.contains(known)), "{name}: {status:?}");
    }
    let details = tonic_types::Status::decode(status.details()).unwrap();
    assert_eq!((details.details.len(), &*details.message), (1, status.message()));
    let info = crate::support::info(status);
    let (message, metadata) = (status.message().to_owned(), info.metadata.into_iter().collect());
    Refused { reason: info.reason, message, metadata }
}

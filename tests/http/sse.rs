//! A reader of Server-Sent Events, by the letter of the specification as far as the hub's go.

use std::time::Duration;

use reqwest::{RequestBuilder, Response};
use serde_json::Value;
use tokio::time::timeout;

use crate::ask::Hub;

/// Nothing takes this long: a test that waits for what does not come fails.
const DEADLINE: Duration = Duration::from_secs(20);

/// One block.
#[derive(Debug, Default, PartialEq)]
pub struct Block {
    pub retry: Option<u64>,
    pub id: Option<String>,
    /// The name and data of what is dispatched.
    pub message: Option<(String, Value)>,
}

/// A stream that is open.
pub struct Stream {
    pub response: Response,
    text: String,
    /// As a browser would send it back.
    pub last_event_id: String,
}

impl Stream {
    pub async fn open(hub: &Hub, query: &str) -> Self {
        Self::resume(hub, query, "").await
    }

    /// As a browser does that has an ID.
    pub async fn resume(hub: &Hub, query: &str, last_event_id: &str) -> Self {
        Self::send(hub.http.get(hub.url(&format!("/v1/hints?{query}"))), last_event_id).await
    }

    async fn send(request: RequestBuilder, last_event_id: &str) -> Self {
        let request = match last_event_id {
            "" => request,
            id => request.header("last-event-id", id),
        };
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-store");
        assert_eq!(response.headers()["x-accel-buffering"], "no");
        Self { response, text: String::new(), last_event_id: last_event_id.to_owned() }
    }

    /// The next block; `None` at the end.
    pub async fn block(&mut self) -> Option<Block> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (parse(block), rest.to_owned());
                self.text = rest;
                self.last_event_id = block.id.clone().unwrap_or(self.last_event_id.clone());
                return Some(block);
            }
            let Some(more) = timeout(DEADLINE, self.response.chunk()).await.unwrap().unwrap()
            else {
                assert_eq!(self.text, "", "a block was cut");
                return None;
            };
            self.text.push_str(std::str::from_utf8(&more).unwrap());
        }
    }

    /// The next message: its name and data.
    pub async fn message(&mut self) -> (String, Value) {
        let message = async {
            loop {
                let block = self.block().await.expect("the stream has ended");
                if let Some(message) = block.message {
                    return message;
                }
            }
        };
        // Signs of life alone are not what is waited for.
        timeout(DEADLINE, message).await.unwrap()
    }

    /// The data of the next message, which has this name.
    pub async fn next(&mut self, name: &str) -> Value {
        let (named, data) = self.message().await;
        assert_eq!(named, name, "{data}");
        data
    }

    /// The ID after the next block that is not dispatched.
    pub async fn quiet(&mut self) -> Option<String> {
        let block = self.block().await.expect("the stream has ended");
        assert_eq!(block.message, None);
        block.id
    }

    /// The payloads of so many events.
    pub async fn events(&mut self, count: usize) -> Vec<String> {
        let mut found = Vec::new();
        while found.len() < count {
            let event = self.next("event").await;
            assert_eq!(event["cursor"], self.last_event_id, "the id is the place after the event");
            found.push(payload(&event));
        }
        found
    }

    pub async fn has_ended(&mut self) -> bool {
        self.block().await.is_none()
    }
}

/// The payload of a JSON string.
pub fn payload(event: &Value) -> String {
    event["data"].as_str().unwrap_or_else(|| panic!("no text: {event}")).to_owned()
}

fn parse(text: &str) -> Block {
    let mut block = Block::default();
    let (mut name, mut data) = ("message", None);
    for line in text.split('\n').filter(|line| !line.starts_with(':')) {
        match line.split_once(": ").unwrap_or_else(|| panic!("no field: {line:?}")) {
            ("retry", value) => block.retry = Some(value.parse().unwrap()),
            ("id", value) => block.id = Some(value.to_owned()),
            ("event", value) => name = value,
            ("data", value) => assert_eq!(data.replace(value), None, "data is one line"),
            (field, _) => panic!("unknown: {field}"),
        }
    }
    let json = |data| serde_json::from_str(data).unwrap();
    block.message = data.map(|data| (name.to_owned(), json(data)));
    block
}

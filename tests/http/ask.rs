//! How the tests ask.

use std::sync::Arc;

use hintwire::backlog::Backlog;
use hintwire::config::Config;
use reqwest::{Client, Response, StatusCode};
use serde_json::Value;

use crate::support::{Server, batch, event};

/// A hub and a client of HTTP/1.1.
pub struct Hub {
    pub server: Server,
    pub http: Client,
}

impl Hub {
    pub async fn start() -> Self {
        Self { server: Server::start().await, http: Client::new() }
    }

    pub async fn on(backlog: Arc<dyn Backlog>) -> Self {
        Self { server: Server::on(backlog, Config::default()).await, http: Client::new() }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.server.address)
    }

    pub async fn get(&self, path: &str) -> Response {
        self.http.get(self.url(path)).send().await.unwrap()
    }

    /// Asks as one who holds what a tag stands for.
    pub async fn get_holding(&self, path: &str, tag: &str) -> Response {
        let ask = self.http.get(self.url(path)).header("if-none-match", tag);
        ask.send().await.unwrap()
    }

    /// The JSON of an answer that is OK.
    pub async fn json(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        answer.json().await.unwrap()
    }

    /// The problem document of a refusal, which nobody may store.
    pub async fn refusal(&self, path: &str, status: u16) -> Value {
        problem(self.get(path).await, status).await
    }

    /// Publishes one event, and returns its cursor.
    pub async fn publish(&self, topic: &str, data: &str) -> String {
        let mut client = self.server.client().await;
        let answer = client.publish(batch(vec![event(topic, data)])).await.unwrap();
        answer.into_inner().results.swap_remove(0).cursor
    }
}

pub async fn problem(answer: Response, status: u16) -> Value {
    assert_eq!(answer.status().as_u16(), status);
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    assert_eq!(answer.headers()["cache-control"], "no-store");
    answer.json().await.unwrap()
}

/// A header as text.
pub fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers()[name].to_str().unwrap()
}

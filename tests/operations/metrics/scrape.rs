//! A hub on a log, and its metrics as a scraper reads them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hintwire::backlog::Backlog;
use hintwire::config::Config;
use hintwire::server::open_backlog;
use reqwest::Response;
use tempfile::TempDir;

use crate::support::{Client, Server, batch, event};

/// A running hub on a log of its own.
pub struct Hub {
    pub server: Server,
    pub backlog: Arc<dyn Backlog>,
    pub http: reqwest::Client,
    _data: TempDir,
}

impl Hub {
    pub async fn start() -> Self {
        let data = tempfile::tempdir().unwrap();
        let config =
            Config { data: data.path().into(), segment_bytes: 64 << 10, ..Config::default() };
        let backlog = open_backlog(&config).unwrap();
        let server = Server::on(Arc::clone(&backlog), config).await;
        Self { server, backlog, http: reqwest::Client::new(), _data: data }
    }

    pub async fn client(&self) -> Client {
        self.server.client().await
    }

    pub async fn get(&self, path: &str) -> Response {
        let url = format!("http://{}{path}", self.server.address);
        self.http.get(url).send().await.unwrap()
    }

    /// Publishes one event, and returns its cursor.
    pub async fn publish(&self, topic: &str) -> String {
        let request = batch(vec![event(topic, "data")]);
        let answer = self.client().await.publish(request).await.unwrap();
        answer.into_inner().results.swap_remove(0).cursor
    }

    pub async fn scrape(&self) -> Scrape {
        let answer = self.get("/metrics").await;
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["cache-control"], "no-store");
        Scrape::of(&answer.text().await.unwrap())
    }

    /// Scrapes until a sample has come to a value: what happens behind an answer is counted behind it.
    pub async fn comes_to(&self, sample: &str, value: f64) -> Scrape {
        let come = async {
            loop {
                let scrape = self.scrape().await;
                if scrape.get(sample) == value {
                    return scrape;
                }
                tokio::task::yield_now().await;
            }
        };
        let come = tokio::time::timeout(Duration::from_secs(30), come).await;
        come.unwrap_or_else(|_| panic!("{sample} does not come to {value}"))
    }
}

/// Samples by name and label, e.g. `hintwire_hints_total{kind="changed"}`, and families by name.
pub struct Scrape {
    samples: BTreeMap<String, f64>,
    pub families: BTreeMap<String, String>,
}

impl Scrape {
    pub fn of(text: &str) -> Self {
        let pair = |line: &str| line.rsplit_once(' ').map(|(a, b)| (a.to_owned(), b.to_owned()));
        let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
        let samples = text.lines().filter(|line| !line.starts_with('#')).filter_map(pair);
        Self {
            families: types.filter_map(pair).collect(),
            samples: samples.map(|(name, value)| (name, value.parse().unwrap())).collect(),
        }
    }

    /// The value of a sample; one that is not told has not been counted.
    pub fn get(&self, sample: &str) -> f64 {
        self.samples.get(sample).copied().unwrap_or_default()
    }

    /// Names of the samples of a family.
    pub fn of_family(&self, family: &str) -> Vec<&str> {
        let names = self.samples.keys().map(String::as_str);
        let of = |name: &&str| {
            name.split(['{', ' ']).next().is_some_and(|n| {
                let ends = ["_bucket", "_sum", "_count"];
                n == family || ends.iter().any(|end| n.strip_suffix(end) == Some(family))
            })
        };
        names.filter(of).collect()
    }
}

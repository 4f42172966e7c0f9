//! What a hub says of itself at one moment.

use std::collections::BTreeMap;
use std::time::Instant;

use hintwire::client::Client;
use hintwire::metrics::table::Metric;
use hintwire::v1::list_topics_response::TopicInfo;
use hintwire::v1::{GetHubResponse, ListTopicsRequest};

use crate::command::connect;
use crate::failure::Failure;
use crate::typed::At;

/// Topics that are asked for.
const TOPICS: i32 = 1000;

/// Asks one hub.
pub struct Observer {
    client: Client,
    topics: Vec<String>,
}

/// What it says.
#[derive(Debug, Clone)]
pub struct Observation {
    pub at: Instant,
    pub hub: GetHubResponse,
    pub topics: Vec<TopicInfo>,
    /// Samples by name and label, as `/metrics` has them.
    samples: BTreeMap<String, f64>,
}

impl Observer {
    /// A connection to a hub.
    pub async fn connect(at: &At, topics: Vec<String>) -> Result<Self, Failure> {
        Ok(Self { client: connect(at).await?, topics })
    }

    /// Asks for everything.
    pub async fn observe(&self) -> Result<Observation, Failure> {
        let topics = self.topics.clone();
        let request = ListTopicsRequest { topics, page_size: TOPICS, ..Default::default() };
        let hub = self.client.get_hub().await?;
        let topics = self.client.list_topics(request).await?.topics;
        Ok(Observation {
            at: Instant::now(),
            hub,
            topics,
            samples: samples(&self.client.metrics().await?),
        })
    }
}

impl Observation {
    /// The value of a metric, all labels together.
    pub fn all(&self, metric: &Metric) -> f64 {
        let labelled = format!("{}{{", metric.name);
        let is = |name: &str| name == metric.name || name.starts_with(&labelled);
        self.samples.iter().filter(|(name, _)| is(name)).map(|(_, value)| value).sum()
    }

    /// The value with one label.
    pub fn of(&self, metric: &Metric, label: &str) -> f64 {
        self.sample(&format!("{}{{{}=\"{label}\"}}", metric.name, metric.label))
    }

    /// How many values a histogram has.
    pub fn count(&self, metric: &Metric) -> f64 {
        self.sample(&format!("{}_count", metric.name))
    }

    /// Bounds of a histogram, and how many values are at or below each.
    pub fn buckets(&self, metric: &Metric) -> Vec<(f64, f64)> {
        let prefix = format!("{}_bucket{{le=\"", metric.name);
        let bucket = |(name, count): (&String, &f64)| {
            let bound = name.strip_prefix(&prefix)?.strip_suffix("\"}")?;
            Some((bound.parse().unwrap_or(f64::INFINITY), *count))
        };
        let mut buckets: Vec<(f64, f64)> = self.samples.iter().filter_map(bucket).collect();
        buckets.sort_by(|one, other| one.0.total_cmp(&other.0));
        buckets
    }

    fn sample(&self, name: &str) -> f64 {
        self.samples.get(name).copied().unwrap_or_default()
    }

    #[cfg(test)]
    pub fn of_text(at: Instant, text: &str) -> Self {
        let (hub, topics) = (GetHubResponse::default(), Vec::new());
        Self { at, hub, topics, samples: samples(text) }
    }
}

fn samples(text: &str) -> BTreeMap<String, f64> {
    let sample = |line: &str| {
        let (name, value) = line.rsplit_once(' ')?;
        Some((name.to_owned(), value.parse().ok()?))
    };
    text.lines().filter(|line| !line.starts_with('#')).filter_map(sample).collect()
}

//! Sends the hub's readings to a collector, now and then.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use hintwire::hub::Hub;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_client::MetricsServiceClient;
use opentelemetry_proto::tonic::common::v1::{InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::{ResourceMetrics, ScopeMetrics};
use opentelemetry_proto::tonic::resource::v1::Resource;
use tonic::Request;
use tonic::metadata::{AsciiMetadataKey, AsciiMetadataValue};
use tonic::transport::{Channel, Endpoint};

use super::environment::To;
use super::messages::{self, Span};
use crate::failure::{Exit, Failure};

/// Sends metrics to one collector.
#[derive(Clone)]
pub struct Exporter {
    collector: MetricsServiceClient<Channel>,
    every: Duration,
    headers: Vec<(AsciiMetadataKey, AsciiMetadataValue)>,
    resource: Vec<KeyValue>,
}

impl Exporter {
    /// To where the environment says; connects with the first export.
    pub fn new(to: To, resource: Vec<KeyValue>) -> Result<Self, Failure> {
        let wrong = |what: &str| Failure::new(Exit::Usage, format!("OTLP: {what}"));
        let endpoint = Endpoint::from_shared(to.endpoint.clone())
            .map_err(|_| wrong(&format!("{} is no URL", to.endpoint)))?;
        let header = |(name, value): (String, String)| {
            let name = AsciiMetadataKey::from_bytes(name.as_bytes()).ok()?;
            Some((name, value.parse().ok()?))
        };
        let headers: Option<Vec<_>> = to.headers.into_iter().map(header).collect();
        Ok(Self {
            collector: MetricsServiceClient::new(endpoint.timeout(to.timeout).connect_lazy()),
            every: to.every,
            headers: headers.ok_or_else(|| wrong("a header cannot be sent"))?,
            resource,
        })
    }

    /// Exports for as long as the hub lives.
    pub async fn run(self, hub: Arc<Hub>) {
        let (hub, mut turns) = (Arc::downgrade(&hub), tokio::time::interval(self.every));
        let mut failing = false;
        loop {
            turns.tick().await;
            let Some(hub) = hub.upgrade() else { return };
            let sent = self.send(&hub).await;
            // Once for as long as it lasts.
            if let (Err(error), false) = (&sent, failing) {
                tracing::warn!(%error, "metrics are not exported; trying again");
            }
            failing = sent.is_err();
        }
    }

    async fn send(&self, hub: &Hub) -> Result<(), tonic::Status> {
        let readings = hub.readings().await;
        let span = Span { from: hub.metrics().started, to: SystemTime::now() };
        let scope = InstrumentationScope {
            name: "hintwire".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            ..InstrumentationScope::default()
        };
        let metrics = readings.iter().map(|reading| messages::metric(reading, span)).collect();
        let scoped = ScopeMetrics { scope: Some(scope), metrics, ..ScopeMetrics::default() };
        let resource = Resource { attributes: self.resource.clone(), ..Resource::default() };
        let metrics = ResourceMetrics {
            resource: Some(resource),
            scope_metrics: vec![scoped],
            ..ResourceMetrics::default()
        };
        let mut request =
            Request::new(ExportMetricsServiceRequest { resource_metrics: vec![metrics] });
        for (name, value) in &self.headers {
            request.metadata_mut().insert(name.clone(), value.clone());
        }
        self.collector.clone().export(request).await.map(drop)
    }
}

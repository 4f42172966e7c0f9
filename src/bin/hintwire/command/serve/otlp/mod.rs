//! OTLP, over gRPC: spans of calls, and the metrics of docs/metrics.md. Off unless the standard `OTEL_*` variables ask for it.

mod environment;
mod messages;
mod metrics;

use hintwire::trace_context;
use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};

use self::environment::Environment;
pub use self::metrics::Exporter;
use crate::failure::Failure;

/// What is exported.
pub struct Otlp {
    spans: Option<SdkTracerProvider>,
    metrics: Option<Exporter>,
}

impl Otlp {
    /// As the environment says. Within the runtime, which carries what is sent.
    pub fn of_environment() -> Result<Self, Failure> {
        let environment = Environment::of(|name| std::env::var(name).ok())?;
        let spans = environment.traces.then(spans).transpose()?;
        let resource =
            || resource().iter().map(|(key, value)| messages::text(key, value)).collect();
        let metrics = environment.metrics.map(|to| Exporter::new(to, resource())).transpose()?;
        Ok(Self { spans, metrics })
    }

    /// Takes the spans, if they are exported.
    pub fn tracer(&self) -> Option<SdkTracer> {
        let tracer = self.spans.as_ref()?.tracer("hintwire");
        trace_context::export();
        Some(tracer)
    }

    /// Exports the metrics, if they are.
    pub fn metrics(&self) -> Option<Exporter> {
        self.metrics.clone()
    }

    /// Sends what is left of the spans.
    pub async fn finish(self) {
        let Some(spans) = self.spans else { return };
        let ended = tokio::task::spawn_blocking(move || spans.shutdown()).await;
        if let Ok(Err(error)) = ended {
            tracing::warn!(%error, "the last spans were not exported");
        }
    }
}

fn spans() -> Result<SdkTracerProvider, Failure> {
    let exporter = SpanExporter::builder().with_tonic().build();
    let exporter = exporter.map_err(|error| Failure::error(format!("OTLP: {error}")))?;
    Ok(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource()).build())
}

/// Who tells: the variables, over what is known without them.
fn resource() -> Resource {
    let named = Resource::builder().build();
    let nameless = |(key, value): &(&opentelemetry::Key, &opentelemetry::Value)| {
        key.as_str() == "service.name" && value.as_str().starts_with("unknown_service")
    };
    let nameless = named.iter().any(|pair| nameless(&pair));
    let resource = Resource::builder()
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
    if nameless { resource.with_service_name("hintwire").build() } else { resource.build() }
}

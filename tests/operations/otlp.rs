//! What a collector gets: spans that go on from the caller's and are linked to those of events, and all metrics.

use std::collections::BTreeSet;
use std::time::Duration;

use hintwire::metrics::table::TABLE;
use hintwire::v1;
use hintwire::v1::hub_service_client::HubServiceClient;
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{Metric, ResourceMetrics};
use opentelemetry_proto::tonic::trace::v1::Span;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};

use crate::run::{Hub, hintwire};
use crate::support::{batch, event, fetch};

/// Keeps what it is sent.
#[derive(Clone, Default)]
struct Collector {
    spans: watch::Sender<Vec<Span>>,
    metrics: watch::Sender<Vec<ResourceMetrics>>,
}

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let scopes = request.into_inner().resource_spans.into_iter().flat_map(|of| of.scope_spans);
        self.spans.send_modify(|spans| spans.extend(scopes.flat_map(|scope| scope.spans)));
        Ok(Response::new(Default::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Collector {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        assert_eq!(request.metadata().get("x-key").unwrap(), "secret");
        self.metrics.send_replace(request.into_inner().resource_metrics);
        Ok(Response::new(Default::default()))
    }
}

impl Collector {
    /// Listens; returns the collector and its URL.
    async fn start() -> (Self, String) {
        let collector = Self::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = tonic::transport::Server::builder()
            .add_service(TraceServiceServer::new(collector.clone()))
            .add_service(MetricsServiceServer::new(collector.clone()));
        tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
        (collector, url)
    }

    /// The span of a name and a trace, once it has come.
    async fn span(&self, name: &str, trace: u8) -> Span {
        let is = |span: &&Span| span.name == name && span.trace_id == [trace; 16];
        let spans = come(&self.spans, |spans| spans.iter().any(|span| is(&span))).await;
        spans.iter().find(is).unwrap().clone()
    }
}

/// What was sent, once it is what is waited for.
async fn come<T: Clone>(sent: &watch::Sender<T>, is: impl FnMut(&T) -> bool) -> T {
    let mut sent = sent.subscribe();
    let come = tokio::time::timeout(Duration::from_secs(30), sent.wait_for(is)).await;
    come.expect("it is not exported").unwrap().clone()
}

fn exporting(url: &str) -> Hub {
    let mut command = hintwire(&["serve", "--listen", "127.0.0.1:0", "--ephemeral"]);
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", url);
    command.env("OTEL_EXPORTER_OTLP_HEADERS", "x-key=secret");
    command.env("OTEL_SERVICE_NAME", "hub-7").env("OTEL_RESOURCE_ATTRIBUTES", "zone=a");
    command.env("OTEL_METRIC_EXPORT_INTERVAL", "100").env("OTEL_BSP_SCHEDULE_DELAY", "100");
    Hub::of(command)
}

/// The trace context of which every byte is the same.
fn context(byte: u8) -> String {
    let hex = |bytes: usize| format!("{byte:02x}").repeat(bytes);
    format!("00-{}-{}-01", hex(16), hex(8))
}

fn from<T>(byte: u8, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("traceparent", context(byte).parse().unwrap());
    request
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_goes_from_the_publisher_over_the_hint_to_the_fetch() {
    let (collector, url) = Collector::start().await;
    let hub = exporting(&url);
    let mut client = HubServiceClient::connect(hub.url.clone()).await.unwrap();
    let mut traced = event("a", "data");
    traced.attributes.insert("traceparent".into(), context(0xb));
    client.publish(from(0xa, batch(vec![traced]))).await.unwrap();
    client.fetch(from(0xc, fetch("a", ""))).await.unwrap();
    let publish = collector.span("/hintwire.v1.HubService/Publish", 0xa).await;
    assert_eq!(
        (publish.parent_span_id, publish.links[0].trace_id.clone()),
        (vec![0xa; 8], vec![0xb; 16])
    );
    let hint = collector.span("hint", 0xb).await;
    assert_eq!(hint.parent_span_id, [0xb; 8]);
    let fetch = collector.span("/hintwire.v1.HubService/Fetch", 0xc).await;
    assert_eq!((fetch.links.len(), fetch.links[0].span_id.clone()), (1, vec![0xb; 8]));
    let http = reqwest::Client::new().get(format!("{}/v1/events?topic=a", hub.url));
    http.header("traceparent", context(0xd)).send().await.unwrap();
    assert_eq!(collector.span("/v1/events", 0xd).await.parent_span_id, [0xd; 8]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_kept_as_it_was_published_whatever_the_context_of_its_request() {
    let (_collector, url) = Collector::start().await;
    let hub = exporting(&url);
    let mut client = HubServiceClient::connect(hub.url.clone()).await.unwrap();
    let once = v1::Event { id: "1".into(), ..event("a", "data") };
    for (byte, duplicate) in [(1, false), (2, true)] {
        let request = from(byte, batch(vec![once.clone()]));
        let answer = client.publish(request).await.unwrap().into_inner();
        assert_eq!(answer.results[0].duplicate, duplicate);
    }
    let page = client.fetch(fetch("a", "")).await.unwrap().into_inner();
    assert_eq!(page.events[0].event.as_ref().unwrap().attributes.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_metrics_of_the_table_are_exported_with_their_resource() {
    let (collector, url) = Collector::start().await;
    let hub = exporting(&url);
    let mut client = HubServiceClient::connect(hub.url.clone()).await.unwrap();
    client.publish(batch(vec![event("a", "data")])).await.unwrap();
    let named = |sent: &Vec<ResourceMetrics>, name: &str| -> Option<Metric> {
        let metrics = sent.iter().flat_map(|of| &of.scope_metrics).flat_map(|of| &of.metrics);
        metrics.clone().find(|metric| metric.name == name).cloned()
    };
    let is_counted =
        |sent: &Vec<ResourceMetrics>| match named(sent, "hintwire_publish_events_total") {
            Some(Metric { data: Some(Data::Sum(sum)), .. }) => {
                sum.is_monotonic && sum.data_points[0].value == Some(Value::AsDouble(1.0))
            }
            _ => false,
        };
    let sent = come(&collector.metrics, is_counted).await;
    let Some(Data::Histogram(latency)) = named(&sent, "hintwire_publish_seconds").unwrap().data
    else {
        panic!("no histogram")
    };
    let point = &latency.data_points[0];
    assert_eq!((point.count, point.bucket_counts.iter().sum::<u64>()), (1, 1));
    assert_eq!(point.bucket_counts.len(), point.explicit_bounds.len() + 1);
    let metrics = sent.iter().flat_map(|of| &of.scope_metrics).flat_map(|of| &of.metrics);
    let names: BTreeSet<&str> = metrics.map(|metric| metric.name.as_str()).collect();
    let on_disk =
        |name: &str| name.starts_with("hintwire_log_") || name.starts_with("hintwire_retention_");
    let table = TABLE.iter().map(|metric| metric.name).filter(|name| !on_disk(name));
    assert_eq!(names, table.collect());
    let resource = &sent[0].resource.as_ref().unwrap().attributes;
    let value = |key: &str| {
        let pair = resource.iter().find(|pair| pair.key == key);
        format!("{:?}", pair.and_then(|pair| pair.value.clone()))
    };
    assert!(value("service.name").contains("hub-7") && value("zone").contains('a'));
}

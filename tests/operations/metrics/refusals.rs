//! Refusals are counted by their reason, whatever the way in.

use std::collections::BTreeSet;

use hintwire::v1;
use tokio_stream::StreamExt;

use super::scrape::Hub;
use crate::support::{batch, event, fetch, reason};

fn sample(reason: &str) -> String {
    format!("hintwire_refusals_total{{reason=\"{reason}\"}}")
}

#[tokio::test]
async fn a_refusal_is_counted_once_over_grpc_within_streams_and_over_http() {
    let hub = Hub::start().await;
    let mut client = hub.client().await;
    assert_eq!(reason(client.fetch(fetch("a", "nonsense")).await), "CURSOR_MALFORMED");
    let asked = v1::FetchStreamRequest { request: Some(fetch("a", "nonsense")) };
    let mut pages = client.fetch_stream(tokio_stream::once(asked)).await.unwrap().into_inner();
    assert!(pages.next().await.is_some());
    assert_eq!(hub.get("/v1/events?topic=a&since=nonsense").await.status(), 400);
    assert_eq!(hub.get("/v1/hints?topic=a&since=nonsense").await.status(), 200);
    let request = Some(batch(vec![event("", "data")]));
    let asked = v1::PublishStreamRequest { sequence: 1, request };
    let mut answers = client.publish_stream(tokio_stream::once(asked)).await.unwrap().into_inner();
    assert!(answers.next().await.is_some());
    assert_eq!(hub.get("/nothing").await.status(), 404);
    let scrape = hub.comes_to(&sample("INVALID_FIELD"), 1.0).await;
    assert_eq!(scrape.get(&sample("CURSOR_MALFORMED")), 4.0);
    assert_eq!(scrape.get(&sample("NOT_FOUND")), 1.0);
    assert_eq!(scrape.of_family("hintwire_refusals_total").len(), 3);
}

#[tokio::test]
async fn what_has_no_reason_of_the_hubs_is_other() {
    let hub = Hub::start().await;
    let mut grpc = tonic::client::Grpc::new(hub.server.channel().await);
    grpc.ready().await.unwrap();
    let codec = tonic_prost::ProstCodec::<v1::GetHubRequest, v1::GetHubResponse>::default();
    let path = "/hintwire.v1.HubService/Nothing".parse().unwrap();
    let request = tonic::Request::new(v1::GetHubRequest {});
    assert!(grpc.unary(request, path, codec).await.is_err());
    let scrape = hub.scrape().await;
    assert_eq!(scrape.get(&sample("OTHER")), 1.0);
}

#[tokio::test]
async fn reasons_are_those_of_the_docs() {
    let hub = Hub::start().await;
    let known: BTreeSet<&str> = include_str!("../../../docs/errors.md").split('`').collect();
    hub.get("/v1/events").await;
    hub.get("/v1/snapshot?topic=%2A%2A&page_token=x").await;
    let scrape = hub.scrape().await;
    for sample in scrape.of_family("hintwire_refusals_total") {
        let reason = sample.split('"').nth(1).unwrap();
        assert!(known.contains(reason), "docs/errors.md has no {reason}");
    }
}

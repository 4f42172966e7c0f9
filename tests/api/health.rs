use hintwire::backlog::Health;
use hintwire::config::Config;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::{v1, v1alpha};

use crate::support::Server;
use crate::support::gate::Gate;

const PUBLISH: &str = "hintwire.v1.HubService.Publish";

fn asking(service: &str) -> HealthCheckRequest {
    HealthCheckRequest { service: service.into() }
}

#[tokio::test]
async fn all_names_are_serving_and_others_are_not_found() {
    let server = Server::start().await;
    let mut health = HealthClient::new(server.channel().await);
    for name in ["", "hintwire.v1.HubService", PUBLISH] {
        let status = health.check(asking(name)).await.unwrap().into_inner().status();
        assert_eq!(status, ServingStatus::Serving, "{name}");
    }
    let unknown = health.check(asking("other")).await.unwrap_err();
    assert_eq!(unknown.code(), tonic::Code::NotFound);
}

#[tokio::test]
async fn a_hub_that_can_only_read_says_so_under_the_name_of_publishing() {
    let (gate, _arrived) = Gate::new();
    let server = Server::on(gate.clone(), Config::default()).await;
    let mut health = HealthClient::new(server.channel().await);
    let mut watch = health.watch(asking(PUBLISH)).await.unwrap().into_inner();
    for (fares, status) in [
        (Health::NoSpace, ServingStatus::NotServing),
        (Health::Ok, ServingStatus::Serving),
        (Health::Failed("a write failed".into()), ServingStatus::NotServing),
    ] {
        gate.fare(fares);
        while watch.message().await.unwrap().unwrap().status() != status {}
    }
    let reads = health.check(asking("hintwire.v1.HubService")).await.unwrap().into_inner();
    assert_eq!(reads.status(), ServingStatus::Serving);
}

#[tokio::test]
async fn a_drain_is_told_to_who_watches_and_their_streams_do_not_delay_it() {
    let server = Server::start().await;
    let mut health = HealthClient::new(server.channel().await);
    let mut watch = health.watch(asking("")).await.unwrap().into_inner();
    assert_eq!(watch.message().await.unwrap().unwrap().status(), ServingStatus::Serving);
    server.shut_down();
    assert_eq!(watch.message().await.unwrap().unwrap().status(), ServingStatus::NotServing);
    assert_eq!(watch.message().await.unwrap(), None);
    server.stopped().await.unwrap();
}

fn symbol(name: &str) -> MessageRequest {
    MessageRequest::FileContainingSymbol(name.into())
}

#[tokio::test]
async fn reflection_knows_the_services_and_the_details_of_errors() {
    let server = Server::start().await;
    let mut reflection = ServerReflectionClient::new(server.channel().await);
    let mut ask = async |message| {
        let request =
            v1::ServerReflectionRequest { message_request: Some(message), ..Default::default() };
        let replies = reflection.server_reflection_info(tokio_stream::once(request)).await;
        replies.unwrap().into_inner().message().await.unwrap().unwrap().message_response.unwrap()
    };
    let MessageResponse::ListServicesResponse(list) =
        ask(MessageRequest::ListServices(String::new())).await
    else {
        panic!("no list")
    };
    let names: Vec<_> = list.service.into_iter().map(|service| service.name).collect();
    for name in ["hintwire.v1.HubService", "grpc.health.v1.Health"] {
        assert!(names.iter().any(|known| known == name), "{names:?}");
    }
    for name in ["hintwire.v1.FetchRequest", "google.rpc.ErrorInfo", "google.rpc.RetryInfo"] {
        let found = ask(symbol(name)).await;
        assert!(matches!(found, MessageResponse::FileDescriptorResponse(_)), "{name}");
    }
}

#[tokio::test]
async fn the_old_reflection_that_old_tools_ask_is_served_too() {
    use v1alpha::server_reflection_request::MessageRequest;
    let server = Server::start().await;
    let channel = server.channel().await;
    let mut reflection = v1alpha::server_reflection_client::ServerReflectionClient::new(channel);
    let request = v1alpha::ServerReflectionRequest {
        message_request: Some(MessageRequest::ListServices(String::new())),
        ..Default::default()
    };
    let replies = reflection.server_reflection_info(tokio_stream::once(request)).await.unwrap();
    assert!(replies.into_inner().message().await.unwrap().is_some());
}

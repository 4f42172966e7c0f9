//! Each row of the error table that takes more than a wrong request.

use std::sync::Arc;

use hintwire::backlog::memory::Memory;
use hintwire::backlog::{Backlog, Outcome};
use hintwire::config::Config;
use hintwire::cursor::{Cursor, Position};
use hintwire::error::WriteOutcome;
use hintwire::v1;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::support::fetches::{FetchStream, Fetches};
use crate::support::gate::Gate;
use crate::support::{Client, Server, batch, event, fetch, info, reason, subscribe};

async fn publish(client: &mut Client) -> String {
    let reply = client.publish(batch(vec![event("a", "")])).await.unwrap();
    reply.into_inner().results[0].cursor.clone()
}

/// What a fetch is refused with over a stream.
async fn streamed(client: &mut Client, request: v1::FetchRequest) -> Status {
    let stream = FetchStream::open(client).await;
    Fetches::Stream(stream).fetch(request).await.unwrap_err()
}

/// Fetch, FetchStream and Subscribe judge a cursor alike.
async fn refused(client: &mut Client, cursor: &str) -> Status {
    let fetched = client.fetch(fetch("a", cursor)).await.unwrap_err();
    let subscribed = client.subscribe(subscribe("a", cursor)).await.unwrap_err();
    assert_eq!(info(&fetched).metadata, info(&subscribed).metadata);
    assert_eq!(fetched.code(), subscribed.code());
    let streamed = streamed(client, fetch("a", cursor)).await;
    assert_eq!((streamed.code(), streamed.message()), (fetched.code(), fetched.message()));
    let (ours, theirs) = (info(&streamed), info(&fetched));
    assert_eq!((ours.reason, ours.metadata), (theirs.reason, theirs.metadata));
    fetched
}

#[tokio::test]
async fn a_malformed_cursor_is_invalid_and_nothing_to_retry() {
    let server = Server::start().await;
    let refused = refused(&mut server.client().await, "nonsense").await;
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert_eq!(info(&refused).reason, "CURSOR_MALFORMED");
    assert_eq!(info(&refused).metadata["action"], "FAIL");
}

#[tokio::test]
async fn a_trimmed_cursor_is_out_of_range_and_carries_the_way_out() {
    let memory = Arc::new(Memory::default());
    let server = Server::on(Arc::clone(&memory) as _, Config::default()).await;
    let mut client = server.client().await;
    let first = publish(&mut client).await;
    publish(&mut client).await;
    let head = publish(&mut client).await;
    memory.trim(memory.extent().head).await.unwrap();
    let refused = refused(&mut client, &first).await;
    assert_eq!(refused.code(), Code::OutOfRange);
    let info = info(&refused);
    assert_eq!(info.reason, "CURSOR_TRIMMED");
    assert_eq!((&info.metadata["earliest"], &info.metadata["head"]), (&head, &head));
    assert!(info.metadata["lost_events"].parse::<u64>().unwrap() >= 2);
    let covers = info.metadata["snapshot_covers"] == "true";
    assert_eq!(info.metadata["action"], if covers { "SNAPSHOT" } else { "EARLIEST" });
}

#[tokio::test]
async fn a_cursor_of_another_hub_is_foreign() {
    let (server, other) = (Server::start().await, Server::start().await);
    let foreign = publish(&mut other.client().await).await;
    let refused = refused(&mut server.client().await, &foreign).await;
    assert_eq!(refused.code(), Code::FailedPrecondition);
    let info = info(&refused);
    assert_eq!(info.reason, "CURSOR_FOREIGN");
    for value in ["incarnation", "earliest", "head", "snapshot_covers", "action"] {
        assert!(info.metadata.contains_key(value), "{value}");
    }
}

#[tokio::test]
async fn a_cursor_after_the_head_is_for_a_person_to_decide() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let head = publish(&mut client).await;
    let real: Cursor = head.parse().unwrap();
    let ahead = Cursor { position: Position(real.position.0 + 1_000_000), ..real };
    let refused = refused(&mut client, &ahead.to_string()).await;
    assert_eq!(refused.code(), Code::FailedPrecondition);
    let info = info(&refused);
    assert_eq!((&*info.reason, &*info.metadata["action"]), ("CURSOR_AHEAD", "FAIL"));
    assert_eq!((&info.metadata["head"], info.metadata.contains_key("incarnation")), (&head, true));

    let behind = v1::FetchRequest { at_least: ahead.to_string(), ..fetch("a", "") };
    let called = client.fetch(behind.clone()).await.unwrap_err();
    for refused in [called, streamed(&mut client, behind).await] {
        assert_eq!((refused.code(), &*info_reason(&refused)), (Code::Unavailable, "NODE_BEHIND"));
        assert!(refused.get_details_retry_info().is_some());
    }
}

fn info_reason(status: &Status) -> String {
    info(status).reason
}

#[tokio::test]
async fn what_the_backlog_refuses_says_whether_and_when_to_retry() {
    let (gate, _arrived) = Gate::new();
    let server = Server::on(gate.clone(), Config::default()).await;
    let mut client = server.client().await;
    for (outcome, code, expected, retry) in [
        (Outcome::Busy, Code::ResourceExhausted, "OVERLOADED", true),
        (Outcome::NoSpace, Code::ResourceExhausted, "NO_SPACE", true),
        (Outcome::Closing, Code::Unavailable, "DRAINING", true),
        (Outcome::Failed(WriteOutcome::Unknown), Code::Unavailable, "BACKLOG_FAILED", false),
    ] {
        gate.refuse(outcome);
        let refused = client.publish(batch(vec![event("a", "")])).await.unwrap_err();
        assert_eq!((refused.code(), &*info_reason(&refused)), (code, expected));
        assert_eq!(refused.get_details_retry_info().is_some(), retry, "{expected}");
    }
    gate.refuse(Outcome::Failed(WriteOutcome::NotWritten));
    let refused = client.publish(batch(vec![event("a", "")])).await.unwrap_err();
    assert_eq!(info(&refused).metadata["outcome"], "not_written");
}

#[tokio::test]
async fn bytes_that_are_no_message_are_an_invalid_request() {
    let server = Server::start().await;
    let mut raw = tonic::client::Grpc::new(server.channel().await);
    raw.ready().await.unwrap();
    let path = http::uri::PathAndQuery::from_static("/hintwire.v1.HubService/Fetch");
    // Field 1 of this message is a string with bytes that are not UTF-8; field 1 of FetchRequest must be.
    let wrong = b"\xff\xfe".to_vec();
    let codec = tonic_prost::ProstCodec::<_, v1::FetchResponse>::default();
    let refused = raw.unary(tonic::Request::new(wrong), path, codec).await;
    assert_eq!(reason(refused.map(|_| ())), "INVALID_FIELD");
}

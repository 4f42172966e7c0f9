//! What only a stream of fetches can get wrong; the rules of Fetch are tested over both in `fetch.rs`.

use hintwire::v1;
use prost_types::Duration;
use tonic::{Code, Status};

use crate::support::fetches::FetchStream;
use crate::support::{Server, batch, event, fetch, info, reason};

/// The data of the events of a page.
fn data(page: &v1::FetchResponse) -> Vec<String> {
    let text = |stored: &v1::StoredEvent| stored.event.as_ref().unwrap().data.to_vec();
    page.events.iter().map(|stored| String::from_utf8(text(stored)).unwrap()).collect()
}

#[tokio::test]
async fn answers_come_in_the_order_of_the_requests_and_each_tells_what_is_there_at_its_turn() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let old = batch(vec![event("a", "1"), event("b", "2")]);
    let head = client.publish(old).await.unwrap().into_inner().results[1].cursor.clone();
    let mut stream = FetchStream::open(&mut client).await;
    let wait = Some(Duration { seconds: 60, nanos: 0 });
    stream.send(v1::FetchRequest { wait, ..fetch("news", &head) }).await;
    for topic in ["a", "b", "news"] {
        stream.send(fetch(topic, "")).await;
    }
    let news = client.publish(batch(vec![event("news", "3")])).await.unwrap().into_inner();
    for expected in ["3", "1", "2", "3"] {
        let page = stream.answer().await.unwrap();
        assert_eq!(data(&page), [expected]);
        assert_eq!(page.head, news.results[0].cursor);
    }
}

#[tokio::test]
async fn however_many_are_sent_ahead_all_are_answered_in_order_and_the_stream_ends_with_ok() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let events = (0..10).map(|n| event(&format!("t/{n}"), &n.to_string()));
    client.publish(batch(events.collect())).await.unwrap();
    let mut stream = FetchStream::open(&mut client).await;
    for nth in 0..2000 {
        stream.send(fetch(&format!("t/{}", nth % 10), "")).await;
    }
    stream.close();
    for nth in 0..2000 {
        assert_eq!(data(&stream.answer().await.unwrap()), [(nth % 10).to_string()]);
    }
    assert!(stream.next().await.unwrap().is_none());
}

#[tokio::test]
async fn an_error_concerns_its_request_alone_and_the_stream_goes_on() {
    let server = Server::start().await;
    let mut client = server.client().await;
    client.publish(batch(vec![event("a", "1")])).await.unwrap();
    let mut stream = FetchStream::open(&mut client).await;
    stream.send(fetch("a", "")).await;
    stream.send(fetch("a", "nonsense")).await;
    stream.send(fetch("not//a/topic", "")).await;
    stream.send_raw(v1::FetchStreamRequest { request: None }).await;
    stream.send(fetch("a", "")).await;
    assert_eq!(data(&stream.answer().await.unwrap()), ["1"]);
    assert_eq!(reason(stream.answer().await), "CURSOR_MALFORMED");
    for field in ["topics", "request"] {
        assert_eq!(info(&stream.answer().await.unwrap_err()).metadata["field"], field);
    }
    assert_eq!(data(&stream.answer().await.unwrap()), ["1"]);
    stream.close();
    assert!(stream.next().await.unwrap().is_none());
}

#[tokio::test]
async fn a_message_that_is_far_too_large_ends_the_stream_after_the_answers_before_it() {
    let server = Server::start().await;
    let mut stream = FetchStream::open(&mut server.client().await).await;
    stream.send(fetch("a", "")).await;
    stream.send(fetch(&"a".repeat(9 << 20), "")).await;
    stream.send(fetch("a", "")).await;
    assert!(stream.answer().await.is_ok());
    let end = stream.next().await.unwrap_err();
    assert_eq!((end.code(), &*info(&end).reason), (Code::InvalidArgument, "TOO_LARGE"));
}

#[tokio::test]
async fn bytes_that_are_no_message_end_the_stream_after_the_answers_before_them() {
    let server = Server::start().await;
    let mut raw = tonic::client::Grpc::new(server.channel().await);
    raw.ready().await.unwrap();
    let path = http::uri::PathAndQuery::from_static("/hintwire.v1.HubService/FetchStream");
    let good = prost::Message::encode_to_vec(&fetch("a", ""));
    // Field 1 of both is written alike; the second holds no message.
    let messages = tokio_stream::iter([good, b"\xff\xfe".to_vec()]);
    let codec = tonic_prost::ProstCodec::<Vec<u8>, v1::FetchStreamResponse>::default();
    let answers = raw.streaming(tonic::Request::new(messages), path, codec).await;
    let mut answers = answers.unwrap().into_inner();
    assert!(answers.message().await.unwrap().is_some());
    let end: Result<_, Status> = answers.message().await;
    assert_eq!(reason(end), "INVALID_FIELD");
}

#[tokio::test]
async fn a_drain_ends_an_idle_stream_with_ok_and_the_hub_stops() {
    let server = Server::start().await;
    let mut stream = FetchStream::open(&mut server.client().await).await;
    stream.send(fetch("a", "")).await;
    assert!(stream.answer().await.is_ok());
    server.shut_down();
    assert!(stream.next().await.unwrap().is_none());
    server.stopped().await.unwrap();
}

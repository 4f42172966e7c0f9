//! Peers that ask much, or say much about little, as the clients of some languages do: none of them is ever cut.

use futures_util::future::try_join_all;
use hintwire::config::Config;
use hintwire::limits::ABANDONED_WITHIN;
use hintwire::v1;
use prost::Message;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::Bystander;
use crate::raw::frame::{self, DATA, END_STREAM, Frame, HEADERS};
use crate::raw::{FETCH, GET_HUB, PUBLISH_STREAM, Raw, SUBSCRIBE, begin, call, patterns, prefixed};
use crate::support::{batch, event, subscribe};
use crate::wire::Piped;

const HEALTH: &str = "/grpc.health.v1.Health/Check";
/// More than a peer may say for nothing.
const MANY: u32 = 3_000;

fn stream(nth: u32) -> u32 {
    2 * nth + 1
}

/// What grpc-go and others say to each message: both windows opened, and how far away the hub is.
fn chatter(stream: u32) -> Vec<u8> {
    [frame::window_update(0, 20), frame::window_update(stream, 20), frame::ping(0)].concat()
}

async fn next(peer: &mut Raw, kind: u8) -> Frame {
    peer.read.next_of(kind).await.expect("the connection was closed")
}

fn poll(wait: i64) -> v1::FetchRequest {
    let wait = Some(prost_types::Duration { seconds: wait, nanos: 0 });
    v1::FetchRequest { topics: vec!["a".into()], wait, ..Default::default() }
}

#[tokio::test]
async fn very_many_tiny_calls_are_answered() {
    let bystander = Bystander::new().await;
    let channel = bystander.server.channel().await;
    let callers = (0..64).map(|_| {
        let (mut health, mut hub) =
            (HealthClient::new(channel.clone()), crate::Client::new(channel.clone()));
        async move {
            for _ in 0..200 {
                health.check(HealthCheckRequest::default()).await?;
            }
            for _ in 0..50 {
                hub.fetch(poll(0)).await?;
            }
            Ok::<_, tonic::Status>(())
        }
    });
    try_join_all(callers).await.unwrap();
}

#[tokio::test]
async fn streams_may_be_opened_and_left_by_the_thousand() {
    let bystander = Bystander::new().await;
    let client = bystander.server.client().await;
    for _ in 0..2 {
        let opened = (0..MANY).map(|_| {
            let mut client = client.clone();
            async move { client.subscribe(subscribe("a", "")).await }
        });
        try_join_all(opened).await.unwrap();
    }
}

#[tokio::test]
async fn long_polls_may_be_opened_by_the_thousand() {
    let bystander = Bystander::new().await;
    let Raw { mut read, mut write } = bystander.peer().await;
    // As tonic and hyper do: the message, and then an empty frame that ends the request.
    let polls = (0..MANY).flat_map(|nth| {
        let asked = frame::frame(DATA, 0, stream(nth), &prefixed(&poll(60).encode_to_vec()));
        let end = frame::frame(DATA, END_STREAM, stream(nth), &[]);
        [begin(stream(nth), FETCH), asked, end].concat()
    });
    let opened = polls.chain(call(stream(MANY), GET_HUB, &[])).collect::<Vec<_>>();
    let answered =
        async { while read.next_of(HEADERS).await.expect("cut").stream != stream(MANY) {} };
    let (sent, ()) = tokio::join!(write.send(&opened), answered);
    sent.unwrap();
}

#[tokio::test]
async fn a_peer_may_say_three_things_to_each_tiny_answer() {
    let mut bystander = Bystander::new().await;
    let mut peer = bystander.peer().await;
    for nth in 0..MANY {
        peer.write.call(stream(nth), HEALTH, &[]).await.unwrap();
        next(&mut peer, DATA).await;
        peer.write.send(&chatter(stream(nth))).await.unwrap();
    }
    bystander.goes_on().await;
}

#[tokio::test]
async fn a_peer_may_say_three_things_to_each_answer_of_a_publish_stream() {
    let bystander = Bystander::new().await;
    let mut peer = bystander.peer().await;
    peer.write.send(&begin(1, PUBLISH_STREAM)).await.unwrap();
    for sequence in 1..=i64::from(MANY) {
        let request = Some(batch(vec![event("a", "")]));
        let request = v1::PublishStreamRequest { sequence, request };
        let message = prefixed(&request.encode_to_vec());
        peer.write.send(&frame::frame(DATA, 0, 1, &message)).await.unwrap();
        next(&mut peer, DATA).await;
        peer.write.send(&chatter(1)).await.unwrap();
    }
}

#[tokio::test]
async fn a_peer_may_open_the_windows_of_all_its_streams_at_once() {
    let bystander = Bystander::new().await;
    let mut peer = bystander.peer().await;
    for nth in 0..MANY {
        peer.write.call(stream(nth), SUBSCRIBE, &patterns("a")).await.unwrap();
        next(&mut peer, DATA).await;
    }
    let opened = (0..MANY).flat_map(|nth| chatter(stream(nth))).collect::<Vec<_>>();
    let Raw { mut read, mut write } = peer;
    let last = stream(MANY);
    let (sent, ()) = tokio::join!(
        async {
            write.send(&opened).await?;
            write.send(&call(last, GET_HUB, &[])).await
        },
        async { while read.next().await.expect("the connection was closed").stream != last {} }
    );
    sent.unwrap();
}

#[tokio::test(start_paused = true)]
async fn long_polls_may_be_left_by_the_thousand_after_a_while() {
    let hub = Piped::start(Config::default());
    let mut peer = hub.open(&[]).await;
    for round in 0..3 {
        let nths = round * MANY..(round + 1) * MANY;
        for nth in nths.clone() {
            let waiting = poll(60).encode_to_vec();
            peer.write.call(stream(nth), FETCH, &waiting).await.unwrap();
        }
        tokio::time::advance(ABANDONED_WITHIN).await;
        for nth in nths {
            peer.write.send(&frame::reset(stream(nth))).await.unwrap();
        }
    }
    peer.write.call(stream(4 * MANY), GET_HUB, &[]).await.unwrap();
    while next(&mut peer, HEADERS).await.stream != stream(4 * MANY) {}
}

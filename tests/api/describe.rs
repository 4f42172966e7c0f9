use hintwire::cursor::{Cursor, Position};
use hintwire::v1;
use hintwire::v1::describe_cursor_response::State;

use crate::support::{Server, batch, event, info};

#[tokio::test]
async fn every_cursor_is_described_with_ok() {
    let (server, other) = (Server::start().await, Server::start().await);
    let mut cursors = Vec::new();
    for server in [&server, &other] {
        let reply = server.client().await.publish(batch(vec![event("a", "")])).await.unwrap();
        cursors.push(reply.into_inner().results[0].cursor.clone());
    }
    let real: Cursor = cursors[0].parse().unwrap();
    let ahead = Cursor { position: Position(real.position.0 + 99), ..real }.to_string();
    let mut client = server.client().await;
    for (cursor, state, action) in [
        (&*cursors[0], State::Valid, "NONE"),
        ("", State::Valid, "NONE"),
        (&*ahead, State::Ahead, "FAIL"),
        ("nonsense", State::Malformed, "FAIL"),
    ] {
        let request = v1::DescribeCursorRequest { cursor: cursor.into() };
        let described = client.describe_cursor(request).await.unwrap().into_inner();
        assert_eq!((described.state(), &*described.action), (state, action), "{cursor}");
        assert_eq!(described.head, cursors[0]);
        assert!(!described.advice.is_empty());
        assert_eq!(described.publish_time.is_some(), cursor == cursors[0]);
    }
    let request = v1::DescribeCursorRequest { cursor: cursors[1].clone() };
    let foreign = client.describe_cursor(request).await.unwrap().into_inner();
    assert_eq!(foreign.state(), State::Foreign);
    assert_ne!(foreign.incarnation, real.incarnation.to_string());
}

#[tokio::test]
async fn topics_are_listed_in_order_and_in_pages() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let events = ["b", "a/2", "a/1", "a/2"].map(|topic| event(topic, ""));
    let results = client.publish(batch(events.into())).await.unwrap().into_inner().results;
    let mut request = v1::ListTopicsRequest {
        topics: vec!["a/*".into(), "b".into()],
        page_size: 2,
        page_token: String::new(),
    };
    let first = client.list_topics(request.clone()).await.unwrap().into_inner();
    let names = first.topics.iter().map(|info| (&*info.topic, info.count));
    assert_eq!(names.collect::<Vec<_>>(), [("a/1", 1), ("a/2", 2)]);
    assert_eq!(first.topics[1].newest, results[3].cursor);
    assert!(first.topics[1].first < results[1].cursor);
    request.page_token = first.next_page_token;
    let second = client.list_topics(request.clone()).await.unwrap().into_inner();
    assert_eq!((&*second.topics[0].topic, &*second.next_page_token), ("b", ""));
    request.page_size = -1;
    let refused = client.list_topics(request).await.unwrap_err();
    assert_eq!(info(&refused).metadata["field"], "page_size");
}

#[tokio::test]
async fn the_hub_says_what_it_is() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let reply = client.publish(batch(vec![event("a", "")])).await.unwrap().into_inner();
    let hub = client.get_hub(v1::GetHubRequest {}).await.unwrap().into_inner();
    assert_eq!(hub.head, reply.results[0].cursor);
    assert_eq!(hub.incarnation, hub.head.parse::<Cursor>().unwrap().incarnation.to_string());
    assert_eq!((hub.lineage.len(), &*hub.lineage[0].fork), (1, ""));
    assert_eq!(hub.version, env!("CARGO_PKG_VERSION"));
    let limits = hub.limits.unwrap();
    assert_eq!(
        (limits.data_bytes, limits.request_bytes, limits.page_events),
        (1 << 20, 4 << 20, 1000)
    );
    assert_eq!(limits.id_window.unwrap().seconds, 600);
    let backlog = hub.backlog.unwrap();
    assert_eq!((&*backlog.engine, backlog.events, backlog.topics), ("memory", 1, 1));
}

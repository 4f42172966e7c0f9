use hintwire::v1;
use hintwire::v1::fetch_request::{Seek, Start};
use prost_types::{Duration, Timestamp};

use crate::support::fetches::{Asked, both_ways};
use crate::support::{Client, Server, batch, event, fetch, info, reason};

async fn publish(client: &mut Client, events: Vec<v1::Event>) -> Vec<String> {
    let results = client.publish(batch(events)).await.unwrap().into_inner().results;
    results.into_iter().map(|result| result.cursor).collect()
}

fn seek(seek: Seek) -> v1::FetchRequest {
    v1::FetchRequest { seek: Some(seek), ..fetch("**", "") }
}

#[tokio::test]
async fn pages_follow_each_other_without_a_gap_up_to_the_head() {
    for Asked { server: _hub, mut client, mut reader } in both_ways().await {
        let events: Vec<_> = (0..25).map(|i| event("a", &i.to_string())).collect();
        publish(&mut client, events.clone()).await;
        let (mut cursor, mut seen) = (String::new(), Vec::new());
        loop {
            let request = v1::FetchRequest { limit: 10, ..fetch("a", &cursor) };
            let page = reader.fetch(request).await.unwrap();
            seen.extend(page.events.into_iter().map(|stored| stored.event.unwrap()));
            cursor = page.next_cursor;
            if !page.has_more {
                assert_eq!(cursor, page.head);
                assert!(page.poll_after.is_some());
                break;
            }
            assert!(cursor < page.head && page.poll_after.is_none());
        }
        assert_eq!(seen, events);
    }
}

#[tokio::test]
async fn a_page_carries_every_field_as_published_and_when() {
    for Asked { server: _hub, mut client, mut reader } in both_ways().await {
        let full = v1::Event {
            key: "key".into(),
            id: "id".into(),
            r#type: "type".into(),
            time: Some(Timestamp { seconds: -5, nanos: 7 }),
            content_type: "text/plain".into(),
            attributes: [("a".into(), "1".into()), ("b".into(), "2".into())].into(),
            ..event("a/b", &"data".repeat(100))
        };
        let cursors = publish(&mut client, vec![full.clone()]).await;
        let stored = reader.fetch(fetch("a/*", "")).await.unwrap().events.remove(0);
        assert_eq!((stored.event.as_ref(), stored.data_size), (Some(&full), 400));
        assert_eq!(stored.cursor, cursors[0]);
        assert!(stored.publish_time.unwrap().seconds > 1_700_000_000);

        let bare = v1::FetchRequest { omit_data: true, ..fetch("a/*", "") };
        let stored = reader.fetch(bare).await.unwrap().events.remove(0);
        let without = v1::Event { data: Default::default(), ..full };
        assert_eq!((stored.event, stored.data_size), (Some(without), 400));
    }
}

#[tokio::test]
async fn a_filter_leaves_only_what_passes_it() {
    for Asked { server: _hub, mut client, mut reader } in both_ways().await {
        let typed = |name: &str, region: &str| v1::Event {
            r#type: name.into(),
            attributes: [("region".into(), region.into())].into(),
            ..event("a", "")
        };
        publish(&mut client, vec![typed("x", "eu"), typed("y", "eu"), typed("x", "us")]).await;
        let request = v1::FetchRequest {
            types: vec!["x".into()],
            attributes: [("region".into(), "us".into())].into(),
            ..fetch("a", "")
        };
        let page = reader.fetch(request).await.unwrap();
        assert_eq!(page.events.len(), 1);
        assert_eq!(page.events[0].event.as_ref().unwrap(), &typed("x", "us"));
    }
}

#[tokio::test]
async fn a_start_may_be_a_time_or_a_named_place_but_not_with_a_cursor() {
    for Asked { server: _hub, mut client, mut reader } in both_ways().await {
        let cursors = publish(&mut client, vec![event("a", ""), event("a", "")]).await;
        let mut count = async |request| reader.fetch(request).await.unwrap().events.len();
        assert_eq!(count(seek(Seek::FromStart(Start::Earliest.into()))).await, 2);
        assert_eq!(count(seek(Seek::FromStart(Start::Latest.into()))).await, 0);
        assert_eq!(count(seek(Seek::FromTime(Timestamp { seconds: 0, nanos: 0 }))).await, 2);
        assert_eq!(count(seek(Seek::FromTime(Timestamp { seconds: 1 << 36, nanos: 0 }))).await, 0);
        let both = v1::FetchRequest {
            cursor: cursors[0].clone(),
            ..seek(Seek::FromStart(Start::Latest.into()))
        };
        for (wrong, field) in [
            (both, "cursor"),
            (seek(Seek::FromStart(Start::Unspecified.into())), "from_start"),
            (seek(Seek::FromStart(77)), "from_start"),
            (seek(Seek::FromTime(Timestamp { seconds: 0, nanos: -1 })), "from_time"),
        ] {
            let refused = reader.fetch(wrong).await.unwrap_err();
            assert_eq!(info(&refused).metadata["field"], field);
        }
    }
}

#[tokio::test]
async fn a_long_poll_is_answered_by_the_event_it_waits_for() {
    for Asked { server: _hub, mut client, mut reader } in both_ways().await {
        let head = publish(&mut client, vec![event("a", "old")]).await.remove(0);
        let wait = Some(Duration { seconds: 60, nanos: 0 });
        let request = v1::FetchRequest { wait, ..fetch("a", &head) };
        let polled = tokio::spawn(async move { reader.fetch(request).await });
        publish(&mut client, vec![event("b", "other"), event("a", "new")]).await;
        let page = polled.await.unwrap().unwrap();
        assert_eq!(page.events.len(), 1);
        assert_eq!(page.events[0].event.as_ref().unwrap().data, "new");
    }
}

#[tokio::test]
async fn what_is_out_of_range_is_refused_by_name() {
    for Asked { server: _hub, mut reader, .. } in both_ways().await {
        let base = || fetch("**", "");
        let minus = Some(Duration { seconds: -1, nanos: 0 });
        for (wrong, field) in [
            (v1::FetchRequest { limit: -1, ..base() }, "limit"),
            (v1::FetchRequest { max_bytes: -1, ..base() }, "max_bytes"),
            (v1::FetchRequest { wait: minus, ..base() }, "wait"),
            (v1::FetchRequest { topics: vec![], ..base() }, "topics"),
            (fetch("a/**/b", ""), "topics"),
            (v1::FetchRequest { at_least: "nonsense".into(), ..base() }, "at_least"),
        ] {
            let refused = reader.fetch(wrong).await.unwrap_err();
            assert_eq!(refused.code(), tonic::Code::InvalidArgument);
            assert_eq!(info(&refused).metadata["field"], field);
        }
        let many = v1::FetchRequest { topics: vec!["a".into(); 1001], ..base() };
        assert_eq!(reason(reader.fetch(many).await), "TOO_LARGE");
        let lowered = v1::FetchRequest { limit: i32::MAX, max_bytes: i32::MAX, ..base() };
        assert!(reader.fetch(lowered).await.is_ok());
    }
}

#[tokio::test]
async fn a_snapshot_holds_the_newest_of_each_key_and_the_tail_goes_on_from_it() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let keyed = |key: &str, data: &str| v1::Event { key: key.into(), ..event("a", data) };
    let gone = v1::Event { key: "gone".into(), deleted: true, ..event("a", "") };
    let first = vec![keyed("gone", "x"), keyed("k1", "old"), keyed("k1", "new"), keyed("k2", "x")];
    publish(&mut client, first).await;
    publish(&mut client, vec![gone]).await;
    let mut request = v1::SnapshotRequest {
        topics: vec!["**".into()],
        page_size: 1,
        omit_data: false,
        ..Default::default()
    };
    let mut seen = Vec::new();
    let cursor = loop {
        let page = client.snapshot(request.clone()).await.unwrap().into_inner();
        seen.extend(page.events.into_iter().map(|stored| stored.event.unwrap()));
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break page.cursor;
        }
    };
    assert_eq!(seen, [keyed("k1", "new"), keyed("k2", "x")]);
    publish(&mut client, vec![keyed("k3", "later")]).await;
    let tail = client.fetch(fetch("**", &cursor)).await.unwrap().into_inner();
    assert_eq!(tail.events[0].event.as_ref().unwrap(), &keyed("k3", "later"));
    let other = v1::SnapshotRequest { page_token: "nonsense".into(), ..request };
    assert_eq!(reason(client.snapshot(other).await), "INVALID_FIELD");
}

use hintwire::v1;

use crate::support::{Server, batch, event, fetch, info, reason};

#[tokio::test]
async fn a_batch_is_answered_with_a_cursor_for_each_event_and_can_be_fetched() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let events = vec![event("a/b", "one"), event("a/c", "two")];
    let results = client.publish(batch(events.clone())).await.unwrap().into_inner().results;
    let page = client.fetch(fetch("a/**", "")).await.unwrap().into_inner();
    assert_eq!(
        page.events.iter().map(|e| &e.cursor).collect::<Vec<_>>(),
        [&results[0].cursor, &results[1].cursor]
    );
    assert_eq!(page.events.into_iter().map(|e| e.event.unwrap()).collect::<Vec<_>>(), events);
}

#[tokio::test]
async fn a_repeat_is_answered_with_the_first_cursor() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let once = v1::Event { id: "1".into(), ..event("a", "one") };
    let first = client.publish(batch(vec![once.clone()])).await.unwrap().into_inner();
    let again = client.publish(batch(vec![once, event("a", "two")])).await.unwrap().into_inner();
    assert_eq!(again.results[0].cursor, first.results[0].cursor);
    assert!(again.results[0].duplicate && !again.results[1].duplicate);
}

#[tokio::test]
async fn an_id_with_other_content_refuses_the_batch_and_names_the_event() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let once = |data| v1::Event { id: "1".into(), ..event("a", data) };
    client.publish(batch(vec![once("one")])).await.unwrap();
    let refused = client.publish(batch(vec![event("b", "x"), once("two")])).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::AlreadyExists);
    assert_eq!((&*info(&refused).reason, &*info(&refused).metadata["index"]), ("ID_CONFLICT", "1"));
    let page = client.fetch(fetch("**", "")).await.unwrap().into_inner();
    assert_eq!(page.events.len(), 1);
}

#[tokio::test]
async fn an_expectation_holds_until_its_key_changes() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let mut expecting = async |cursor: &str| {
        let event = v1::Event { key: "k".into(), ..event("a", "x") };
        let request =
            v1::PublishRequest { events: vec![event], expected_cursor: Some(cursor.to_owned()) };
        client.publish(request).await.map(|reply| reply.into_inner().results[0].cursor.clone())
    };
    let first = expecting("").await.unwrap();
    let second = expecting(&first).await.unwrap();
    let refused = expecting(&first).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::Aborted);
    let info = info(&refused);
    assert_eq!(info.reason, "EXPECTATION_FAILED");
    assert_eq!((&*info.metadata["index"], &info.metadata["newest"]), ("0", &second));
    assert_eq!(reason(expecting("").await), "EXPECTATION_FAILED");
}

#[tokio::test]
async fn what_is_wrong_with_an_event_is_named_with_its_place() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let hubs = event("~hintwire/x", "");
    let tombstone = v1::Event { deleted: true, ..event("a", "") };
    let long = v1::Event { key: "k".repeat(513), ..event("a", "") };
    for (wrong, field, expected) in [
        (event("", ""), "topic", "INVALID_FIELD"),
        (event("a/*", ""), "topic", "INVALID_FIELD"),
        (hubs, "topic", "INVALID_FIELD"),
        (tombstone, "key", "INVALID_FIELD"),
        (long, "key", "TOO_LARGE"),
        (event("a", &"x".repeat((1 << 20) + 1)), "data", "TOO_LARGE"),
    ] {
        let refused = client.publish(batch(vec![event("a", ""), wrong])).await.unwrap_err();
        assert_eq!(refused.code(), tonic::Code::InvalidArgument);
        assert_eq!(info(&refused).reason, expected);
        assert_eq!(info(&refused).metadata["field"], format!("events[1].{field}"));
    }
    assert_eq!(reason(client.publish(batch(vec![])).await), "INVALID_FIELD");
    assert_eq!(reason(client.publish(batch(vec![event("a", ""); 1001])).await), "TOO_LARGE");
}

#[tokio::test]
async fn a_request_over_the_limit_is_told_so_however_large() {
    let server = Server::start().await;
    let mut client = server.client().await;
    for events in [5, 20] {
        let megabytes = vec![event("a", &"x".repeat(1 << 20)); events];
        let refused = client.publish(batch(megabytes)).await.unwrap_err();
        assert_eq!(refused.code(), tonic::Code::InvalidArgument);
        let info = info(&refused);
        assert_eq!((&*info.reason, &*info.metadata["limit"]), ("TOO_LARGE", "4194304"));
    }
}

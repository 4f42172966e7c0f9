use super::*;
use crate::cursor::Position;
use crate::error::Action;

#[tokio::test(start_paused = true)]
async fn every_text_is_described() {
    let hub = hub();
    let trimmed = publish(&hub, event("a")).await;
    let earliest = publish(&hub, event("a")).await;
    let head = publish(&hub, event("a")).await;
    tokio::time::sleep(Duration::from_millis(1)).await;
    hub.backlog.trim(earliest.position).await.unwrap();
    let ahead = Cursor { position: Position(100), ..head };
    let foreign = Cursor { incarnation: crate::cursor::Incarnation(1), ..head };
    for (text, state, action, timed) in [
        (head.to_string(), CursorState::Valid, None, true),
        (earliest.to_string(), CursorState::Valid, None, false),
        (String::new(), CursorState::Valid, None, false),
        (trimmed.to_string(), CursorState::Trimmed, Some(Action::Snapshot), false),
        (foreign.to_string(), CursorState::Foreign, Some(Action::Snapshot), false),
        (ahead.to_string(), CursorState::Ahead, Some(Action::Fail), false),
        ("☃".repeat(100), CursorState::Malformed, Some(Action::Fail), false),
    ] {
        let described = hub.describe_cursor(&text).await;
        assert_eq!((described.state, described.action), (state, action), "{text}");
        assert_eq!(described.published.is_some(), timed, "{text}");
        assert_eq!((described.earliest, described.head), (earliest, head));
        assert_eq!(described.incarnation.is_none(), state == CursorState::Malformed);
        assert!(!described.advice.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn the_hub_says_where_it_begins_and_ends_and_how_many_there_are() {
    let hub = hub();
    let _open = subscribe(&hub, &["a"]).await;
    let head = publish(&hub, event("a")).await;
    let described = hub.describe();
    assert_eq!((described.head, described.topics, described.streams), (head, 1, 1));
    assert_eq!((described.backlog.engine, described.backlog.events), ("memory", 1));
    assert_eq!(described.lineage.current(), head.incarnation);
    assert_eq!(hub.health(), Health::Ok);
}

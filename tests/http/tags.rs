//! ETags, 304, cursors that cannot be used, and what caches may keep.

use hintwire::backlog::Backlog;
use hintwire::config::Config;
use hintwire::cursor::Cursor;
use hintwire::server::open_backlog;
use reqwest::Response;

use crate::ask::{Hub, header, problem};
use crate::support::gate::Gate;

const POLL: &str = "/v1/events?topic=a";

fn tag(answer: &Response) -> String {
    header(answer, "etag").to_owned()
}

fn next(answer: &Response) -> String {
    header(answer, "hintwire-next-cursor").to_owned()
}

#[tokio::test]
async fn a_quiet_poller_gets_304_without_a_read_and_its_cursor_moves_on() {
    let gate = Gate::open();
    let hub = Hub::on(gate.clone()).await;
    hub.publish("a", "1").await;
    let first = hub.get(POLL).await;
    let quiet = hub.get(&format!("{POLL}&since={}", next(&first))).await;
    let (mut since, tag, reads) = (next(&quiet), tag(&quiet), gate.reads());
    for _ in 0..5 {
        let elsewhere = hub.publish("elsewhere", "x").await;
        let answer = hub.get_holding(&format!("{POLL}&since={since}"), &tag).await;
        assert_eq!(answer.status(), 304);
        assert_eq!((next(&answer), self::tag(&answer)), (elsewhere.clone(), tag.clone()));
        assert_eq!(header(&answer, "cache-control"), "no-cache");
        since = elsewhere;
    }
    assert_eq!(gate.reads(), reads);
    hub.publish("a", "2").await;
    let answer = hub.get_holding(&format!("{POLL}&since={since}"), &tag).await;
    assert_eq!(answer.status(), 200);
    assert_ne!(self::tag(&answer), tag);
}

#[tokio::test]
async fn a_tag_of_one_cursor_never_hides_news_after_another() {
    let hub = Hub::start().await;
    let first = hub.publish("a", "1").await;
    let second = hub.publish("a", "2").await;
    let all = tag(&hub.get(POLL).await);
    let after_first = tag(&hub.get(&format!("{POLL}&since={first}")).await);
    let after_second = tag(&hub.get(&format!("{POLL}&since={second}")).await);
    for (held, since, status) in [
        (&all, "", 304),
        (&all, &first, 200),
        (&all, &second, 200),
        (&after_first, "", 200),
        (&after_first, &first, 304),
        (&after_second, "", 200),
        (&after_second, &first, 200),
        (&after_second, &second, 304),
    ] {
        let answer = hub.get_holding(&format!("{POLL}&since={since}"), held).await;
        assert_eq!(answer.status(), status, "{held} since {since:?}");
    }
}

#[tokio::test]
async fn a_304_for_a_page_that_its_holder_has_not_moved_on_from_keeps_its_place() {
    let hub = Hub::start().await;
    let first = hub.publish("a", "1").await;
    hub.publish("a", "2").await;
    hub.publish("a", "3").await;
    let path = format!("{POLL}&limit=1&since={first}");
    let held = tag(&hub.get(&path).await);
    for wait in ["", "&wait=1ms"] {
        let answer = hub.get_holding(&format!("{path}{wait}"), &held).await;
        assert_eq!((answer.status().as_u16(), next(&answer)), (304, first.clone()));
    }
}

#[tokio::test]
async fn a_tag_stands_for_what_was_asked() {
    let hub = Hub::start().await;
    let cursor = hub.publish("a", "1").await;
    let poll = format!("{POLL}&since={cursor}");
    let held = tag(&hub.get(&poll).await);
    for other in ["limit=5", "max_bytes=5", "omit_data=true", "type=a", "attribute.a=b", "topic=b"]
    {
        let answer = hub.get_holding(&format!("{poll}&{other}"), &held).await;
        assert_eq!(answer.status(), 200, "{other}");
    }
    for same in ["limit=100", "wait=1ms", "topic=a", "omit_data=false"] {
        let answer = hub.get_holding(&format!("{poll}&{same}"), &held).await;
        assert_eq!(answer.status(), 304, "{same}");
    }
}

#[tokio::test]
async fn a_tag_is_known_among_others_weak_or_strong_and_a_star_names_none() {
    let hub = Hub::start().await;
    let cursor = hub.publish("a", "1").await;
    let poll = format!("{POLL}&since={cursor}");
    let weak = tag(&hub.get(&poll).await);
    let strong = weak.strip_prefix("W/").unwrap();
    for (held, status) in [
        (weak.as_str(), 304),
        (strong, 304),
        (&format!("\"x\", {weak}"), 304),
        ("*", 200),
        ("\"x\"", 200),
        ("", 200),
    ] {
        assert_eq!(hub.get_holding(&poll, held).await.status(), status, "{held}");
    }
}

#[tokio::test]
async fn a_cursor_that_cannot_be_used_is_refused_even_if_the_tag_matches() {
    let gate = Gate::open();
    let hub = Hub::on(gate.clone()).await;
    let first = hub.publish("b", "1").await;
    let second = hub.publish("a", "2").await;
    // Quiet for topic a, and never asked about anything newer.
    let quiet = format!("/v1/events?topic=quiet&since={first}");
    let held = tag(&hub.get(&quiet).await);
    assert_eq!(hub.get_holding(&quiet, &held).await.status(), 304);
    let second: Cursor = second.parse().unwrap();
    gate.trim(second.position).await.unwrap();
    let trimmed = problem(hub.get_holding(&quiet, &held).await, 410).await;
    assert_eq!(trimmed["reason"], "CURSOR_TRIMMED");
    assert_eq!(trimmed["metadata"]["earliest"], second.to_string());
    let foreign = Hub::start().await.publish("a", "1").await;
    let ahead = Cursor { position: hintwire::cursor::Position(100), ..second };
    for (cursor, reason) in [(foreign, "CURSOR_FOREIGN"), (ahead.to_string(), "CURSOR_AHEAD")] {
        let path = format!("/v1/events?topic=quiet&since={cursor}");
        let refused = problem(hub.get_holding(&path, &held).await, 409).await;
        assert_eq!(refused["reason"], reason);
    }
}

#[tokio::test]
async fn tags_outlive_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().to_owned();
    let config = Config { data, segment_bytes: 1 << 20, reserve_bytes: 0, ..Config::default() };
    let open = || open_backlog(&config).unwrap();
    let hub = Hub::on(open()).await;
    for topic in ["a/b", "a/c", "d"] {
        hub.publish(topic, "1").await;
    }
    let mut held = Vec::new();
    for topic in ["a/b", "a/**", "*/b", "**", "none"] {
        let path = format!("/v1/events?topic={topic}");
        let answer = hub.get(&path).await;
        let quiet = format!("{path}&since={}", next(&answer));
        let quiet_tag = tag(&hub.get(&quiet).await);
        held.extend([(path, tag(&answer)), (quiet, quiet_tag)]);
    }
    hub.server.shut_down();
    hub.server.stopped().await.unwrap();
    let hub = Hub::on(open()).await;
    for (path, tag) in held {
        assert_eq!(hub.get_holding(&path, &tag).await.status(), 304, "{path}");
    }
}

#[tokio::test]
async fn caches_may_keep_full_pages_after_a_cursor_and_ask_about_all_else() {
    let hub = Hub::start().await;
    let first = hub.publish("a", "1").await;
    hub.publish("a", "2").await;
    let last = hub.publish("a", "3").await;
    for (query, expected) in [
        (format!("limit=1&since={first}"), "public, max-age=3600, immutable"),
        (format!("limit=2&since={first}"), "no-cache"),
        (format!("since={last}"), "no-cache"),
        ("limit=1".to_owned(), "no-cache"),
        ("limit=1&from_start=earliest".to_owned(), "no-cache"),
        ("limit=1&from_time=2000-01-01T00:00:00Z".to_owned(), "no-cache"),
        (format!("since={last}&wait=1ms"), "no-store"),
    ] {
        let answer = hub.get(&format!("{POLL}&{query}")).await;
        assert_eq!(header(&answer, "cache-control"), expected, "{query}");
    }
}

#[tokio::test]
async fn head_says_what_get_says_without_the_body() {
    let hub = Hub::start().await;
    hub.publish("a", "1").await;
    let get = hub.get(POLL).await;
    let head = hub.http.head(hub.url(POLL)).send().await.unwrap();
    assert_eq!(head.status(), 200);
    let told = |answer: &Response| {
        let mut headers = answer.headers().clone();
        headers.remove("date");
        headers
    };
    assert_eq!(told(&head), told(&get));
    let held = tag(&head);
    let ask = hub.http.head(hub.url(POLL)).header("if-none-match", held);
    assert_eq!(ask.send().await.unwrap().status(), 304);
    assert_eq!(head.bytes().await.unwrap().len(), 0);
}

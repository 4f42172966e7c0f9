//! `GET /v1/cursor/{token}` and `GET /v1/hub`.

use std::sync::Arc;

use hintwire::backlog::Backlog;
use hintwire::backlog::memory::Memory;
use hintwire::config::Config;
use hintwire::cursor::{Cursor, Incarnation, Position};

use crate::ask::Hub;
use crate::support::Server;

#[tokio::test]
async fn every_cursor_is_described_whatever_it_is() {
    let memory = Arc::new(Memory::default());
    let server = Server::on(Arc::<Memory>::clone(&memory), Config::default()).await;
    let hub = Hub { server, http: reqwest::Client::new() };
    let trimmed = hub.publish("a", "1").await;
    let newest = hub.publish("a", "2").await;
    let valid: Cursor = newest.parse().unwrap();
    memory.trim(valid.position).await.unwrap();
    let foreign = Cursor { incarnation: Incarnation(7), ..valid }.to_string();
    let ahead = Cursor { position: Position(valid.position.0 + 9), ..valid }.to_string();
    for (token, state, action) in [
        (&*newest, "VALID", "NONE"),
        (&trimmed, "TRIMMED", "SNAPSHOT"),
        (&foreign, "FOREIGN", "SNAPSHOT"),
        (&ahead, "AHEAD", "FAIL"),
        ("nonsense", "MALFORMED", "FAIL"),
        ("%C3%BC", "MALFORMED", "FAIL"),
        ("%FF", "MALFORMED", "FAIL"),
    ] {
        let found = hub.json(&format!("/v1/cursor/{token}")).await;
        assert_eq!((&found["state"], &found["action"]), (&state.into(), &action.into()), "{token}");
        assert_eq!(found["head"], newest);
        assert!(found["advice"].as_str().unwrap().ends_with('.'));
    }
    let problem = hub.refusal(&format!("/v1/cursor/{newest}?x=1"), 400).await;
    assert_eq!(problem["metadata"]["field"], "x");
}

#[tokio::test]
async fn the_hub_says_what_it_is_and_how_it_fares() {
    let hub = Hub::start().await;
    let cursor = hub.publish("a", "1").await;
    let answer = hub.get("/v1/hub").await;
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let found: serde_json::Value = answer.json().await.unwrap();
    assert_eq!(found["head"], cursor);
    assert_eq!(found["lineage"][0]["incarnation"], found["incarnation"]);
    assert_eq!(found["limits"]["page_events"], 1000);
    assert_eq!(found["limits"]["id_window"], "10m");
    assert_eq!(
        (&found["backlog"]["engine"], &found["backlog"]["health"]),
        (&"memory".into(), &"OK".into())
    );
    assert_eq!(hub.refusal("/v1/hub?x=1", 400).await["reason"], "INVALID_FIELD");
}

//! What goes in over HTTP comes out the same, whichever way it is read.

use fastrand::Rng;
use serde_json::{Value, json};

use crate::ask::Hub;
use crate::support;

const EVENTS: usize = 200;
const SIGNS: [&str; 8] = ["a", "ä", "\u{1f980}", "\"", "\\", "\n", "\u{0}", "</script>"];

fn text(rng: &mut Rng) -> String {
    (0..rng.usize(..6)).map(|_| SIGNS[rng.usize(..SIGNS.len())]).collect()
}

fn event(rng: &mut Rng, number: usize) -> Value {
    let mut event = json!({
        "topic": format!("a/{}", rng.usize(..9)), "key": text(rng), "id": format!("id-{number}"), "type": text(rng),
        "attributes": { format!("k{}", text(rng)): text(rng) },
    });
    match rng.usize(..4) {
        0 => event["data"] = json!({ text(rng): [rng.i64(..), 1.5, text(rng), null] }),
        1 => event["data_base64"] = json!(["", "AA==", "/////w==", "eyAxIH0="][rng.usize(..4)]),
        2 => event["key"] = json!("gone"),
        _ => event["time"] = json!("2026-01-31T12:00:00.000000001Z"),
    }
    event["deleted"] = json!(event["key"] == "gone");
    event
}

async fn publish(hub: &Hub, events: &[Value]) -> Vec<Value> {
    let ask = hub.http.post(hub.url("/v1/events")).json(&json!({ "events": events }));
    let mut answer: Value = ask.send().await.unwrap().json().await.unwrap();
    let Value::Array(results) = answer["results"].take() else { panic!("{answer}") };
    results
}

/// An id with other content is a conflict, so a repeat says that nothing but `time` has changed on the way.
#[tokio::test]
async fn what_was_fetched_and_is_published_again_is_a_repeat() {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let (hub, mut rng) = (Hub::start().await, Rng::with_seed(seed));
    let events: Vec<_> = (0..EVENTS).map(|number| event(&mut rng, number)).collect();
    let placed = publish(&hub, &events).await;
    assert!(placed.iter().all(|placed| placed["duplicate"] == false));

    let page = hub.json("/v1/events?topic=**&limit=1000").await;
    let fetched = page["events"].as_array().unwrap();
    assert_eq!(fetched.len(), EVENTS);
    for (published, fetched) in events.iter().zip(fetched) {
        for name in ["topic", "key", "id", "type", "attributes", "deleted", "data"] {
            assert_eq!(published[name], fetched[name], "{name} of {fetched}");
        }
    }
    let again = publish(&hub, fetched).await;
    assert!(again.iter().all(|placed| placed["duplicate"] == true), "{again:?}");

    let feed = hub.get("/v1/feed?topic=**&limit=1000").await;
    let kind = feed.headers()["content-type"].clone();
    let ask = hub.http.post(hub.url("/v1/events")).header("content-type", kind);
    let answer: Value =
        ask.body(feed.bytes().await.unwrap()).send().await.unwrap().json().await.unwrap();
    let again = answer["results"].as_array().unwrap_or_else(|| panic!("{answer}"));
    assert!(again.iter().all(|placed| placed["duplicate"] == true), "{again:?}");

    let mut client = hub.server.client().await;
    let request = hintwire::v1::FetchRequest { limit: 1000, ..support::fetch("**", "") };
    let over_grpc = client.fetch(request).await.unwrap().into_inner();
    let cursors: Vec<_> = over_grpc.events.iter().map(|stored| stored.cursor.as_str()).collect();
    assert_eq!(cursors, placed.iter().map(|p| p["cursor"].as_str().unwrap()).collect::<Vec<_>>());
}

//! Events as they are published over HTTP, in the hub's JSON and as CloudEvents: what the hub takes is served as JSON that
//! reads as the same event again.

use hintwire::event::check_batch;
use hintwire::json::{self, NewCloudEvent, NewEvent, Object, compact, read};
use hintwire::limits::Limits;
use hintwire::topic::Topic;
use hintwire::v1;
use serde_json::value::RawValue;

use super::validate::convert::event_on_wire;

pub fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let own = read::<Object<NewEvent<'_>>>(text, "event").and_then(|event| event.0.event());
    let foreign = read::<NewCloudEvent<'_>>(text, "event").and_then(|event| event.event(None));
    own.into_iter().chain(foreign).filter(is_taken).for_each(reads_back);
}

fn is_taken(event: &v1::Event) -> bool {
    let limits = Limits { data_bytes: usize::MAX, ..Limits::default() };
    Topic::parse(&event.topic, "topic").is_ok()
        && check_batch(std::slice::from_ref(&event_on_wire(event)), &limits).is_ok()
}

fn reads_back(mut event: v1::Event) {
    let size = i32::try_from(event.data.len()).unwrap();
    let stored = v1::StoredEvent { data_size: size, ..Default::default() };
    let text = serde_json::to_string(&json::Event::of(&stored, &event)).unwrap();
    let again = read::<Object<NewEvent<'_>>>(&text, "event").unwrap().0.event().unwrap();
    if again.data != event.data {
        // JSON that came as bytes is served as JSON, without the space between its parts.
        let raw: &RawValue = serde_json::from_slice(&event.data).unwrap();
        event.data = compact(raw).into();
    }
    assert_eq!(again, event, "{text}");
}

//! What a producer publishes, against the limits of the API.

use super::Event;
use crate::error::Error;
use crate::limits::{
    ATTRIBUTE_KEY_BYTES, ATTRIBUTE_VALUE_BYTES, ATTRIBUTES, ID_BYTES, KEY_BYTES, Limits,
    TIMESTAMP_SECONDS, TYPE_BYTES,
};

/// Checks a batch; an error names the field, e.g. `events[3].key`.
pub fn check_batch(events: &[Event], limits: &Limits) -> Result<(), Error> {
    if events.is_empty() {
        return Err(Error::invalid("events", "is empty; a batch has at least one event"));
    }
    if events.len() > limits.batch_events {
        return Err(Error::too_large("events", limits.batch_events));
    }
    let check = |(index, event)| check_event(event, index, limits);
    events.iter().enumerate().try_for_each(check)
}

fn check_event(event: &Event, index: usize, limits: &Limits) -> Result<(), Error> {
    let field = |name: &str| format!("events[{index}].{name}");
    if event.topic.is_the_hubs() {
        return Err(Error::invalid(field("topic"), "is written by the hub alone"));
    }
    for (name, len, limit) in [
        ("key", event.key.len(), KEY_BYTES),
        ("id", event.id.len(), ID_BYTES),
        ("type", event.event_type.len(), TYPE_BYTES),
        ("content_type", event.content_type.len(), TYPE_BYTES),
        ("attributes", event.attributes.len(), ATTRIBUTES),
        ("data", event.data.len(), limits.data_bytes),
    ] {
        if len > limit {
            return Err(Error::too_large(field(name), limit));
        }
    }
    check_attributes(event, field)?;
    check_time(event, field)?;
    check_tombstone(event, field)
}

fn check_attributes(event: &Event, field: impl Fn(&str) -> String) -> Result<(), Error> {
    for (key, value) in &event.attributes {
        if key.is_empty() {
            return Err(Error::invalid(field("attributes"), "has an empty key"));
        }
        if key.len() > ATTRIBUTE_KEY_BYTES {
            return Err(Error::too_large(field("attributes"), ATTRIBUTE_KEY_BYTES));
        }
        if value.len() > ATTRIBUTE_VALUE_BYTES {
            return Err(Error::too_large(field("attributes"), ATTRIBUTE_VALUE_BYTES));
        }
    }
    Ok(())
}

fn check_time(event: &Event, field: impl Fn(&str) -> String) -> Result<(), Error> {
    match event.time {
        Some((seconds, nanos))
            if !TIMESTAMP_SECONDS.contains(&seconds) || !(0..1_000_000_000).contains(&nanos) =>
        {
            Err(Error::invalid(field("time"), "is no time between the years 1 and 9999"))
        }
        _ => Ok(()),
    }
}

fn check_tombstone(event: &Event, field: impl Fn(&str) -> String) -> Result<(), Error> {
    if event.deleted && event.key.is_empty() {
        return Err(Error::invalid(field("key"), "is empty; a tombstone says which key is gone"));
    }
    if event.deleted && !event.data.is_empty() {
        return Err(Error::invalid(field("data"), "is not empty; a tombstone carries none"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topic::Topic;

    fn event() -> Event {
        Event { key: "k".into(), ..Event::new(Topic::parse("a/b", "topic").unwrap(), "data") }
    }

    fn refused(change: impl Fn(&mut Event)) -> String {
        let mut wrong = event();
        change(&mut wrong);
        match check_batch(&[event(), wrong], &Limits::default()) {
            Err(Error::InvalidField { field, .. } | Error::TooLarge { field, .. }) => field,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_field_over_its_limit_is_refused_by_name_and_at_its_limit_taken() {
        let limits = Limits::default();
        let long = |limit: usize| "x".repeat(limit + 1);
        assert_eq!(refused(|e| e.key = long(512)), "events[1].key");
        assert_eq!(refused(|e| e.id = long(512)), "events[1].id");
        assert_eq!(refused(|e| e.event_type = long(255)), "events[1].type");
        assert_eq!(refused(|e| e.content_type = long(255)), "events[1].content_type");
        assert_eq!(refused(|e| e.data = long(1 << 20).into()), "events[1].data");
        let at = |limit: usize| "x".repeat(limit);
        let full = Event {
            key: at(512),
            id: at(512),
            event_type: at(255),
            content_type: at(255),
            attributes: [(at(256), at(1024))].into(),
            data: at(1 << 20).into(),
            ..event()
        };
        assert_eq!(check_batch(&[full], &limits), Ok(()));
    }

    #[test]
    fn attributes_are_limited_in_number_and_size() {
        let put = |key: String, value: String| {
            move |e: &mut Event| {
                e.attributes.insert(key.clone(), value.clone());
            }
        };
        assert_eq!(refused(put(String::new(), "v".into())), "events[1].attributes");
        assert_eq!(refused(put("k".repeat(257), "v".into())), "events[1].attributes");
        assert_eq!(refused(put("k".into(), "v".repeat(1025))), "events[1].attributes");
        let many = |e: &mut Event| {
            e.attributes = (0..65).map(|i| (i.to_string(), String::new())).collect();
        };
        assert_eq!(refused(many), "events[1].attributes");
    }

    #[test]
    fn a_tombstone_needs_a_key_and_no_data() {
        assert_eq!(refused(|e| (e.deleted, e.data) = (true, "x".into())), "events[1].data");
        let keyless = |e: &mut Event| {
            (e.deleted, e.key, e.data) = (true, String::new(), Default::default());
        };
        assert_eq!(refused(keyless), "events[1].key");
        let tombstone = Event { deleted: true, data: Default::default(), ..event() };
        assert_eq!(check_batch(&[tombstone], &Limits::default()), Ok(()));
    }

    #[test]
    fn what_only_the_hub_writes_and_what_is_no_time_is_refused() {
        let hubs = |e: &mut Event| e.topic = Topic::parse("~hintwire/x", "topic").unwrap();
        assert_eq!(refused(hubs), "events[1].topic");
        assert_eq!(refused(|e| e.time = Some((0, 1_000_000_000))), "events[1].time");
        assert_eq!(refused(|e| e.time = Some((253_402_300_800, 0))), "events[1].time");
    }

    #[test]
    fn a_batch_has_one_event_at_least_and_no_more_than_the_limit() {
        let limits = Limits { batch_events: 2, ..Limits::default() };
        assert!(check_batch(&[], &limits).is_err());
        assert_eq!(check_batch(&[event(), event()], &limits), Ok(()));
        assert!(check_batch(&[event(), event(), event()], &limits).is_err());
    }
}

//! Requests, checked and turned into the words of the domain. Every error names its field.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use prost_types::Timestamp;

use crate::cursor::Cursor;
use crate::error::{CursorError, Error};
use crate::event::{Event, Micros};
use crate::limits::{
    ATTRIBUTE_KEY_BYTES, ATTRIBUTE_VALUE_BYTES, ATTRIBUTES, FILTER_TYPES, Limits,
    TIMESTAMP_SECONDS, TYPE_BYTES,
};
use crate::topic::{Filter, Patterns, Selection, Topic};
use crate::v1;

/// What must match: patterns and filter.
pub fn selection(
    topics: &[String],
    types: Vec<String>,
    attributes: HashMap<String, String>,
    limits: &Limits,
) -> Result<Selection, Error> {
    let patterns = patterns(topics, limits)?;
    if types.is_empty() && attributes.is_empty() {
        return Ok(Selection::of(patterns));
    }
    at_most(types.len(), FILTER_TYPES, "types")?;
    types.iter().try_for_each(|text| at_most(text.len(), TYPE_BYTES, "types"))?;
    at_most(attributes.len(), ATTRIBUTES, "attributes")?;
    for (key, value) in &attributes {
        at_most(key.len(), ATTRIBUTE_KEY_BYTES, "attributes")?;
        at_most(value.len(), ATTRIBUTE_VALUE_BYTES, "attributes")?;
    }
    let filter = Filter { types, attributes: attributes.into_iter().collect() };
    Ok(Selection { patterns, filter: Arc::new(filter) })
}

/// Patterns alone.
pub fn patterns(topics: &[String], limits: &Limits) -> Result<Patterns, Error> {
    Patterns::parse(topics, limits.patterns, "topics")
}

/// A cursor; `None` if it is empty.
pub fn cursor(token: &str, field: &str) -> Result<Option<Cursor>, Error> {
    if token.is_empty() {
        return Ok(None);
    }
    let malformed = |_| Box::new(CursorError::Malformed { field: field.to_owned() });
    Ok(Some(token.parse().map_err(malformed)?))
}

/// A number of something: 0 stands for the default, more than the maximum for the maximum.
pub fn count(value: i32, default: usize, most: usize, field: &str) -> Result<usize, Error> {
    match usize::try_from(value) {
        Ok(0) => Ok(default),
        Ok(value) => Ok(value.min(most)),
        Err(_) => Err(Error::invalid(field, "is negative")),
    }
}

/// A length of time; absent is zero.
pub fn duration(value: Option<prost_types::Duration>, field: &str) -> Result<Duration, Error> {
    let value = value.unwrap_or_default();
    let seconds = u64::try_from(value.seconds);
    let nanos = u32::try_from(value.nanos);
    match (seconds, nanos) {
        (Ok(seconds), Ok(nanos @ 0..1_000_000_000)) => Ok(Duration::new(seconds, nanos)),
        _ => Err(Error::invalid(field, "is negative or not a duration")),
    }
}

/// A time, rounded up to the microsecond, so that nothing published before it counts as after it. Before 1970 is 1970.
pub fn time(value: Timestamp, field: &str) -> Result<Micros, Error> {
    let nanos = u64::try_from(value.nanos).ok().filter(|nanos| *nanos < 1_000_000_000);
    match nanos {
        Some(nanos) if TIMESTAMP_SECONDS.contains(&value.seconds) => {
            let seconds = u64::try_from(value.seconds);
            Ok(Micros(seconds.map_or(0, |seconds| seconds * 1_000_000 + nanos.div_ceil(1000))))
        }
        _ => Err(Error::invalid(field, "is not a time of the years 1 to 9999")),
    }
}

/// A batch; the hub checks its limits.
pub fn events(events: Vec<v1::Event>) -> Result<Vec<Event>, Error> {
    events.into_iter().enumerate().map(|(index, event)| self::event(event, index)).collect()
}

fn event(event: v1::Event, index: usize) -> Result<Event, Error> {
    Ok(Event {
        topic: Topic::parse(&event.topic, "topic").map_err(|error| in_event(index, error))?,
        key: event.key,
        id: event.id,
        event_type: event.r#type,
        time: event.time.map(|time| (time.seconds, time.nanos)),
        content_type: event.content_type,
        attributes: event.attributes.into_iter().collect(),
        deleted: event.deleted,
        data: event.data,
    })
}

/// Names the event at fault; done for errors alone, since a good event should not pay for a name.
pub fn in_event(index: usize, error: Error) -> Error {
    match error {
        Error::InvalidField { field, why } => {
            Error::invalid(format!("events[{index}].{field}"), why)
        }
        Error::TooLarge { field, limit } => {
            Error::too_large(format!("events[{index}].{field}"), limit)
        }
        other => other,
    }
}

/// Refuses what is over a limit.
pub fn at_most(count: usize, limit: usize, field: &str) -> Result<(), Error> {
    if count > limit { Err(Error::too_large(field, limit)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field_of<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
        match result.unwrap_err() {
            Error::InvalidField { field, .. } | Error::TooLarge { field, .. } => field,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_error_names_the_event_and_its_field() {
        let good = v1::Event { topic: "a".into(), ..Default::default() };
        let bad = v1::Event { topic: "a//b".into(), ..Default::default() };
        let long = v1::Event { topic: "a".repeat(256), ..Default::default() };
        assert_eq!(field_of(events(vec![good.clone(), bad])), "events[1].topic");
        assert_eq!(field_of(events(vec![long, good])), "events[0].topic");
    }

    #[test]
    fn a_number_is_lowered_to_its_maximum_and_refused_below_zero() {
        assert_eq!(count(0, 100, 1000, "limit"), Ok(100));
        assert_eq!(count(7, 100, 1000, "limit"), Ok(7));
        assert_eq!(count(1001, 100, 1000, "limit"), Ok(1000));
        assert_eq!(field_of(count(-1, 100, 1000, "limit")), "limit");
    }

    #[test]
    fn a_duration_is_refused_if_negative_or_malformed() {
        let of = |seconds, nanos| Some(prost_types::Duration { seconds, nanos });
        assert_eq!(duration(None, "wait"), Ok(Duration::ZERO));
        assert_eq!(duration(of(1, 5), "wait"), Ok(Duration::new(1, 5)));
        for wrong in [of(-1, 0), of(0, -1), of(0, 1_000_000_000)] {
            assert_eq!(field_of(duration(wrong, "wait")), "wait");
        }
    }

    #[test]
    fn a_time_between_two_microseconds_is_the_later_one() {
        let of = |seconds, nanos| Timestamp { seconds, nanos };
        assert_eq!(time(of(1, 1000), "from_time"), Ok(Micros(1_000_001)));
        assert_eq!(time(of(1, 1001), "from_time"), Ok(Micros(1_000_002)));
        assert_eq!(time(of(-1, 0), "from_time"), Ok(Micros(0)));
        for wrong in [of(0, -1), of(0, 1_000_000_000), of(253_402_300_800, 0)] {
            assert_eq!(field_of(time(wrong, "from_time")), "from_time");
        }
    }

    #[test]
    fn a_filter_is_bound_to_its_limits() {
        let limits = Limits::default();
        let select = |types: Vec<String>, attributes: &[(&str, &str)]| {
            let attributes = attributes.iter().map(|(k, v)| (k.to_string(), v.to_string()));
            selection(&["**".to_owned()], types, attributes.collect(), &limits)
        };
        assert!(select(vec!["t".into(); 64], &[("k", "v")]).is_ok());
        assert_eq!(field_of(select(vec!["t".into(); 65], &[])), "types");
        assert_eq!(field_of(select(vec!["t".repeat(256)], &[])), "types");
        assert_eq!(field_of(select(vec![], &[(&"k".repeat(257), "v")])), "attributes");
        assert_eq!(field_of(select(vec![], &[("k", &"v".repeat(1025))])), "attributes");
    }

    #[test]
    fn an_empty_cursor_is_inception_and_a_wrong_one_names_its_field() {
        assert_eq!(cursor("", "cursor"), Ok(None));
        let malformed = CursorError::Malformed { field: "at_least".into() };
        assert_eq!(cursor("nonsense", "at_least"), Err(Error::Cursor(Box::new(malformed))));
    }
}

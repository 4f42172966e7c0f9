//! Times as text: RFC 3339, with its offset.

use prost_types::Timestamp;
use serde::de::{Deserialize, Deserializer, Error as _};

/// Reads a time. What the year may be is checked with the event.
pub fn parse(text: &str) -> Option<Timestamp> {
    // The parser below also takes dates alone, years of any length, and times of nobody knows where.
    let bytes = text.as_bytes();
    let whole = text.len() >= "2026-01-01T00:00:00Z".len()
        && matches!(bytes, [b'0'..=b'9', _, _, _, b'-', _, _, b'-', _, _, b'T' | b't', ..]);
    let offset = matches!(bytes, [.., b'Z' | b'z'] | [.., b'+' | b'-', _, _, b':', _, _]);
    (whole && offset).then(|| text.parse().ok()).flatten()
}

/// An optional time in a serde struct.
pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
    let Some(text) = Option::<String>::deserialize(from)? else { return Ok(None) };
    let expected = || D::Error::custom("not a time of RFC 3339 such as 2026-01-01T00:00:00Z");
    parse(&text).map(Some).ok_or_else(expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_reads_with_its_offset_and_its_fraction() {
        for (text, seconds, nanos) in [
            ("1970-01-01T00:00:01Z", 1, 0),
            ("1970-01-01t00:00:01.5z", 1, 500_000_000),
            ("1970-01-01T01:00:00.000000001+01:00", 0, 1),
            ("1969-12-31T22:30:00-01:30", 0, 0),
            ("0001-01-01T00:00:00Z", -62_135_596_800, 0),
        ] {
            assert_eq!(parse(text), Some(Timestamp { seconds, nanos }), "{text}");
        }
    }

    #[test]
    fn what_leaves_something_to_be_guessed_is_no_time() {
        for text in [
            "",
            "1970-01-01",
            "1970-01-01T00:00:01",
            "1970-01-01 00:00:01Z",
            "1970-01-01T00:00:01+01",
            "1970-13-01T00:00:01Z",
            "1970-01-01T24:00:01Z",
            "+01970-01-01T00:00:00Z",
            "1970-01-01T00:00:01\u{e9}Z",
            "now",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}

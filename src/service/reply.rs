//! Values of the domain as the API writes them.

use std::time::Duration;

use prost_types::Timestamp;

use crate::cursor::Cursor;
use crate::event::Micros;

/// A time.
pub fn timestamp(time: Micros) -> Timestamp {
    let (seconds, micros) = (time.0 / 1_000_000, time.0 % 1_000_000);
    // Both fit: 2^64 microseconds are fewer than 2^63 seconds, and a fraction is below 10^9 nanoseconds.
    Timestamp { seconds: seconds.cast_signed(), nanos: (micros * 1000) as i32 }
}

/// A length of time; zero is absent, which reads the same.
pub fn duration(time: Duration) -> Option<prost_types::Duration> {
    (!time.is_zero()).then(|| time.try_into().unwrap_or_default())
}

/// A place.
pub fn token(cursor: Cursor) -> String {
    cursor.to_string()
}

/// A number of things; the largest that the field holds stands for that many or more.
pub fn count(value: impl TryInto<i32>) -> i32 {
    value.try_into().unwrap_or(i32::MAX)
}

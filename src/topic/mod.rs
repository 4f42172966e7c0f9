//! Topics, the patterns that match them, and the table of all topics of a backlog.

mod pattern;
pub(crate) mod ranges;
mod selection;
pub mod table;

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

pub use pattern::Pattern;
pub(crate) use pattern::is_plain;
pub use selection::{Filter, Patterns, Selection};

use crate::error::Error;
use crate::limits::TOPIC_BYTES;

/// The first segment of topics that the hub alone writes.
pub const HUB_SEGMENT: &str = "~hintwire";

/// A `/`-separated path of 1 to 255 bytes, e.g. `releases/linuxkernel`. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Topic(Arc<str>);

impl Topic {
    /// Checks the grammar; `field` is named in the error.
    pub fn parse(text: &str, field: &str) -> Result<Self, Error> {
        check_path(text, field, check_segment)?;
        Ok(Self(text.into()))
    }

    /// The topic as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the hub alone may write it.
    pub fn is_the_hubs(&self) -> bool {
        self.0.split('/').next() == Some(HUB_SEGMENT)
    }
}

/// So that maps with topics as keys are searched by name.
impl Borrow<str> for Topic {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Checks length and each segment of a topic or pattern.
fn check_path(
    text: &str,
    field: &str,
    check: impl Fn(&str) -> Result<(), &'static str>,
) -> Result<(), Error> {
    if text.is_empty() {
        return Err(Error::invalid(field, "is empty; say `**` for everything"));
    }
    if text.len() > TOPIC_BYTES {
        return Err(Error::too_large(field, TOPIC_BYTES));
    }
    text.split('/').try_for_each(&check).map_err(|why| Error::invalid(field, why))
}

fn check_segment(segment: &str) -> Result<(), &'static str> {
    match segment {
        "" => Err("has an empty segment: no `/` at either end and no `//`"),
        "." | ".." => Err("has a segment `.` or `..`"),
        _ if segment.bytes().all(is_topic_byte) => Ok(()),
        _ => Err("has a character outside A-Z a-z 0-9 . _ ~ : @ -"),
    }
}

fn is_topic_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'~' | b':' | b'@' | b'-')
}

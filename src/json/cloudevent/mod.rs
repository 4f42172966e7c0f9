//! CloudEvents 1.0 in their JSON format, both ways; `docs/cloudevents.md` has the table.
//!
//! What comes out has a place in the hub's own feed: `id` is the cursor, `source` the topic and `time` that of the
//! publication. What the producer called it stands beside them, as [`ID`], [`SOURCE`] and [`TIME`]; coming in again, these
//! come first.

mod read;
mod write;

pub use read::NewCloudEvent;
pub use write::CloudEvent;

/// The only version that there is.
const VERSION: &str = "1.0";
/// The type of events that have none, as CloudEvents must.
const NO_TYPE: &str = "dev.hintwire.event";
/// The method of tombstones in HTTP Feeds, and that of all else.
const DELETE: &str = "DELETE";
const PUT: &str = "PUT";
/// The producer's id, source and time.
const ID: &str = "hintwireid";
const SOURCE: &str = "hintwiresource";
const TIME: &str = "hintwiretime";
/// Attributes that CloudEvents cannot have, by name or value: a JSON object, as text.
const ATTRIBUTES: &str = "hintwireattributes";

/// Names that do not stand for an attribute of ours.
const TAKEN: [&str; 13] = [
    "specversion",
    "id",
    "source",
    "type",
    "time",
    "subject",
    "method",
    "datacontenttype",
    "data",
    "data_base64",
    ID,
    TIME,
    ATTRIBUTES,
];

/// Whether CloudEvents can have an attribute of that name.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

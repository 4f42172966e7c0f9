//! Events as JSON: one form for the command line and for HTTP.

mod cloudevent;
mod compact;
mod event;
mod media;
mod new_event;
mod payload;
mod read;
mod time;

pub use cloudevent::{CloudEvent, NewCloudEvent};
pub use compact::compact;
pub use event::Event;
pub use new_event::NewEvent;
pub use read::{Object, read, syntax};

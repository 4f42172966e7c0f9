//! Events as JSON: one form for the command line and for HTTP.

mod compact;
mod event;

pub use compact::compact;
pub use event::Event;

//! The segmented log: the durable engine.
//!
//! ```text
//! append -> engine (queue) -> writer (stage -> one write, one sync) -> live index, hot tail, topic table -> head -> answer, tail
//! read   -> view (immutable list of segments) -> index -> coalesced, verified reads
//! behind -> maintenance: index files, the next segment, checkpoint, retention, manifest
//! ```
//!
//! All but [`engine`] is synchronous and owns no thread. All files are reached through [`disk::Disk`].
//!
//! | file | what it is |
//! | --- | --- |
//! | `LOCK` | held while a process has the directory |
//! | `HUB` | format, lineage, secret salt of the checksums; its presence makes the directory a backlog |
//! | `MANIFEST` | trim point, proven place, segments that must exist; replaced atomically |
//! | `CHECKPOINT` | topics, newest events of keys and ids as of some place; replaced atomically; rebuilt if lost, until a trim |
//! | `NNNNNNNN.log` | segments; the last may be prepared and not begun |
//! | `NNNNNNNN.idx` | index of a sealed segment; rebuilt if absent or damaged |

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod active;
pub mod backup;
pub mod check;
pub mod checkpoint;
pub mod dir;
pub mod disk;
pub mod engine;
pub mod error;
pub mod glance;
pub mod hot;
pub mod identity;
pub mod ids;
pub mod index;
pub mod judge;
pub mod live;
pub mod maintenance;
pub mod manifest;
pub mod mend;
pub mod open;
pub mod pages;
pub mod prepare;
pub mod queue;
pub mod read;
pub mod record;
pub mod recover;
pub mod reopen;
pub mod repair;
pub mod replace;
pub mod replay;
mod roll;
pub mod scan;
pub mod segment;
pub mod settings;
pub mod sparse;
pub mod stage;
pub mod state;
#[cfg(test)]
mod tests;
mod text;
mod upkeep;
pub mod view;
pub mod writer;

pub use check::{Summary, check};
pub use error::{Damage, OpenError};
pub use glance::{Glance, glance};
pub use open::{Dice, Log};
pub use repair::{Loss, Lost, repair};
pub use settings::{LogSettings, Retention};

//! How much one principal, and all together, may ask: rates as token buckets, and what may be open at once.

mod account;
mod accounts;
mod bucket;
#[cfg(test)]
mod tests;

use std::num::NonZeroU32;

use serde::{Deserialize, Deserializer};

pub use self::account::{Account, Place};
pub use self::accounts::Accounts;
use crate::config::human::parse_size;

/// Most of each that may be asked; what is absent has no quota. Rates are a second's, and may be used up at once, or a
/// greatest batch, if that is more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Quota {
    /// Events published, a second.
    pub publishes: Option<NonZeroU32>,
    /// Bytes of the requests that publish them, a second.
    #[serde(deserialize_with = "size")]
    pub bytes: Option<NonZeroU32>,
    /// Pages asked for by Fetch, FetchStream and ListTopics, and their forms over HTTP, a second. One that follows a hint of
    /// the hub counts not: the hint says when it is due.
    pub fetches: Option<NonZeroU32>,
    /// Pages of Snapshot, a second.
    pub snapshots: Option<NonZeroU32>,
    /// Open streams.
    pub streams: Option<NonZeroU32>,
    /// Patterns of open Subscribe streams.
    pub patterns: Option<NonZeroU32>,
}

/// The quotas of a policy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Quotas {
    /// Of each principal for whom no rule says another.
    pub each: Quota,
    /// Of all together.
    pub all: Quota,
}

/// What a request takes of a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cost {
    /// A batch.
    Publish {
        /// Its events.
        events: usize,
        /// The bytes of its request.
        bytes: usize,
    },
    /// A page.
    Fetch,
    /// A page of a snapshot.
    Snapshot,
}

/// Bytes as a number, or as people write them.
fn size<'de, D: Deserializer<'de>>(from: D) -> Result<Option<NonZeroU32>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Size {
        Bytes(u64),
        Text(String),
    }
    let bytes = match Size::deserialize(from)? {
        Size::Bytes(bytes) => bytes,
        Size::Text(text) => parse_size(&text).map_err(serde::de::Error::custom)?,
    };
    let bytes = u32::try_from(bytes).ok().and_then(NonZeroU32::new);
    bytes.map(Some).ok_or_else(|| serde::de::Error::custom("a rate of bytes is 1 B to 4095 MiB"))
}

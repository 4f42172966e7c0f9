//! etcd's watch traffic on the real binary, through a network that cuts, delays and stalls.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod faults;
#[path = "../support/proxy/mod.rs"]
mod proxy;

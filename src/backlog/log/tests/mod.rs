//! The log as a whole, on the real file system.
#![allow(clippy::disallowed_methods, clippy::disallowed_types)] // Tests spoil files behind the back of the log.

mod backup;
mod basics;
mod crash;
mod damage;
mod directory;
mod faulty;
mod forget;
mod model;
mod repair;
mod retention;
mod space;
pub(in crate::backlog::log) mod support;
mod throughput;

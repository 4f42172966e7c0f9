//! The segmented log.

pub mod disk;

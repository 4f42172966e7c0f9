//! Locks, atomics and wakers of the places where threads meet.
//!
//! With feature `loom` they are those of a model, which tries every way in which threads can come between each other.
//! These work within a model alone, so that such a build is good for `cargo test --features loom --lib loom` and nothing
//! else.

#[cfg(feature = "loom")]
mod modelled;

#[cfg(feature = "loom")]
#[cfg(test)]
pub(crate) use modelled::model;
#[cfg(feature = "loom")]
pub(crate) use modelled::{AtomicWaker, Condvar, DashMap, Mutex, RwLock, atomic};

#[cfg(not(feature = "loom"))]
pub(crate) use std::sync::atomic;

#[cfg(not(feature = "loom"))]
pub(crate) use atomic_waker::AtomicWaker;
#[cfg(not(feature = "loom"))]
pub(crate) use dashmap::DashMap;
#[cfg(not(feature = "loom"))]
pub(crate) use parking_lot::{Condvar, Mutex, RwLock};

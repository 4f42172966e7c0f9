//! The log as a whole, on the real file system.

mod basics;
mod support;

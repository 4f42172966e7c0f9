//! The log as a whole, on the real file system.

mod basics;
mod crash;
mod damage;
mod directory;
mod faulty;
mod model;
mod repair;
mod retention;
mod space;
mod support;
mod throughput;

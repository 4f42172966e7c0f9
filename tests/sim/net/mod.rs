//! The real server and the real client loop on a simulated network, with a simulated disk, in virtual time.
//!
//! A simulation has two acts. In the first, publishers publish and followers follow while the hub crashes, its power goes,
//! links break and the disk fails, as the [`plan`] of the seed says. In the second nothing fails: everybody must catch up,
//! and then, round after round, each stream must be told of what was published at once. What happened is a history, which
//! every validator of a guarantee then judges.

mod campaign;
mod cast;
mod conflated;
mod director;
mod engine;
mod follower;
mod hub;
mod interest;
mod pages;
mod place;
mod plan;
mod poller;
mod port;
mod publisher;
mod races;
mod raw;
mod run;
mod scene;

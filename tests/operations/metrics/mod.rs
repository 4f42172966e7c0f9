//! `GET /metrics`: what is told, and what moves it.

mod docs;
mod moves;
mod refusals;
mod scrape;
mod streams;

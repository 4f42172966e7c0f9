//! Whom the hub believes: TLS, client certificates, tokens.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::expect_used, clippy::panic)]

#[path = "../support/mod.rs"]
mod support;

mod clients;
mod dial;
mod hub;
mod mint;
mod pki;
mod tls;
mod tokens;

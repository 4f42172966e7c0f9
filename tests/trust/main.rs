//! Whom the hub believes: TLS, client certificates, tokens.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::expect_used, clippy::panic)]

#[path = "../support/mod.rs"]
mod support;

mod audit;
mod client;
mod clients;
mod dial;
mod ends;
mod http;
mod hub;
mod jwks;
mod mint;
mod oracle;
mod pki;
mod reload;
mod tls;
mod tokens;

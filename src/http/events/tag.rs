//! Entity tags: what a reader has seen, in a form that is judged in memory.
//!
//! ```text
//! tag   = W/"newest.what"          nothing is after the reader's place
//!       | W/"newest.what.place"    something is
//! newest, place = cursor tokens; what = 16 hexadecimal digits
//! ```
//!
//! `newest` is the place of the newest event of the patterns, so the incarnation is in it; `what` stands for all that the
//! request asks for but its place. A tag that was got at one place says nothing at another, unless nothing is after both.
//! Tags are weak: an answer's `head` and `poll_after_ms` may differ under one tag, its events never do.

use http::header::IF_NONE_MATCH;
use http::{HeaderMap, HeaderValue};
use sha2::{Digest as _, Sha256};

use crate::cursor::{Cursor, TOKEN_CHARS};
use crate::hub::Fetch;

/// Hexadecimal digits of a [`Digest`].
const DIGITS: usize = 16;

/// Stands for patterns, filter and limits of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digest([u8; DIGITS]);

impl Digest {
    /// Of all that a fetch asks for but its start and how long it waits.
    pub fn of(fetch: &Fetch) -> Self {
        let mut sha = Sha256::new();
        let mut put = |text: &str| {
            // Its length before it, so that no two requests read alike.
            sha.update((text.len() as u64).to_be_bytes());
            sha.update(text.as_bytes());
        };
        fetch.selection.patterns.iter().for_each(|pattern| put(pattern.as_str()));
        put("");
        fetch.selection.filter.types.iter().for_each(|wanted| put(wanted));
        put("");
        for (key, value) in &fetch.selection.filter.attributes {
            put(key);
            put(value);
        }
        sha.update((fetch.events as u64).to_be_bytes());
        sha.update((fetch.bytes as u64).to_be_bytes());
        sha.update([u8::from(fetch.omit_data)]);
        let full: [u8; 32] = sha.finalize().into();
        let mut digits = [b'0'; DIGITS];
        for (two, byte) in digits.chunks_exact_mut(2).zip(full) {
            two.copy_from_slice(&hexadecimal(byte));
        }
        Self(digits)
    }
}

fn hexadecimal(byte: u8) -> [u8; 2] {
    let digit = |value: u8| if value < 10 { b'0' + value } else { b'a' + value - 10 };
    [digit(byte >> 4), digit(byte & 15)]
}

/// An entity tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag(HeaderValue);

impl Tag {
    /// The tag of what is up to `newest`; `place` is the reader's, if something is after it.
    pub fn of(digest: Digest, newest: Cursor, place: Option<Cursor>) -> Self {
        let mut text = Vec::with_capacity(2 * TOKEN_CHARS + DIGITS + 6);
        text.extend(b"W/\"");
        text.extend(newest.token());
        text.push(b'.');
        text.extend(digest.0);
        if let Some(place) = place {
            text.push(b'.');
            text.extend(place.token());
        }
        text.push(b'"');
        // All of it is ASCII that can be seen.
        Self(HeaderValue::from_bytes(&text).unwrap_or_else(|_| HeaderValue::from_static("W/\"\"")))
    }

    /// The value of `ETag`.
    pub fn into_header(self) -> HeaderValue {
        self.0
    }

    /// Whether a request says that its sender has what this tag stands for. `*`, which names none, is never taken for it.
    pub fn is_held(&self, headers: &HeaderMap) -> bool {
        let own = opaque(self.0.as_bytes());
        let lines = headers.get_all(IF_NONE_MATCH).into_iter();
        let mut tags = lines.flat_map(|line| line.as_bytes().split(|&byte| byte == b','));
        tags.any(|tag| opaque(tag.trim_ascii()) == own)
    }
}

/// Caches that change an answer's encoding weaken its tag; either form names it.
fn opaque(tag: &[u8]) -> &[u8] {
    tag.strip_prefix(b"W/").unwrap_or(tag)
}

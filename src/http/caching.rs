//! How long others may keep an answer: the one place that says it.

use http::header::{AUTHORIZATION, CACHE_CONTROL, VARY};
use http::{HeaderMap, HeaderValue};

/// What a cache may do with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caching {
    /// Keep it: it stays what it is. An hour bounds for how long caches show what retention has taken meanwhile.
    Keep,
    /// Keep it, and ask before each use whether it still holds.
    Ask,
    /// Keep nothing: whoever asks again shall be told how it stands then.
    Nothing,
}

impl Caching {
    /// The value of `Cache-Control`.
    pub fn header(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Keep => "public, max-age=3600, immutable",
            Self::Ask => "no-cache",
            Self::Nothing => "no-store",
        })
    }
}

/// An answer is for its sender alone, whom a token names, or a certificate, which no cache sees: what others share keeps
/// nothing of it.
pub fn of_one_alone(headers: &mut HeaderMap) {
    let said = |caching: Caching| headers.get(CACHE_CONTROL) == Some(&caching.header());
    let own = match (said(Caching::Keep), said(Caching::Ask)) {
        (true, _) => "private, max-age=3600, immutable",
        (_, true) => "private, no-cache",
        _ => return,
    };
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(own));
    headers.append(VARY, AUTHORIZATION.into());
}

//! The bearer token of a request, as RFC 6750 has it.

use http::HeaderMap;
use http::header::AUTHORIZATION;

use crate::error::Error;
use crate::limits::TOKEN_BYTES;

/// The token, if any credentials are sent.
///
/// # Errors
/// [`Error::Unauthenticated`] for any that are no single bearer token: who shows something means to be somebody.
pub fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Error> {
    let mut sent = headers.get_all(AUTHORIZATION).iter();
    let Some(first) = sent.next() else { return Ok(None) };
    if sent.next().is_some() {
        return Err(refused("there is more than one authorization header"));
    }
    let text = first.to_str().map_err(|_| refused("the authorization header is not ASCII"))?;
    let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(refused("the authorization header is no bearer token"));
    }
    let token = token.trim_matches(' ');
    if token.len() > TOKEN_BYTES {
        return Err(refused("the token is too long"));
    }
    if token.is_empty() || !token.bytes().all(is_of_token) {
        return Err(refused("the bearer token is malformed"));
    }
    Ok(Some(token))
}

fn is_of_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte)
}

/// A refusal that says why, and repeats nothing of what was sent.
pub fn refused(why: &'static str) -> Error {
    Error::Unauthenticated { why }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(values: &[&str]) -> HeaderMap {
        values.iter().map(|value| (AUTHORIZATION, value.parse().unwrap())).collect()
    }

    #[test]
    fn one_bearer_token_is_read_and_nothing_is_nothing() {
        assert_eq!(bearer(&sent(&[])), Ok(None));
        for text in ["Bearer a.b-c", "bearer a.b-c", "BEARER   a.b-c  "] {
            assert_eq!(bearer(&sent(&[text])), Ok(Some("a.b-c")), "{text}");
        }
    }

    #[test]
    fn whatever_else_is_sent_is_refused_and_not_anonymous() {
        let long = format!("Bearer {}", "a".repeat(TOKEN_BYTES + 1));
        for values in [
            &["Bearer a", "Bearer a"][..],
            &[""],
            &["Bearer"],
            &["Bearer "],
            &["Bearer a b"],
            &["Bearer a,b"],
            &["Basic dTpw"],
            &["a.b.c"],
            &[&long],
        ] {
            let error = bearer(&sent(values)).unwrap_err();
            assert!(matches!(error, Error::Unauthenticated { .. }), "{values:?}");
        }
    }
}

//! Page tokens: all that the next page needs, so that the hub holds nothing between pages.
//!
//! A token is the hexadecimal form of: check (4 bytes of CRC-32C over the rest), digest of the request (8 bytes), then
//! the fields, each with its length (2 bytes) before it. It is checked, not secret.

use sha2::{Digest as _, Sha256};

use crate::error::Error;
use crate::topic::Patterns;

/// The request that a token belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestDigest([u8; 8]);

impl RequestDigest {
    /// Of the patterns, and of keys.
    pub fn of(patterns: &Patterns, keys: &[String]) -> Self {
        let mut sha = Sha256::new();
        for text in patterns.iter().map(|p| p.as_str()) {
            sha.update(text.as_bytes());
            sha.update(b"\n");
        }
        for key in keys {
            sha.update((key.len() as u64).to_be_bytes());
            sha.update(key.as_bytes());
        }
        let full: [u8; 32] = sha.finalize().into();
        let mut prefix = [0; 8];
        prefix.iter_mut().zip(full).for_each(|(to, from)| *to = from);
        Self(prefix)
    }
}

/// Writes a token.
pub fn write(request: RequestDigest, fields: &[&str]) -> String {
    let mut body = request.0.to_vec();
    for field in fields {
        let len = u16::try_from(field.len()).unwrap_or(u16::MAX);
        body.extend(len.to_be_bytes());
        body.extend(field.as_bytes());
    }
    let check = crc32c::crc32c(&body).to_be_bytes();
    check.iter().chain(&body).map(|byte| format!("{byte:02x}")).collect()
}

/// Reads a token that was written for the same request, with as many fields.
pub fn read<const N: usize>(token: &str, request: RequestDigest) -> Result<[String; N], Error> {
    let bytes = unhex(token).ok_or_else(changed)?;
    let (check, body) = bytes.split_first_chunk::<4>().ok_or_else(changed)?;
    let (digest, mut rest) = body.split_first_chunk::<8>().ok_or_else(changed)?;
    if crc32c::crc32c(body).to_be_bytes() != *check {
        return Err(changed());
    }
    if *digest != request.0 {
        return Err(Error::invalid(
            "page_token",
            "belongs to a request with other patterns or keys",
        ));
    }
    let mut fields = [const { String::new() }; N];
    for field in &mut fields {
        *field = take(&mut rest).ok_or_else(changed)?;
    }
    Ok(fields)
}

fn changed() -> Error {
    Error::invalid("page_token", "is no token of this hub")
}

fn take(rest: &mut &[u8]) -> Option<String> {
    let (len, after) = rest.split_first_chunk::<2>()?;
    let (field, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*len)))?;
    *rest = after;
    String::from_utf8(field.to_vec()).ok()
}

fn unhex(token: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = token.as_bytes().as_chunks::<2>();
    let digit = |c: u8| char::from(c).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let byte = |&[high, low]: &[u8; 2]| Some(digit(high)? << 4 | digit(low)?);
    rest.is_empty().then(|| pairs.iter().map(byte).collect())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(patterns: &[&str], keys: &[&str]) -> RequestDigest {
        let keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
        RequestDigest::of(&Patterns::parse(patterns, 10, "topics").unwrap(), &keys)
    }

    #[test]
    fn a_token_reads_back_its_fields() {
        let request = request(&["a/**"], &[]);
        let token = write(request, &["one", "", "ü/☃"]);
        assert_eq!(read(&token, request), Ok(["one", "", "ü/☃"].map(String::from)));
    }

    #[test]
    fn a_token_of_another_request_or_with_a_changed_character_is_refused() {
        let mine = request(&["a/**"], &["k"]);
        let token = write(mine, &["one"]);
        for other in
            [request(&["b/**"], &["k"]), request(&["a/**"], &[]), request(&["a/**"], &["k", ""])]
        {
            assert!(read::<1>(&token, other).is_err());
        }
        for i in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[i] = if changed[i] == b'0' { b'1' } else { b'0' };
            assert!(read::<1>(std::str::from_utf8(&changed).unwrap(), mine).is_err());
        }
        for text in ["", "0", "zz", "☃☃", &token[2..]] {
            assert!(read::<1>(text, mine).is_err(), "{text}");
        }
    }
}

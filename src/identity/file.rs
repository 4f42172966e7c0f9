//! The auth file: whose tokens count.

use std::collections::HashSet;
use std::fmt;
use std::path::Path;
use std::time::SystemTime;

use prost_types::Timestamp;
use serde::Deserialize;
use toml::value::Datetime;

use super::Claims;
use super::jwt::{Issuer, IssuerSettings};
use super::tokens::{Hash, Listed, Tokens};

/// What an auth file says. It is TOML:
///
/// ```toml
/// [[token]]
/// name = "billing"                # its principal is `token:billing`
/// sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
/// expires = 2027-01-01T00:00:00Z  # optional
/// claims = { tenant = "acme" }    # optional; `sub` is the name
///
/// [[issuer]]
/// name = "corp"                                # principals are `corp:` and the claim `sub`
/// issuer = "https://login.example"             # the claim `iss`, to the byte
/// audience = ["hintwire"]                      # one of these is in the claim `aud`
/// jwks = "https://login.example/jwks.json"     # or a file, from the folder of this one on
/// jwks_ca = "ca.pem"                           # optional: authorities for that URL, else the system's
/// algorithms = ["RS256", "ES256"]              # optional: else all of RS, PS, ES256, ES384 and EdDSA
/// leeway = "30s"                               # optional: how far the clocks may differ, 5 min at most
/// ```
#[derive(Debug, Default)]
pub struct AuthFile {
    tokens: Vec<Token>,
    issuers: Vec<Issuer>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Toml {
    #[serde(default, rename = "token")]
    tokens: Vec<Token>,
    #[serde(default, rename = "issuer")]
    issuers: Vec<IssuerSettings>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Token {
    name: Name,
    sha256: Hash,
    expires: Option<Expiry>,
    #[serde(default)]
    claims: Claims,
}

/// Why an auth file cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {why}")]
pub struct AuthError {
    file: String,
    why: String,
}

impl AuthFile {
    /// Reads a file.
    ///
    /// # Errors
    /// It cannot be read, or says what it should not: with the line.
    pub fn read(path: &Path) -> Result<Self, AuthError> {
        let failed = |why: String| AuthError { file: path.display().to_string(), why };
        let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
        let Toml { tokens, issuers } = Toml::parse(&text).map_err(failed)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let issuers = issuers.into_iter().map(|settings| Issuer::new(settings, folder));
        let issuers = issuers.collect::<Result<_, _>>();
        Ok(Self { tokens, issuers: issuers.map_err(|error| failed(error.to_string()))? })
    }

    /// Whether a file may say this.
    ///
    /// # Errors
    /// What it should not say.
    pub fn check(text: &str) -> Result<(), String> {
        Toml::parse(text).map(drop)
    }

    /// The static tokens.
    pub(super) fn tokens(&self) -> Tokens {
        Tokens::new(self.tokens.iter().map(|token| (token.sha256, token.listed())))
    }

    /// The issuers of JWT.
    pub(super) fn into_issuers(self) -> Vec<Issuer> {
        self.issuers
    }
}

impl Toml {
    fn parse(text: &str) -> Result<Self, String> {
        let file: Self = toml::from_str(text).map_err(|error| said(text, &error))?;
        unique("tokens", "name", file.tokens.iter().map(|token| &token.name.0))?;
        unique("tokens", "sha256", file.tokens.iter().map(|token| token.sha256))?;
        unique("issuers", "name", file.issuers.iter().map(IssuerSettings::name))?;
        unique("issuers", "issuer", file.issuers.iter().map(|issuer| &issuer.issuer))?;
        file.issuers.iter().try_for_each(IssuerSettings::check)?;
        Ok(file)
    }
}

impl Token {
    fn listed(&self) -> Listed {
        let mut claims = self.claims.clone();
        claims.insert("sub".to_owned(), self.name.0.clone().into());
        Listed {
            principal: format!("token:{}", self.name.0).into(),
            claims,
            until: self.expires.as_ref().map(|expires| expires.0),
        }
    }
}

/// What is wrong in which line, without the line: somebody may have put a token there, and this is logged.
fn said(text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    format!("line {}: {}", before.matches('\n').count() + 1, error.message())
}

fn unique<T: Eq + std::hash::Hash + fmt::Display + Copy>(
    things: &str,
    key: &str,
    values: impl Iterator<Item = T>,
) -> Result<(), String> {
    let mut seen = HashSet::new();
    for value in values {
        if !seen.insert(value) {
            return Err(format!("two {things} have the {key} {value}"));
        }
    }
    Ok(())
}

/// A name that stands in principals.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Name(String);

impl Name {
    /// As it is written.
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Name {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let of_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        match (1..=64).contains(&text.len()) && text.bytes().all(of_name) {
            true => Ok(Self(text)),
            false => Err("write a name of 1 to 64 letters, digits, `-`, `.` and `_`"),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(try_from = "Datetime")]
struct Expiry(SystemTime);

impl TryFrom<Datetime> for Expiry {
    type Error = &'static str;

    fn try_from(time: Datetime) -> Result<Self, Self::Error> {
        let wrong = "write a time with its offset, as 2027-01-01T00:00:00Z";
        let whole = time.date.is_some() && time.time.is_some() && time.offset.is_some();
        let time = whole.then(|| time.to_string().parse::<Timestamp>().ok()).flatten();
        time.and_then(|time| time.try_into().ok()).map(Self).ok_or(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(lines: &str) -> String {
        format!("[[token]]\nname = 'a'\nsha256 = '{}'\n{lines}", "0a".repeat(32))
    }

    fn issuer(lines: &str) -> String {
        format!(
            "[[issuer]]\nname = 'c'\nissuer = 'https://a'\naudience = ['x']\njwks = 'k'\n{lines}\n"
        )
    }

    #[test]
    fn a_token_is_its_name_its_claims_and_when_it_ends() {
        let text = token("expires = 2027-01-01T00:00:00+01:00\nclaims = { tenant = 'acme' }\n");
        let listed = Toml::parse(&text).unwrap().tokens[0].listed();
        assert_eq!(&*listed.principal, "token:a");
        assert_eq!(
            serde_json::to_string(&listed.claims).unwrap(),
            r#"{"tenant":"acme","sub":"a"}"#
        );
        let until = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_798_758_000);
        assert_eq!(listed.until, Some(until));
        assert!(Toml::parse("").unwrap().tokens.is_empty());
    }

    #[test]
    fn a_claim_named_sub_is_not_somebody_elses_name() {
        let listed = Toml::parse(&token("claims = { sub = 'root' }")).unwrap().tokens[0].listed();
        assert_eq!(listed.claims["sub"], "a");
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line_and_what_to_write() {
        for (text, expected) in [
            (token("expire = 1"), ["line 4", "unknown field `expire`"]),
            (token("expires = 2027-01-01"), ["line 4", "2027-01-01T00:00:00Z"]),
            (token("expires = 2027-01-01T00:00:00"), ["line 4", "offset"]),
            ("[[token]]\nname = 'a'\nsha256 = 'secret'".into(), ["line 3", "hintwire token new"]),
            ("[[token]]\nname = 'a:b'".into(), ["line 2", "1 to 64 letters"]),
            ("[[token]]\nname = 'a'".into(), ["line 1", "missing field `sha256`"]),
            ("[tokens]".into(), ["line 1", "unknown field `tokens`"]),
            (issuer("algorithms = ['HS256']"), ["line 6", "HMAC is not taken"]),
            (issuer("algorithms = ['none']"), ["line 6", "unknown variant `none`"]),
            (
                issuer("audience = []").replacen("audience = ['x']\n", "", 1),
                ["issuer c", "audience"],
            ),
            (issuer("leeway = '6m'"), ["issuer c", "5m at most"]),
            (issuer("").replace("'c'", "'dns'"), ["issuer dns", "another kind"]),
            (issuer(&issuer("").replace("'c'", "'d'")), ["two issuers", "issuer https://a"]),
            (token(&token("")), ["two tokens", "name a"]),
            (token(&token("").replace("'a'", "'b'")), ["two tokens", "sha256 0a0a"]),
        ] {
            let error = Toml::parse(&text).unwrap_err();
            assert!(expected.iter().all(|words| error.contains(words)), "{text}\n{error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }
}

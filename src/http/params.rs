//! The query of a request, read as a whole: what is unknown, said twice, or of the wrong form is refused by its name.

use std::borrow::Cow;
use std::collections::HashMap;
use std::time::Duration;

use axum::extract::FromRequestParts;
use form_urlencoded::Serializer;
use http::request::Parts;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};

use super::Refusal;
use crate::config::human::parse_duration;
use crate::error::Error;

/// Parameters whose names begin so are attributes of a filter.
const ATTRIBUTE: &str = "attribute.";

/// The query as a `T`, and the attributes beside it. `T` denies unknown fields.
#[derive(Debug)]
pub struct Params<T> {
    /// What `T` names.
    pub known: T,
    /// `attribute.NAME=VALUE`.
    pub attributes: HashMap<String, String>,
}

/// For a call that takes none.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// A parameter that is `1` or `true`, `0` or `false`.
pub fn flag<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    match &*Cow::<str>::deserialize(from)? {
        "1" | "true" => Ok(true),
        "0" | "false" => Ok(false),
        _ => Err(D::Error::custom("it is neither 1 nor 0")),
    }
}

/// A length of time as people write it; empty is none.
///
/// # Errors
/// [`Error::InvalidField`] with the parameter's name.
pub fn duration(text: &str, field: &str) -> Result<Duration, Error> {
    if text.is_empty() {
        return Ok(Duration::ZERO);
    }
    parse_duration(text).map_err(|why| Error::invalid(field, format!("is refused: {why}")))
}

impl<T: DeserializeOwned> Params<T> {
    /// Reads a query.
    ///
    /// # Errors
    /// [`Error::InvalidField`] with the parameter's name.
    pub fn parse(query: &str) -> Result<Self, Error> {
        let mut attributes = HashMap::new();
        let mut rest = Serializer::new(String::new());
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let Some(attribute) = name.strip_prefix(ATTRIBUTE) else {
                rest.append_pair(&name, &value);
                continue;
            };
            if attributes.insert(attribute.to_owned(), value.into_owned()).is_some() {
                return Err(Error::invalid(name, "is there twice"));
            }
        }
        let known = typed(&rest.finish())?;
        Ok(Self { known, attributes })
    }
}

impl<T> Params<T> {
    /// For a call that has no filter.
    ///
    /// # Errors
    /// [`Error::InvalidField`] with the attribute's name.
    pub fn without_attributes(self) -> Result<T, Error> {
        match self.attributes.keys().next() {
            None => Ok(self.known),
            Some(name) => Err(Error::invalid(format!("{ATTRIBUTE}{name}"), "is unknown here")),
        }
    }
}

fn typed<T: DeserializeOwned>(query: &str) -> Result<T, Error> {
    let pairs = serde_html_form::Deserializer::from_bytes(query.as_bytes());
    serde_path_to_error::deserialize(pairs).map_err(|error| {
        let field = error.path().to_string();
        let field = if field == "." { "query".to_owned() } else { field };
        Error::invalid(field, format!("is refused: {}", error.inner()))
    })
}

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Params<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        Ok(Self::parse(parts.uri.query().unwrap_or_default())?)
    }
}

//! JSON text, read strictly: an error names the field, an object is no array, and no name is there twice.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};

use crate::error::Error;

/// Reads a text. Its fields are named as those of `root`, e.g. `events[3]`; empty, it is the body of a request.
///
/// # Errors
/// [`Error::InvalidField`].
pub fn read<'a, T: Deserialize<'a>>(text: &'a str, root: &str) -> Result<T, Error> {
    let mut json = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        Error::invalid(below(root, &error.path().to_string()), refusal(error.inner()))
    })?;
    json.end().map_err(|error| Error::invalid(below(root, "."), refusal(&error)))?;
    Ok(value)
}

fn refusal(error: &serde_json::Error) -> String {
    format!("is refused: {}", syntax(error))
}

/// What is wrong, and where.
pub fn syntax(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let what = text.split(" at line ").next().unwrap_or_default();
    match (error.line(), error.column()) {
        (0 | 1, column) => format!("{what} (column {column})"),
        (line, column) => format!("{what} (line {line}, column {column})"),
    }
}

fn below(root: &str, path: &str) -> String {
    // A question mark stands for what had no name yet.
    let path = if path == "?" { "." } else { path.strip_suffix(".?").unwrap_or(path) };
    match (root, path) {
        ("", ".") => "body".to_owned(),
        (_, ".") => root.to_owned(),
        ("", _) => path.to_owned(),
        _ if path.starts_with('[') => format!("{root}{path}"),
        _ => format!("{root}.{path}"),
    }
}

/// An object, read as a `T`. Alone, serde would also take an array, its parts in the order in which the fields stand.
#[derive(Debug)]
pub struct Object<T>(pub T);

/// An object whose names are not known before.
#[derive(Debug)]
pub struct Members<T>(pub BTreeMap<String, T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Fields<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Object<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }

        from.deserialize_map(Fields(PhantomData))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Members<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Names<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Names<T> {
            type Value = Members<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<T>, A::Error> {
                let mut members = BTreeMap::new();
                while let Some((name, value)) = map.next_entry::<String, T>()? {
                    if members.contains_key(&name) {
                        return Err(A::Error::custom(format_args!("duplicate field `{name}`")));
                    }
                    members.insert(name, value);
                }
                Ok(Members(members))
            }
        }

        from.deserialize_map(Names(PhantomData))
    }
}

impl<T> Default for Members<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Inner {
        n: u8,
    }

    fn field(text: &str, root: &str) -> String {
        match read::<Members<Vec<Object<Inner>>>>(text, root).unwrap_err() {
            Error::InvalidField { field, .. } => field,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_error_names_the_field() {
        for (text, whole, of_an_event) in [
            (r#"{"a":[{"n":1},{"n":"x"}]}"#, "a[1].n", "events[3].a[1].n"),
            (r#"{"a":[{"n":1,"m":2}]}"#, "a[0].m", "events[3].a[0].m"),
            (r#"{"a":[[1]]}"#, "a[0]", "events[3].a[0]"),
            ("[]", "body", "events[3]"),
            ("{} x", "body", "events[3]"),
            ("{", "body", "events[3]"),
            (r#"{"a":[{"n":1"#, "a[0]", "events[3].a[0]"),
            ("", "body", "events[3]"),
        ] {
            assert_eq!(field(text, ""), whole, "{text}");
            assert_eq!(field(text, "events[3]"), of_an_event, "{text}");
        }
    }

    #[test]
    fn a_name_that_is_there_twice_is_refused() {
        let twice = read::<Members<u8>>(r#"{"a":1,"\u0061":2}"#, "").unwrap_err().to_string();
        assert!(twice.contains("duplicate field `a`"), "{twice}");
    }

    #[test]
    fn where_it_is_wrong_is_said() {
        let error = |text: &str| read::<Members<u8>>(text, "").unwrap_err().to_string();
        assert_eq!(error("{\"a\":"), "a is refused: EOF while parsing a value (column 5)");
        assert!(error("{\n\"a\":x}").ends_with("expected value (line 2, column 5)"));
    }
}

//! Patterns and how they match.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use super::{check_path, check_segment};
use crate::error::Error;

/// A topic in which a segment may be `*` and the last may be `**`. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pattern(Arc<str>);

impl Pattern {
    /// Checks the grammar; `field` is named in the error.
    pub fn parse(text: &str, field: &str) -> Result<Self, Error> {
        check_path(text, field, |segment| match segment {
            "*" | "**" => Ok(()),
            _ => check_segment(segment),
        })?;
        let mut before_last = text.split('/').rev().skip(1);
        if before_last.any(|segment| segment == "**") {
            return Err(Error::invalid(field, "has `**` before its last segment"));
        }
        Ok(Self(text.into()))
    }

    /// The pattern as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is a topic: nothing but itself matches.
    pub fn is_literal(&self) -> bool {
        self.literal_prefix().len() == self.0.len()
    }

    /// The segments before the first wildcard, without a `/` at the end.
    pub fn literal_prefix(&self) -> &str {
        let mut end = 0;
        for segment in self.0.split('/') {
            if segment == "*" || segment == "**" {
                break;
            }
            end += segment.len() + usize::from(end > 0);
        }
        self.0.get(..end).unwrap_or_default()
    }

    /// Whether it is `prefix/**`, or `**` alone: everything below its literal prefix.
    pub fn is_subtree(&self) -> bool {
        let prefix = self.literal_prefix().len();
        self.0.get(prefix..).is_some_and(|rest| rest == "/**" || rest == "**")
    }

    /// Whether it matches a topic.
    pub fn matches(&self, topic: &str) -> bool {
        let mut segments = topic.split('/');
        for wanted in self.0.split('/') {
            if wanted == "**" {
                let mut rest = segments.peekable();
                return rest.peek().is_some() && rest.all(is_plain);
            }
            match segments.next() {
                Some(segment) if wanted == "*" && is_plain(segment) => {}
                Some(segment) if wanted == segment => {}
                _ => return false,
            }
        }
        segments.next().is_none()
    }
}

impl Borrow<str> for Pattern {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// Whether a wildcard may stand for the segment.
pub(crate) fn is_plain(segment: &str) -> bool {
    !segment.starts_with('~')
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Pattern {
        Pattern::parse(text, "topics").unwrap()
    }

    #[test]
    fn a_pattern_matches_what_the_contract_says() {
        for (text, topic, expected) in [
            ("a/b", "a/b", true),
            ("a/b", "a/b/c", false),
            ("a/*", "a/b", true),
            ("a/*", "a", false),
            ("a/*", "a/b/c", false),
            ("*/b", "a/b", true),
            ("a/**", "a", false),
            ("a/**", "a/b", true),
            ("a/**", "a/b/c", true),
            ("**", "a", true),
            ("**", "a/b/c", true),
            ("a/*/**", "a/b", false),
            ("a/*/**", "a/b/c", true),
        ] {
            assert_eq!(pattern(text).matches(topic), expected, "{text} on {topic}");
        }
    }

    #[test]
    fn a_tilde_segment_is_matched_by_its_literal_self_alone() {
        for text in ["**", "a/**", "a/*", "a/*/c", "*/~b"] {
            assert_eq!(pattern(text).matches("a/~b"), text == "*/~b", "{text}");
        }
        assert!(pattern("a/~b").matches("a/~b"));
        assert!(pattern("a/~b/**").matches("a/~b/c"));
        assert!(!pattern("**").matches("a/~b/c"));
        assert!(!pattern("a/*/c").matches("a/~b/c"));
        assert!(!pattern("*").matches("~hintwire"));
    }

    #[test]
    fn the_literal_prefix_ends_before_the_first_wildcard() {
        for (text, prefix, subtree, literal) in [
            ("a/b", "a/b", false, true),
            ("a/*", "a", false, false),
            ("a/b/**", "a/b", true, false),
            ("**", "", true, false),
            ("*", "", false, false),
            ("*/b", "", false, false),
            ("a/*/**", "a", false, false),
        ] {
            let pattern = pattern(text);
            assert_eq!(pattern.literal_prefix(), prefix, "{text}");
            assert_eq!(pattern.is_subtree(), subtree, "{text}");
            assert_eq!(pattern.is_literal(), literal, "{text}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        let long = "a".repeat(256);
        for text in ["", "/", "a/", "/a", "a//b", "a/../b", ".", "**/a", "a*", "a/***", "ä", &long]
        {
            assert!(Pattern::parse(text, "topics").is_err(), "{text}");
        }
    }
}

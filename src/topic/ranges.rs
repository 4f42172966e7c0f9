//! Patterns as ranges of names, so that whatever is sorted by name is searched without looking at all of it.

use super::{Pattern, Patterns};

/// Greater than every topic: topics are ASCII.
const END: &str = "\u{7f}";

/// Names from `start` to before `end`, with the patterns that match nothing outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NameRange<'a> {
    /// The first name that may match.
    pub start: String,
    /// No name from here on matches.
    pub end: String,
    patterns: Vec<&'a Pattern>,
}

impl<'a> NameRange<'a> {
    fn of(pattern: &'a Pattern) -> Self {
        let prefix = pattern.literal_prefix();
        let (start, end) = if pattern.is_literal() {
            (prefix.to_owned(), format!("{prefix}\0"))
        } else if prefix.is_empty() {
            (String::new(), END.to_owned())
        } else {
            // `0` is the character after `/`.
            (format!("{prefix}/"), format!("{prefix}0"))
        };
        Self { start, end, patterns: vec![pattern] }
    }

    /// Whether one of the patterns matches a name of the range.
    pub fn matches(&self, name: &str) -> bool {
        self.patterns.iter().any(|pattern| pattern.matches(name))
    }
}

/// The disjoint ranges, in order, outside which nothing matches.
pub(crate) fn ranges(patterns: &Patterns) -> Vec<NameRange<'_>> {
    let mut all: Vec<_> = patterns.iter().map(NameRange::of).collect();
    all.sort_by(|a, b| a.start.cmp(&b.start));
    let mut merged: Vec<NameRange<'_>> = Vec::with_capacity(all.len());
    for range in all {
        match merged.last_mut() {
            Some(last) if range.start < last.end => {
                if range.end > last.end {
                    last.end = range.end;
                }
                last.patterns.extend(range.patterns);
            }
            _ => merged.push(range),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nested_patterns_share_a_range_and_the_rest_is_apart() {
        let patterns = Patterns::parse(&["b", "a/**", "a/x", "a-b", "a/*/c"], 9, "topics").unwrap();
        let ranges = ranges(&patterns);
        let spans: Vec<_> = ranges.iter().map(|r| (r.start.as_str(), r.end.as_str())).collect();
        assert_eq!(spans, [("a-b", "a-b\0"), ("a/", "a0"), ("b", "b\0")]);
        assert_eq!(ranges[1].patterns.len(), 3);
    }

    proptest! {
        #[test]
        fn exactly_the_matching_names_lie_in_a_range_that_matches(
            texts in prop::collection::vec("(a|b|\\*)(/(a|b|~c|\\*)){0,2}(/\\*\\*)?", 1..6),
            name in "(a|b|~c)(/(a|b|~c|a-b)){0,3}",
        ) {
            let patterns = Patterns::parse(&texts, 9, "topics").unwrap();
            let ranges = ranges(&patterns);
            let held: Vec<_> =
                ranges.iter().filter(|r| *r.start <= *name && *name < *r.end).collect();
            prop_assert!(held.len() <= 1);
            prop_assert_eq!(held.iter().any(|r| r.matches(&name)), patterns.matches(&name));
        }
    }
}

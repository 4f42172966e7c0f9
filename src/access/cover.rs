//! How patterns lie to each other: whether one contains another, and whether two meet.
//!
//! Both walk the segments once, and are exact: a pattern is contained in another if and only if all topics that it could
//! ever match are matched by the other. The segments of topics are without end, so `*` is contained in no literal, and `**`
//! in nothing but `**`.

use crate::topic::is_plain;

/// Whether all that `inner` matches is matched by `outer`, as the matcher has it: a `~` segment by its literal self alone.
pub fn contains(outer: &str, inner: &str) -> bool {
    let (mut outer, mut inner) = (outer.split('/'), inner.split('/'));
    loop {
        match (outer.next(), inner.next()) {
            (None, None) => return true,
            (None, Some(_)) | (Some(_), None) => return false,
            // Its wildcards stand for plain segments too.
            (Some("**"), Some(first)) => return is_plain(first) && inner.all(is_plain),
            (Some(_), Some("**")) => return false,
            (Some("*"), Some(segment)) if is_plain(segment) => {}
            (Some(literal), Some(segment)) if literal == segment => {}
            _ => return false,
        }
    }
}

/// Whether there is a topic that `asked` matches and a deny with `denied` covers: unlike in the matcher, its `*` and `**`
/// stand for `~` segments too, so that nobody gets past a deny by the name of a segment.
pub fn meets(denied: &str, asked: &str) -> bool {
    let (mut denied, mut asked) = (denied.split('/'), asked.split('/'));
    loop {
        match (denied.next(), asked.next()) {
            (None, None) => return true,
            (None, Some(_)) | (Some(_), None) => return false,
            (Some("**"), Some(_)) => return true,
            // It can become whatever is left of the other, but for a literal `~` segment.
            (Some(first), Some("**")) => return is_plain(first) && denied.all(is_plain),
            (Some("*"), Some(_)) => {}
            (Some(segment), Some("*")) if is_plain(segment) => {}
            (Some(literal), Some(segment)) if literal == segment => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_contains_what_matches_nothing_else() {
        for (outer, inner, expected) in [
            ("a/b", "a/b", true),
            ("a/*", "a/b", true),
            ("a/*", "a/*", true),
            ("a/*", "a/**", false),
            ("a/*", "a/b/c", false),
            ("a/b", "a/*", false),
            ("a/**", "a", false),
            ("a/**", "a/b", true),
            ("a/**", "a/*/**", true),
            ("a/*/**", "a/**", false),
            ("**", "a/*/b/**", true),
            ("**", "~a", false),
            ("**", "a/~b/c", false),
            ("*", "~a", false),
            ("a/*", "a/~b", false),
            ("a/~b/**", "a/~b/c", true),
            ("a/~b/**", "a/~b/~c", false),
            ("~hintwire/**", "~hintwire/x", true),
            ("ab", "a", false),
            ("a", "ab", false),
        ] {
            assert_eq!(contains(outer, inner), expected, "{inner} in {outer}");
        }
    }

    #[test]
    fn a_deny_meets_whatever_could_match_a_topic_of_it() {
        for (denied, asked, expected) in [
            ("a/b", "a/b", true),
            ("a/b", "a/*", true),
            ("a/b", "**", true),
            ("a/b", "a/b/**", false),
            ("a/**", "a", false),
            ("a/**", "a/~b", true),
            ("**", "~a", true),
            ("*", "~a", true),
            ("*", "a/b", false),
            ("a/*", "a/~b", true),
            ("a/*", "*/b", true),
            ("a/~b", "a/*", false),
            ("a/~b", "a/**", false),
            ("a/~b", "a/~b", true),
            ("a/*/c", "a/**", true),
            ("a/*/~c", "a/**", false),
            ("x/**", "**", true),
            ("x/y/**", "x/*", false),
            ("x/**", "*/~z", true),
        ] {
            assert_eq!(meets(denied, asked), expected, "{denied} and {asked}");
        }
    }
}

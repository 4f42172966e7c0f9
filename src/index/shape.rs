//! The shapes of patterns, by which the patterns that match a topic are found without a walk: a topic has one possible
//! pattern of each shape, and few shapes are in use at a time.

use crate::topic::is_plain;

/// How a pattern is built: how many segments, which of them are `*`, and whether `**` follows. 255 bytes hold 128
/// segments at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shape {
    segments: usize,
    stars: u128,
    subtree: bool,
}

impl Shape {
    /// The shape of a pattern.
    pub fn of(pattern: &str) -> Self {
        let mut shape = Self { segments: 0, stars: 0, subtree: false };
        for segment in pattern.split('/') {
            match segment {
                "**" => shape.subtree = true,
                "*" => {
                    shape.stars |= 1 << shape.segments;
                    shape.segments += 1;
                }
                _ => shape.segments += 1,
            }
        }
        shape
    }

    /// Writes the pattern of this shape that matches the topic; false if none can.
    pub fn write(&self, topic: &[&str], out: &mut String) -> bool {
        let Some((own, below)) = topic.split_at_checked(self.segments) else { return false };
        let fits = match (self.subtree, below.is_empty()) {
            (true, false) => below.iter().all(|segment| is_plain(segment)),
            (false, true) => true,
            _ => false,
        };
        out.clear();
        fits && self.write_own(own, out)
    }

    fn write_own(&self, own: &[&str], out: &mut String) -> bool {
        for (i, segment) in own.iter().enumerate() {
            let star = self.stars >> i & 1 == 1;
            if star && !is_plain(segment) {
                return false;
            }
            if i > 0 {
                out.push('/');
            }
            out.push_str(if star { "*" } else { segment });
        }
        if self.subtree {
            out.push_str(if own.is_empty() { "**" } else { "/**" });
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::topic::Pattern;

    proptest! {
        #[test]
        fn a_topic_has_one_pattern_of_a_shape_and_it_is_the_one_that_matches(
            topic in "[ab~]{1,2}(/[ab~]{1,2}){0,3}",
            pattern in "([ab~]|\\*)(/([ab~]|\\*)){0,3}(/\\*\\*)?|\\*\\*",
        ) {
            let segments: Vec<&str> = topic.split('/').collect();
            let mut written = String::new();
            let found = Shape::of(&pattern).write(&segments, &mut written) && written == pattern;
            let matches = Pattern::parse(&pattern, "topics").unwrap().matches(&topic);
            prop_assert_eq!(found, matches);
        }
    }
}

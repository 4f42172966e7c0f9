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

/// A topic, cut into segments.
#[derive(Debug, Default)]
pub struct Segments<'a> {
    topic: &'a str,
    /// Where each segment ends.
    ends: Vec<usize>,
    /// The segments from this one on can all be matched by wildcards.
    plain_from: usize,
}

impl<'a> Segments<'a> {
    /// Cuts a topic, in the memory of the one before.
    pub fn cut(&mut self, topic: &'a str) {
        self.topic = topic;
        self.ends.clear();
        self.plain_from = 0;
        let mut end = 0;
        for segment in topic.split('/') {
            end += segment.len();
            self.ends.push(end);
            end += 1;
            if !is_plain(segment) {
                self.plain_from = self.ends.len();
            }
        }
    }

    /// The first segments; `None` if there are not so many.
    fn first(&self, segments: usize) -> Option<&'a str> {
        match segments.checked_sub(1) {
            Some(last) => self.topic.get(..*self.ends.get(last)?),
            None => Some(""),
        }
    }
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

    /// Whether one of its segments is `*`.
    pub fn has_stars(&self) -> bool {
        self.stars != 0
    }

    /// The pattern of this shape that matches the topic, if one can; `room` is where it may be written.
    pub fn pattern<'a>(&self, topic: &Segments<'a>, room: &'a mut String) -> Option<&'a str> {
        let own = topic.first(self.segments)?;
        let more = topic.ends.len() > self.segments;
        if more != self.subtree || more && self.segments < topic.plain_from {
            return None;
        }
        if self.stars == 0 && !self.subtree {
            return Some(own);
        }
        room.clear();
        self.write_own(own, room)?;
        if self.subtree {
            room.push_str(if own.is_empty() { "**" } else { "/**" });
        }
        Some(room)
    }

    fn write_own(&self, own: &str, room: &mut String) -> Option<()> {
        if self.stars == 0 {
            room.push_str(own);
            return Some(());
        }
        for (i, segment) in own.split('/').enumerate() {
            let star = self.stars >> i & 1 == 1;
            if star && !is_plain(segment) {
                return None;
            }
            if i > 0 {
                room.push('/');
            }
            room.push_str(if star { "*" } else { segment });
        }
        Some(())
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
            let (mut segments, mut room) = (Segments::default(), String::new());
            segments.cut(&topic);
            let found = Shape::of(&pattern).pattern(&segments, &mut room) == Some(&pattern);
            let matches = Pattern::parse(&pattern, "topics").unwrap().matches(&topic);
            prop_assert_eq!(found, matches);
        }
    }
}

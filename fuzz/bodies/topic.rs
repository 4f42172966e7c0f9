//! A pattern and topics, one a line, against a naive matcher.

use hintwire::topic::{Pattern, Patterns, Topic};

use super::validate::matching;

pub fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut lines = text.split('\n');
    let pattern = lines.next().unwrap_or_default();
    assert_eq!(Pattern::parse(pattern, "topics").is_ok(), is_pattern(pattern), "{pattern:?}");
    for topic in lines.take(16) {
        assert_eq!(Topic::parse(topic, "topic").is_ok(), is_topic(topic), "{topic:?}");
        if is_pattern(pattern) && is_topic(topic) {
            compare(pattern, topic);
        }
    }
}

fn compare(text: &str, topic: &str) {
    let pattern = Pattern::parse(text, "topics").unwrap();
    let matches = matching::matches(text, topic);
    assert_eq!(pattern.matches(topic), matches, "{text:?} on {topic:?}");
    let all = Patterns::parse(&[text, text], 2, "topics").unwrap();
    assert_eq!((all.matches(topic), all.iter().count()), (matches, 1));
    if matches {
        let prefix = pattern.literal_prefix();
        assert!(topic.starts_with(prefix));
        assert!(!pattern.is_literal() || topic == text);
    }
    assert_eq!(pattern.is_literal(), is_topic(text));
}

fn is_topic(text: &str) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric() || "._~:@-".contains(c);
    let segment = |s: &str| !["", ".", ".."].contains(&s) && s.chars().all(good);
    (1..=255).contains(&text.len()) && text.split('/').all(segment)
}

fn is_pattern(text: &str) -> bool {
    let segments: Vec<&str> = text.split('/').collect();
    let last = segments.len() - 1;
    let wild = |(n, s): (usize, &&str)| *s == "*" || *s == "**" && n == last || is_topic(s);
    text.len() <= 255 && segments.iter().enumerate().all(wild)
}

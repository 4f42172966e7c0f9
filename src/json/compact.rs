//! JSON text that is kept as it was written.

use serde_json::value::RawValue;

/// The same JSON without the white space between its parts; numbers, escapes and order of keys stay as written.
pub fn compact(raw: &RawValue) -> String {
    let (mut in_string, mut escaped) = (false, false);
    let keep = |c: &char| {
        if in_string {
            in_string = escaped || *c != '"';
            escaped = !escaped && *c == '\\';
            return true;
        }
        in_string = *c == '"';
        !c.is_ascii_whitespace()
    };
    raw.get().chars().filter(keep).collect()
}

/// How deeply arrays and objects stand within each other; 0 for a lone value.
pub fn depth(raw: &RawValue) -> usize {
    let (mut in_string, mut escaped) = (false, false);
    let (mut now, mut most) = (0usize, 0);
    for byte in raw.get().bytes() {
        if in_string {
            in_string = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'[' | b'{' => now += 1,
            b']' | b'}' => now = now.saturating_sub(1),
            _ => {}
        }
        most = most.max(now);
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compacted(text: &str) -> String {
        compact(serde_json::from_str(text).unwrap())
    }

    #[test]
    fn compact_json_keeps_everything_but_the_space_between_its_parts() {
        for (text, expected) in [
            (" { \"b\" : 1.50 ,\n \"a\": [ ] }", r#"{"b":1.50,"a":[]}"#),
            (r#"" a \" b \\""#, r#"" a \" b \\""#),
            (r#"["\\", " x "]"#, r#"["\\"," x "]"#),
            ("123456789012345678901234567890", "123456789012345678901234567890"),
        ] {
            assert_eq!(compacted(text), expected);
        }
    }

    #[test]
    fn the_depth_of_json_is_that_of_its_brackets_outside_of_strings() {
        for (text, expected) in
            [("1", 0), ("[]", 1), (r#"{"a":[{}],"b":{}}"#, 3), (r#"["[[\"[["]"#, 1)]
        {
            assert_eq!(depth(serde_json::from_str(text).unwrap()), expected, "{text}");
        }
    }
}

//! Media types.

/// The media type of data that is JSON and says no more.
pub const JSON: &str = "application/json";

/// Whether data of this media type says that it is JSON: `*/json` or `*/*+json`, whatever its parameters.
pub fn is_json(content_type: &str) -> bool {
    let media = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    media.split_once('/').is_some_and(|(_, sub)| sub == "json" || sub.ends_with("+json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_told_by_the_subtype_or_its_suffix() {
        for (content_type, expected) in [
            (JSON, true),
            ("Text/JSON; charset=utf-8", true),
            ("application/cloudevents+JSON ;v=1", true),
            ("application/jsonl", false),
            ("application/json+zip", false),
            ("json", false),
            ("", false),
        ] {
            assert_eq!(is_json(content_type), expected, "{content_type}");
        }
    }
}

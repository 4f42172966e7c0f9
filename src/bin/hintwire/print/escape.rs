//! Foreign bytes on their way to a terminal: what does not print is escaped, so that no event can move the cursor, hide
//! text or speak to the terminal.

use std::borrow::Cow;
use std::fmt::Write;

/// On one line: control characters and all else that does not print becomes `\n`, `\u{1b}` and the like; bytes that
/// are not UTF-8 become `\xff`.
pub fn bytes(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        chunk.valid().chars().for_each(|c| push(&mut out, c));
        for byte in chunk.invalid() {
            _ = write!(out, "\\x{byte:02x}");
        }
    }
    out
}

/// Like [`bytes`], for text.
pub fn text(text: &str) -> String {
    bytes(text.as_bytes())
}

/// Like [`text`], but line feeds stay.
pub fn lines(lines: &str) -> String {
    lines.split('\n').map(text).collect::<Vec<_>>().join("\n")
}

fn push(out: &mut String, c: char) {
    match c {
        // These print; `escape_debug` would escape them for source code.
        '\\' | '"' | '\'' => out.push(c),
        _ => out.extend(c.escape_debug()),
    }
}

/// JSON says `\u001b` for the old control characters by itself; here the others, such as C1 and text direction.
/// They occur within strings alone, so the JSON stays what it was.
pub fn json(json: &str) -> Cow<'_, str> {
    if json.bytes().all(|byte| (b' '..0x7f).contains(&byte)) {
        return json.into();
    }
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_ascii_graphic() || c == ' ' || prints(c) {
            out.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
    out.into()
}

fn prints(c: char) -> bool {
    c.escape_debug().len() == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_print_is_escaped_and_what_does_is_not() {
        assert_eq!(text(r#"{"a":"\\ é 漢 'x'"}"#), r#"{"a":"\\ é 漢 'x'"}"#);
        assert_eq!(text("\x1b[31m\r\n\t\u{7f}"), r"\u{1b}[31m\r\n\t\u{7f}");
        assert_eq!(text("\u{9b}2J \u{202e}cba \u{2028}"), r"\u{9b}2J \u{202e}cba \u{2028}");
        assert_eq!(bytes(b"a\xff\xfe\xc3b"), r"a\xff\xfe\xc3b");
        assert_eq!(lines("a\n\x07b"), "a\n\\u{7}b");
    }

    #[test]
    fn escaped_json_is_the_same_json_without_foreign_characters() {
        let value = serde_json::json!({"k\u{9b}": "\u{202e}\u{7f}é\u{1b}\u{e0001}\n"});
        let plain = value.to_string();
        let escaped = json(&plain);
        assert!(escaped.chars().all(|c| c == ' ' || c.is_ascii_graphic() || c == 'é'), "{escaped}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&escaped).unwrap(), value);
    }
}

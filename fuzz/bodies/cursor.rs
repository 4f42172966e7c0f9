//! Cursor tokens: whatever is taken for one reads back as itself, and all that are made are taken.

use hintwire::cursor::{Cursor, Incarnation, Position};

use super::Bytes;

pub fn run(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(cursor) = text.parse::<Cursor>()
    {
        assert_eq!(cursor.to_string(), text);
        assert!(
            text.len() <= 64
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
        );
    }
    let mut numbers = Bytes(bytes);
    let mut wide = || u64::from(numbers.number()) << 32 | u64::from(numbers.number());
    let (first, second, incarnation) = (Position(wide()), Position(wide()), Incarnation(wide()));
    let token = |position| Cursor { position, incarnation }.to_string();
    assert_eq!(token(first).parse(), Ok(Cursor { position: first, incarnation }));
    assert_eq!(token(first).cmp(&token(second)), first.cmp(&second));
    one_character_wrong(&token(first), bytes);
}

/// A token with another character is none.
fn one_character_wrong(token: &str, bytes: &[u8]) {
    let (at, with) = (bytes.first().copied().unwrap_or_default(), bytes.last().copied());
    let mut wrong = token.as_bytes().to_vec();
    let at = usize::from(at) % wrong.len();
    wrong[at] = with.unwrap_or_default();
    if let Ok(wrong) = std::str::from_utf8(&wrong) {
        assert!(wrong == token || wrong.parse::<Cursor>().is_err());
    }
}
